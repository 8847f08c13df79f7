// Edits that wait for the user's word: shown as diffs, accepted or discarded file by file, applied in one undo step.
import * as vscode from 'vscode';
import { setting } from '../settings';
import { apply } from './apply';
import { groups, without } from './groups';
import { plan, size, type FilePlan, type WireEdit } from './plan';
import { iconOf, inBrief, Verdicts, type Verdict } from './verdict';

export const SCHEME = 'tierwise-proposal';

/** How long the status bar says what was checked of an edit that was applied without a preview. */
const SAID_MS = 10_000;

/** One file of a proposal. */
export interface Item {
  readonly proposal: Proposal;
  readonly number: number;
  readonly file: FilePlan;
  decision: 'open' | 'accepted' | 'discarded';
}

export interface Proposal {
  readonly id: number;
  readonly title: string;
  readonly items: readonly Item[];
  /** What was checked; undefined for an edit that no model made. */
  readonly verdict: Verdict | undefined;
  /** Called once, with whether anything was applied. */
  readonly settle: (applied: boolean) => void;
}

export class ProposalBoard implements vscode.Disposable, vscode.TextDocumentContentProvider {
  private readonly proposals = new Map<number, Proposal>();
  private readonly changed = new vscode.EventEmitter<void>();
  private readonly disposables: vscode.Disposable[];
  private readonly verdicts = new Verdicts();
  private count = 0;

  /** Fires when proposals come, go, or are decided on. */
  readonly onDidChangeProposals = this.changed.event;

  constructor() {
    this.disposables = [vscode.workspace.registerTextDocumentContentProvider(SCHEME, this), this.changed];
  }

  get open(): readonly Proposal[] {
    return [...this.proposals.values()];
  }

  /**
   * Show an edit, or apply it where the user wants no preview; parts that need a word of the user are chosen first.
   * Resolves when it is settled, to whether anything was applied.
   */
  async propose(title: string, whole: WireEdit): Promise<boolean> {
    const verdict = this.verdicts.take(whole);
    const edit = await chosen(title, whole);
    if (edit === undefined) {
      return false;
    }
    const files = await plan(edit, async (uri) =>
      (await vscode.workspace.openTextDocument(vscode.Uri.parse(uri))).getText(),
    );
    if (files.length === 0) {
      void vscode.window.showInformationMessage(`${title}: nothing to change.`);
      return false;
    }
    const stale = files.find(movedOn);
    if (stale !== undefined) {
      void vscode.window.showWarningMessage(`${nameOf(stale)} changed meanwhile; nothing was done. Ask again.`);
      return false;
    }
    if (wantsPreview(files)) {
      return this.show(title, files, verdict);
    }
    if (verdict !== undefined) {
      vscode.window.setStatusBarMessage(`$(${iconOf(verdict)}) ${title}: ${inBrief(verdict)}`, SAID_MS);
    }
    return apply(files);
  }

  /** What the server says of the edit that comes next. */
  hear(verdict: Verdict): void {
    this.verdicts.hear(verdict);
  }

  /** Open the diff of a file. */
  async look(item: Item): Promise<void> {
    const { proposal, number, file } = item;
    const before = file.source === undefined ? contentUri(item, 'before') : vscode.Uri.parse(file.source);
    const place = proposal.items.length > 1 ? ` (${number + 1} of ${proposal.items.length})` : '';
    const title = `${nameOf(file)}: ${proposal.title}${place}`;
    await vscode.commands.executeCommand('vscode.diff', before, contentUri(item, 'after'), title, { preview: true });
  }

  /** Decide on one file; the next undecided one is shown, and with the last decision the proposal is settled. */
  async decide(item: Item, decision: 'accepted' | 'discarded'): Promise<void> {
    item.decision = decision;
    const next = item.proposal.items.find((other) => other.decision === 'open');
    if (next === undefined) {
      await this.settle(item.proposal);
    } else {
      this.changed.fire();
      await this.look(next);
    }
  }

  /** Decide on all files of a proposal that are still open. */
  async decideAll(proposal: Proposal, decision: 'accepted' | 'discarded'): Promise<void> {
    proposal.items.filter((item) => item.decision === 'open').forEach((item) => (item.decision = decision));
    await this.settle(proposal);
  }

  /** The item whose diff is in front, or of the diff that a command came from. */
  item(uri: vscode.Uri | undefined): Item | undefined {
    const found = uri?.scheme === SCHEME ? uri : active();
    const [id, number] = (found?.query ?? '').split('.', 2).map((part) => Number(part));
    return id === undefined || number === undefined ? undefined : this.proposals.get(id)?.items[number];
  }

