// Texts that are only read: what doctor, status, report and queue say, each in a tab of its own.
import * as vscode from 'vscode';

const SCHEME = 'tierwise-text';

export class Texts implements vscode.Disposable, vscode.TextDocumentContentProvider {
  private readonly texts = new Map<string, string>();
  private readonly registration = vscode.workspace.registerTextDocumentContentProvider(SCHEME, this);
  private count = 0;

  /** Show a text; one of the same name takes its place. */
  async show(name: string, text: string): Promise<void> {
    await vscode.window.showTextDocument(await this.keep(name, text), { preview: true });
  }

  /** Show Markdown as it is meant to be read. */
  async preview(name: string, text: string): Promise<void> {
    await vscode.commands.executeCommand('markdown.showPreview', await this.keep(name, text));
  }

  provideTextDocumentContent(uri: vscode.Uri): string {
    return this.texts.get(uri.toString()) ?? 'This text is not kept any more; run its command again.';
  }

  dispose(): void {
    this.registration.dispose();
  }

  /** Each text has an address of its own: VS Code may still hold what was at the last one, after its tab is closed. */
  private async keep(name: string, text: string): Promise<vscode.Uri> {
    const path = `/${name}`;
    const old = vscode.window.tabGroups.all
      .flatMap(({ tabs }) => tabs)
      .filter(({ input }) => input instanceof vscode.TabInputText && isOurs(input.uri, path));
    await vscode.window.tabGroups.close(old, true);
    for (const address of this.texts.keys()) {
      if (isOurs(vscode.Uri.parse(address), path)) {
        this.texts.delete(address);
      }
    }
    const uri = vscode.Uri.from({ scheme: SCHEME, path, query: String(++this.count) });
    this.texts.set(uri.toString(), text);
    return uri;
  }
}

function isOurs(uri: vscode.Uri, path: string): boolean {
  return uri.scheme === SCHEME && uri.path === path;
}
