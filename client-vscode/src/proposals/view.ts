// Proposals in VS Code: the tree of files to decide on, a status bar item as a reminder, and the commands.
import * as vscode from 'vscode';
import { extent, nameOf, type Item, type Proposal, type ProposalBoard } from './board';
import { iconOf, inBrief, inFull, type Check, type Verdict } from './verdict';

type Node = Proposal | Item | Verdict | Check;

class ProposalTree implements vscode.TreeDataProvider<Node> {
  readonly onDidChangeTreeData: vscode.Event<void>;

  constructor(private readonly board: ProposalBoard) {
    this.onDidChangeTreeData = board.onDidChangeProposals;
  }

  getChildren(node?: Node): Node[] {
    if (node === undefined) {
      return [...this.board.open];
    }
    if ('items' in node) {
      return [...node.items, ...(node.verdict === undefined ? [] : [node.verdict])];
    }
    return 'passed' in node ? inFull(node) : [];
  }

  getTreeItem(node: Node): vscode.TreeItem {
    if ('items' in node) {
      const item = new vscode.TreeItem(node.title, vscode.TreeItemCollapsibleState.Expanded);
      item.contextValue = 'proposal';
      item.iconPath = new vscode.ThemeIcon('diff-multiple');
      return item;
    }
    if ('passed' in node) {
      const item = new vscode.TreeItem(inBrief(node), vscode.TreeItemCollapsibleState.Collapsed);
      item.description = node.model;
      item.iconPath = new vscode.ThemeIcon(iconOf(node));
      return item;
    }
    if ('name' in node) {
      const item = new vscode.TreeItem(node.name);
      item.description = node.why === undefined ? '' : `not made: ${node.why}`;
      item.tooltip = node.why ?? 'passed';
      item.iconPath = new vscode.ThemeIcon(node.why === undefined ? 'pass' : 'circle-slash');
      return item;
    }
    const item = new vscode.TreeItem(nameOf(node.file));
    item.description = node.decision === 'open' ? extent(node.file) : node.decision;
    item.contextValue = node.decision === 'open' ? 'proposedFile' : 'decidedFile';
    item.iconPath = new vscode.ThemeIcon(
      { open: 'diff-modified', accepted: 'check', discarded: 'close' }[node.decision],
    );
    item.command = { title: 'Show', command: 'tierwise.proposal.show', arguments: [node] };
    return item;
  }
}

export function registerProposals(board: ProposalBoard): vscode.Disposable {
  const tree = vscode.window.createTreeView('tierwise.proposals', { treeDataProvider: new ProposalTree(board) });
  const bar = vscode.window.createStatusBarItem('tierwise.proposals', vscode.StatusBarAlignment.Left, 10);
  bar.name = 'Tierwise: proposed changes';
  bar.command = 'tierwise.proposal.choose';
  bar.backgroundColor = new vscode.ThemeColor('statusBarItem.warningBackground');
  const show = (): void => {
    const waiting = board.open.flatMap(({ items }) => items).filter(({ decision }) => decision === 'open').length;
    tree.badge = waiting === 0 ? undefined : { value: waiting, tooltip: `${waiting} proposed changes` };
    bar.text = `$(diff) ${waiting === 1 ? '1 change' : `${waiting} changes`} to decide on`;
    const checked = board.open.flatMap(({ verdict }) => (verdict === undefined ? [] : [inBrief(verdict)]));
    bar.tooltip = ['Tierwise proposes changes: accept or discard them', ...checked].join('\n');
    if (waiting === 0) {
      bar.hide();
    } else {
      bar.show();
    }
    const many = board.open.some(({ items }) => items.length > 1);
    void vscode.commands.executeCommand('setContext', 'tierwise.severalProposedFiles', many);
    void vscode.commands.executeCommand('setContext', 'tierwise.proposals', waiting > 0);
  };
  return vscode.Disposable.from(tree, bar, board.onDidChangeProposals(show), ...commands(board));
}

function commands(board: ProposalBoard): vscode.Disposable[] {
  const item = (from: unknown): Item | undefined =>
    isItem(from) ? from : board.item(from instanceof vscode.Uri ? from : undefined);
  const proposal = (from: unknown): Proposal | undefined =>
    isProposal(from) ? from : (item(from)?.proposal ?? board.open[0]);
  const one = (decision: 'accepted' | 'discarded') => async (from: unknown) => {
    const found = item(from) ?? board.open[0]?.items.find((each) => each.decision === 'open');
    if (found !== undefined) {
      await board.decide(found, decision);
    }
  };
  const all = (decision: 'accepted' | 'discarded') => async (from: unknown) => {
    const found = proposal(from);
    if (found !== undefined) {
      await board.decideAll(found, decision);
    }
  };
  const register = vscode.commands.registerCommand;
  return [
    register('tierwise.proposal.accept', one('accepted')),
    register('tierwise.proposal.discard', one('discarded')),
    register('tierwise.proposal.acceptAll', all('accepted')),
    register('tierwise.proposal.discardAll', all('discarded')),
    register('tierwise.proposal.show', async (from: unknown) => {
      const found = item(from);
      if (found !== undefined) {
        await board.look(found);
      }
    }),
    register('tierwise.proposal.choose', () => choose(board)),
  ];
}

/** All that can be done with what waits, as a list. */
async function choose(board: ProposalBoard): Promise<void> {
  const picks = board.open.flatMap((proposal) => [
    { label: proposal.title, kind: vscode.QuickPickItemKind.Separator, run: () => Promise.resolve() },
    { label: '$(check-all) Accept all', run: () => board.decideAll(proposal, 'accepted') },
    { label: '$(close-all) Discard all', run: () => board.decideAll(proposal, 'discarded') },
    ...proposal.items
      .filter(({ decision }) => decision === 'open')
      .map((item) => ({
        label: `$(diff) ${nameOf(item.file)}`,
        description: extent(item.file),
        run: () => board.look(item),
      })),
  ]);
  const chosen = await vscode.window.showQuickPick(picks, { title: 'Changes that Tierwise proposes' });
  await chosen?.run();
}

function isProposal(from: unknown): from is Proposal {
  return typeof from === 'object' && from !== null && 'items' in from;
}

function isItem(from: unknown): from is Item {
  return typeof from === 'object' && from !== null && 'proposal' in from;
}