  provideTextDocumentContent(uri: vscode.Uri): string {
    const item = this.item(uri);
    return (uri.query.endsWith('before') ? item?.file.before : item?.file.after) ?? '';
  }

  dispose(): void {
    this.proposals.forEach((proposal) => proposal.settle(false));
    this.proposals.clear();
    vscode.Disposable.from(...this.disposables).dispose();
  }

  private show(title: string, files: readonly FilePlan[], verdict: Verdict | undefined): Promise<boolean> {
    return new Promise((settle) => {
      const items: Item[] = [];
      const proposal: Proposal = { id: ++this.count, title, items, verdict, settle };
      items.push(...files.map((file, number): Item => ({ proposal, number, file, decision: 'open' })));
      this.proposals.set(proposal.id, proposal);
      this.changed.fire();
      const first = items[0];
      if (first !== undefined) {
        void this.look(first);
      }
    });
  }

  private async settle(proposal: Proposal): Promise<void> {
    const accepted = proposal.items.filter((item) => item.decision === 'accepted').map((item) => item.file);
    this.proposals.delete(proposal.id);
    await closeDiffs(proposal);
    this.changed.fire();
    const applied = accepted.length > 0 && (await apply(accepted));
    proposal.settle(applied);
  }
}

/** What a file of a proposal is called: its path in the workspace, and where it moves to. */
export function nameOf(file: FilePlan): string {
  const target = vscode.workspace.asRelativePath(vscode.Uri.parse(file.target));
  if (file.source === undefined || file.source === file.target) {
    return target;
  }
  return `${vscode.workspace.asRelativePath(vscode.Uri.parse(file.source))} → ${target}`;
}

/** How large a change is, for a person. */
export function extent(file: FilePlan): string {
  const { added, removed } = size(file);
  return file.source === undefined ? `new, ${added} lines` : `+${added} −${removed}`;
}

/** The edit with the parts that the user wants; undefined when the choice was cancelled. */
async function chosen(title: string, edit: WireEdit): Promise<WireEdit | undefined> {
  const parts = groups(edit).map(({ id, label, description, places, optional }) => ({
    id,
    label,
    description: places === 1 ? '1 place' : `${places} places`,
    detail: description,
    picked: !optional,
  }));
  if (parts.length === 0) {
    return edit;
  }
  const wanted = await vscode.window.showQuickPick(parts, {
    title,
    placeHolder: 'What is to be changed? The change is shown next.',
    canPickMany: true,
    ignoreFocusOut: true,
  });
  const taken = new Set(wanted?.map(({ id }) => id));
  return wanted && without(edit, new Set(parts.map(({ id }) => id).filter((id) => !taken.has(id))));
}

/** Whether a file is not the one any more that the edit was made for. */
function movedOn({ source, version }: FilePlan): boolean {
  const document = vscode.workspace.textDocuments.find(({ uri }) => uri.toString() === source);
  return version !== undefined && document !== undefined && document.version !== version;
}

function wantsPreview(files: readonly FilePlan[]): boolean {
  const file = files[0];
  const scope = file === undefined ? undefined : vscode.Uri.parse(file.source ?? file.target);
  const wanted = setting<'always' | 'severalFiles' | 'never'>('preview', 'always', scope);
  const simple = files.length === 1 && file?.source === file?.target;
  return wanted === 'always' || (wanted === 'severalFiles' && !simple);
}

function contentUri({ proposal, number, file }: Item, side: 'before' | 'after'): vscode.Uri {
  return vscode.Uri.parse(file.target).with({
    scheme: SCHEME,
    query: `${proposal.id}.${number}.${side}`,
    fragment: '',
  });
}

function active(): vscode.Uri | undefined {
  const input = vscode.window.tabGroups.activeTabGroup.activeTab?.input;
  return input instanceof vscode.TabInputTextDiff ? input.modified : undefined;
}

async function closeDiffs(proposal: Proposal): Promise<void> {
  const tabs = vscode.window.tabGroups.all
    .flatMap((group) => group.tabs)
    .filter(
      ({ input }) =>
        input instanceof vscode.TabInputTextDiff &&
        input.modified.scheme === SCHEME &&
        input.modified.query.startsWith(`${proposal.id}.`),
    );
  await vscode.window.tabGroups.close(tabs, true);
}
