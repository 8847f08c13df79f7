// Runs what the user asked for; what goes wrong is said once, in one sentence.
import * as vscode from 'vscode';

/** Run some work; undefined when it failed, which was said, or was cancelled, which needs no word. */
export type Guarded = <T>(work: () => Promise<T>) => Promise<T | undefined>;

/** LSP's RequestCancelled and ServerCancelled. */
const CANCELLED = new Set<unknown>([-32_800, -32_802]);

const LOGS = 'Show Logs';
const QUEUE = 'Show Queue';

/** What the server says when a request waits in the queue, with what to do about it on a command line. */
const QUEUED = /(waits as number \d+): tierwise queue show \d+/;

export function guardedWith(log: vscode.LogOutputChannel): Guarded {
  const say = async (sentence: string): Promise<void> => {
    const queued = QUEUED.test(sentence);
    const chosen = await vscode.window.showErrorMessage(sentence.replace(QUEUED, '$1'), queued ? QUEUE : LOGS);
    if (chosen === LOGS) {
      log.show();
    } else if (chosen === QUEUE) {
      await vscode.commands.executeCommand('tierwise.queue.focus');
    }
  };
  return async (work) => {
    try {
      return await work();
    } catch (error) {
      if (!cancelled(error)) {
        const sentence = error instanceof Error ? error.message : String(error);
        log.error(sentence);
        void say(sentence);
      }
      return undefined;
    }
  };
}

function cancelled(error: unknown): boolean {
  return error instanceof vscode.CancellationError || CANCELLED.has((error as { code?: unknown }).code);
}
