// Texts that are only read: what doctor, status, report and queue say, each in a tab of its own.
import * as vscode from 'vscode';

const SCHEME = 'tierwise-text';

export class Texts implements vscode.Disposable, vscode.TextDocumentContentProvider {
  private readonly texts = new Map<string, string>();
  private readonly changed = new vscode.EventEmitter<vscode.Uri>();
  private readonly registration = vscode.workspace.registerTextDocumentContentProvider(SCHEME, this);

  readonly onDidChange = this.changed.event;

  /** Show a text; one of the same name takes its place. */
  async show(name: string, text: string): Promise<void> {
    await vscode.window.showTextDocument(this.keep(name, text), { preview: true });
  }

  /** Show Markdown as it is meant to be read. */
  async preview(name: string, text: string): Promise<void> {
    await vscode.commands.executeCommand('markdown.showPreview', this.keep(name, text));
  }

  provideTextDocumentContent(uri: vscode.Uri): string {
    return this.texts.get(uri.path) ?? 'This text is not kept any more; run its command again.';
  }

  dispose(): void {
    vscode.Disposable.from(this.registration, this.changed).dispose();
  }
  private keep(name: string, text: string): vscode.Uri {
    const uri = vscode.Uri.from({ scheme: SCHEME, path: `/${name}` });
    this.texts.set(uri.path, text);
    this.changed.fire(uri);
    return uri;
  }
}
