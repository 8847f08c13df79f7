// Requests whose every answer was rejected: what was tried, another try (with a tier of one's own choice), and dropping
// them. The server is asked; one without a queue of its own is asked by its command line, which cannot try again.
import * as vscode from 'vscode';
import type { Guarded } from '../guarded';
import { nameOf, shortened } from '../places';
import type { ServerOwner } from '../server/owner';
import { TIERS } from '../settings';
import type { Texts } from '../texts';
import { listed, told, waiting, type Waiting } from './listing';

const COMMAND = 'tierwise.queue';
const VERB_MS = 20_000;

export class QueueTree implements vscode.TreeDataProvider<Waiting>, vscode.Disposable {
  private readonly changed = new vscode.EventEmitter<void>();
  private readonly tree: vscode.TreeView<Waiting>;
  private readonly disposables: vscode.Disposable[];
  readonly onDidChangeTreeData = this.changed.event;

  constructor(
    private readonly owner: ServerOwner,
    private readonly texts: Texts,
    guarded: Guarded,
  ) {
    this.tree = vscode.window.createTreeView('tierwise.queue', { treeDataProvider: this });
    const register = (name: string, work: (item: Waiting) => Promise<void>): vscode.Disposable =>
      vscode.commands.registerCommand(`tierwise.queue.${name}`, (item: Waiting | undefined) => {
        const chosen = item ?? this.tree.selection[0];
        return chosen && guarded(() => work(chosen));
      });
    this.disposables = [
      this.changed,
      this.tree,
      this.tree.onDidChangeVisibility(({ visible }) => visible && this.changed.fire()),
      vscode.commands.registerCommand('tierwise.queue.refresh', () => this.changed.fire()),
      register('show', (item) => this.show(item)),
      register('retry', (item) => this.retry(item, undefined)),
      register('retryWithTier', (item) => this.retryWithTier(item)),
      register('drop', (item) => this.drop(item)),
    ];
  }

  /** Something may have come into the queue. */
  refresh(): void {
    void vscode.commands.executeCommand('setContext', 'tierwise.queueRetries', this.owner.running?.offers(COMMAND));
    this.changed.fire();
  }

  async getChildren(): Promise<Waiting[]> {
    const client = this.owner.running;
    if (client === undefined) {
      return [];
    }
    const found = client.offers(COMMAND)
      ? listed(await client.execute(COMMAND, [{ action: 'list' }]), nameOf)
      : waiting(shortened(await this.verb(['list'])));
    const tooltip = found.length === 1 ? '1 request waits for you' : `${found.length} requests wait for you`;
    this.tree.badge = found.length === 0 ? undefined : { value: found.length, tooltip };
    return found;
  }

  getTreeItem(waiting: Waiting): vscode.TreeItem {
    const item = new vscode.TreeItem(`${waiting.number} ${waiting.task}`);
    item.description = waiting.rest;
    const asked = waiting.instruction === undefined ? '' : `\n${waiting.instruction}`;
    item.tooltip = `Since ${waiting.since}. Click to see what was tried.${asked}`;
    item.contextValue = 'waiting';
    item.iconPath = new vscode.ThemeIcon('inbox');
    item.command = { title: 'Show what was tried', command: 'tierwise.queue.show', arguments: [waiting] };
    return item;
  }

  dispose(): void {
    vscode.Disposable.from(...this.disposables).dispose();
  }

  private async show({ number }: Waiting): Promise<void> {
    const client = this.owner.running;
    if (client?.offers(COMMAND)) {
      const answer = await client.execute(COMMAND, [{ action: 'show', number }]);
      await this.texts.preview(`Queue item ${number}.md`, told(answer, nameOf));
    } else {
      await this.texts.show(`Queue item ${number}`, await this.verb(['show', String(number)]));
    }
  }

  private async retryWithTier(item: Waiting): Promise<void> {
    const tier = await vscode.window.showQuickPick(TIERS, { title: `Try item ${item.number} again with which tier?` });
    if (tier !== undefined) {
      await this.retry(item, tier);
    }
  }

  private async retry({ number }: Waiting, tier: string | undefined): Promise<void> {
    const client = this.owner.running;
    if (!client?.offers(COMMAND)) {
      throw new Error('This version of the Tierwise server cannot try again; ask anew in the editor.');
    }
    try {
      await client.execute(COMMAND, [{ action: 'retry', number, ...(tier !== undefined && { tier }) }]);
    } finally {
      this.changed.fire();
    }
  }

  private async drop({ number, task }: Waiting): Promise<void> {
    const question = `Drop item ${number} (${task}) for good?`;
    if ((await vscode.window.showWarningMessage(question, { modal: true }, 'Drop')) !== 'Drop') {
      return;
    }
    const client = this.owner.running;
    await (client?.offers(COMMAND)
      ? client.execute(COMMAND, [{ action: 'drop', number }])
      : this.verb(['drop', String(number)]));
    this.changed.fire();
  }

  private async verb(args: string[]): Promise<string> {
    const { status, stdout, stderr } = await this.owner.verb(['queue', ...args], VERB_MS);
    if (status !== 0) {
      throw new Error(stderr.trim() || 'The queue could not be read.');
    }
    return stdout;
  }
}
