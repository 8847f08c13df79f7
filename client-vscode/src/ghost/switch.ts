// Ghost text on and off: by language (a setting), for a while (snooze), or until the user says otherwise (pause).
import * as vscode from 'vscode';
import { changeSetting, setting } from '../settings';
import { silence, toggled, type Silence } from './gate';

const MINUTES = [5, 15, 30, 60];

export class GhostText implements vscode.Disposable {
  private readonly changed = new vscode.EventEmitter<void>();
  private paused = false;
  private snoozedUntil: number | undefined;
  private alarm: NodeJS.Timeout | undefined;
  private readonly watch = vscode.workspace.onDidChangeConfiguration((event) => {
    if (event.affectsConfiguration('tierwise.completion')) {
      this.changed.fire();
    }
  });

  /** Fires when ghost text falls asleep or wakes up. */
  readonly onDidChange = this.changed.event;

  /** What the status bar says of a ghost text that sleeps; undefined while it is awake. */
  get asleep(): string | undefined {
    const editor = vscode.window.activeTextEditor;
    const why = editor === undefined ? undefined : this.silence(editor.document);
    switch (why) {
      case undefined:
        return this.paused ? 'paused' : undefined;
      case 'snoozed':
        return `asleep until ${new Date(this.snoozedUntil ?? 0).toLocaleTimeString([], { hour: '2-digit', minute: '2-digit' })}`;
      case 'paused':
        return 'paused';
      case 'off':
        return 'off (tierwise.completion.enabled)';
      case 'language':
        return `off for ${editor?.document.languageId ?? ''}`;
    }
  }

  /** Whether ghost text is wanted in a document now. */
  wanted(document: vscode.TextDocument): boolean {
    return this.silence(document) === undefined;
  }

  pause(): void {
    this.paused = true;
    this.hide();
  }

  resume(): void {
    this.paused = false;
    this.wake();
  }

  get isPaused(): boolean {
    return this.paused || this.snoozedUntil !== undefined;
  }

  async snooze(): Promise<void> {
    const picks = MINUTES.map((minutes) => ({ label: minutes === 60 ? 'an hour' : `${minutes} minutes`, minutes }));
    const chosen = await vscode.window.showQuickPick(picks, { title: 'Let ghost text sleep for…' });
    if (chosen !== undefined) {
      this.snoozedUntil = Date.now() + chosen.minutes * 60_000;
      clearTimeout(this.alarm);
      this.alarm = setTimeout(() => this.wake(), chosen.minutes * 60_000);
      this.hide();
    }
  }

  /** Switch ghost text for the language of the editor in front. */
  async toggleLanguage(): Promise<void> {
    const document = vscode.window.activeTextEditor?.document;
    if (document === undefined) {
      void vscode.window.showInformationMessage('Open a file first: ghost text is switched for its language.');
      return;
    }
    const languages = toggled(setting('completion.disabled_languages', [] as string[], document), document.languageId);
    await changeSetting('completion.disabled_languages', languages, document);
    const state = languages.includes(document.languageId) ? 'off' : 'on';
    void vscode.window.setStatusBarMessage(`Tierwise: ghost text is ${state} for ${document.languageId}`, 4_000);
    this.changed.fire();
  }

  dispose(): void {
    clearTimeout(this.alarm);
    this.watch.dispose();
    this.changed.dispose();
  }

  private silence(document: vscode.TextDocument): Silence | undefined {
    const choices = {
      enabled: setting('completion.enabled', true, document),
      disabledLanguages: setting('completion.disabled_languages', [] as string[], document),
      paused: this.paused,
      snoozedUntil: this.snoozedUntil,
    };
    return silence(choices, document.languageId, Date.now());
  }

  private wake(): void {
    clearTimeout(this.alarm);
    this.snoozedUntil = undefined;
    this.changed.fire();
  }

  private hide(): void {
    void vscode.commands.executeCommand('editor.action.inlineSuggest.hide');
    this.changed.fire();
  }
}
