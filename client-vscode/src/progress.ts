// The server's work under way, shown with a cancel button once it has taken half a second.
import * as vscode from 'vscode';
import type {
  ProgressToken,
  WorkDoneProgressBegin,
  WorkDoneProgressEnd,
  WorkDoneProgressReport,
} from 'vscode-languageclient/node';

type Step = WorkDoneProgressBegin | WorkDoneProgressReport | WorkDoneProgressEnd;
type Notify = (method: string, params: unknown) => void;

/** Shorter work would only flicker. */
const DELAY_MS = 500;

class Work {
  private readonly timer: NodeJS.Timeout;
  private message: string;
  private progress: vscode.Progress<{ message?: string }> | undefined;
  private finish: () => void = () => undefined;

  constructor(
    private readonly title: string,
    message: string | undefined,
    private readonly cancel: () => void,
  ) {
    this.message = message ?? '';
    this.timer = setTimeout(() => this.show(), DELAY_MS);
  }

  report(message: string | undefined): void {
    this.message = message ?? this.message;
    this.progress?.report({ message: this.message });
  }

  end(): void {
    clearTimeout(this.timer);
    this.finish();
  }

  private show(): void {
    const options = {
      location: vscode.ProgressLocation.Notification,
      title: `Tierwise: ${this.title}`,
      cancellable: true,
    };
    void vscode.window.withProgress(options, (progress, token) => {
      this.progress = progress;
      progress.report({ message: this.message });
      token.onCancellationRequested(this.cancel);
      return new Promise<void>((resolve) => (this.finish = resolve));
    });
  }
}

/** All work of one server. `elsewhere` takes steps that something else shows (the answer view shows its own). */
export class ProgressBoard implements vscode.Disposable {
  private readonly running = new Map<ProgressToken, Work>();
  private readonly taken = new Set<ProgressToken>();

  constructor(private readonly elsewhere: (title: string | undefined, message: string | undefined) => boolean) {}

  /** One step of the protocol's progress; `next` is the client's own display, which only hears the end. */
  handle(token: ProgressToken, step: Step, next: () => void, notify: Notify): void {
    switch (step.kind) {
      case 'begin':
        if (this.elsewhere(step.title, step.message)) {
          this.taken.add(token);
        } else {
          const cancel = () => notify('window/workDoneProgress/cancel', { token });
          this.running.set(token, new Work(step.title, step.message, cancel));
        }
        break;
      case 'report':
        if (this.taken.has(token)) {
          this.elsewhere(undefined, step.message);
        }
        this.running.get(token)?.report(step.message);
        break;
      case 'end':
        this.running.get(token)?.end();
        this.running.delete(token);
        this.taken.delete(token);
        next();
        break;
    }
  }

  /** The server is gone: nothing is under way any more. */
  dispose(): void {
    this.running.forEach((work) => work.end());
    this.running.clear();
    this.taken.clear();
  }
}
