// Loads the language of settings files when the first one is opened.
import * as vscode from 'vscode';

const LANGUAGE = 'tierwise-settings';

export class SettingsFiles implements vscode.Disposable {
  private language: vscode.Disposable | undefined;
  private loading = false;
  private readonly watch = vscode.workspace.onDidOpenTextDocument((document) => void this.load(document));

  constructor() {
    vscode.workspace.textDocuments.forEach((document) => void this.load(document));
  }

  dispose(): void {
    this.watch.dispose();
    this.language?.dispose();
  }

  private async load({ languageId }: vscode.TextDocument): Promise<void> {
    if (languageId === LANGUAGE && !this.loading) {
      this.loading = true;
      this.watch.dispose();
      this.language = (await import('./language')).startLanguage();
    }
  }
}
