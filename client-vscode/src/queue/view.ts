// Requests whose every answer was rejected: what was tried, and dropping them. The server's own command line is asked.
import * as vscode from 'vscode';
import type { ServerOwner } from '../server/owner';
import type { Texts } from '../texts';
import { waiting, type Waiting } from './listing';

const VERB_MS = 20_000;

export class QueueTree implements vscode.TreeDataProvider<Waiting>, vscode.Disposable {
  private readonly changed = new vscode.EventEmitter<void>();
  private readonly disposables: vscode.Disposable[];
  readonly onDidChangeTreeData = this.changed.event;

  constructor(
    private readonly owner: ServerOwner,
    private readonly texts: Texts,
  ) {
    const tree = vscode.window.createTreeView('tierwise.queue', { treeDataProvider: this });
    const register = vscode.commands.registerCommand;
    this.disposables = [
      this.changed,
      tree,
      tree.onDidChangeVisibility(({ visible }) => visible && this.changed.fire()),
      register('tierwise.queue.refresh', () => this.changed.fire()),
      register('tierwise.queue.show', (item: Waiting) => this.show(item)),
      register('tierwise.queue.drop', (item: Waiting) => this.drop(item)),
    ];
  }

  /** Something may have come into the queue. */
  refresh(): void {
    this.changed.fire();
  }

  async getChildren(): Promise<Waiting[]> {
    if (this.owner.state !== 'running') {
      return [];
    }
    return waiting(await this.ask(['queue', 'list']));
  }

  getTreeItem(waiting: Waiting): vscode.TreeItem {
    const item = new vscode.TreeItem(`${waiting.number} ${waiting.task}`);
    item.description = waiting.rest;
    item.tooltip = `Since ${waiting.since}. Click to see what was tried.`;
    item.contextValue = 'waiting';
    item.iconPath = new vscode.ThemeIcon('inbox');
    item.command = { title: 'Show what was tried', command: 'tierwise.queue.show', arguments: [waiting] };
    return item;
  }

  dispose(): void {
    vscode.Disposable.from(...this.disposables).dispose();
  }

  private async show({ number }: Waiting): Promise<void> {
    await this.texts.show(`Queue item ${number}`, await this.ask(['queue', 'show', String(number)]));
  }

  private async drop(item: Waiting): Promise<void> {
    const question = `Drop item ${item.number} (${item.task}) for good?`;
    if ((await vscode.window.showWarningMessage(question, { modal: true }, 'Drop')) === 'Drop') {
      await this.ask(['queue', 'drop', String(item.number)]);
      this.changed.fire();
    }
  }

  private async ask(args: string[]): Promise<string> {
    const { status, stdout, stderr } = await this.owner.verb(args, VERB_MS);
    if (status !== 0) {
      throw new Error(stderr.trim() || 'The queue could not be read.');
    }
    return stdout;
  }
}
