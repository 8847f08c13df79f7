// Runs what the user asked for; what goes wrong is said once, in one sentence.
import * as vscode from 'vscode';

/** Run some work; undefined when it failed, which was said, or was cancelled, which needs no word. */
export type Guarded = <T>(work: () => Promise<T>) => Promise<T | undefined>;

/** LSP's RequestCancelled and ServerCancelled. */
const CANCELLED = new Set<unknown>([-32_800, -32_802]);

const LOGS = 'Show Logs';

export function guardedWith(log: vscode.LogOutputChannel): Guarded {
  const say = async (sentence: string): Promise<void> => {
    if ((await vscode.window.showErrorMessage(sentence, LOGS)) === LOGS) {
      log.show();
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
