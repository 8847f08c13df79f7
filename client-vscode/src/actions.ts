// The server's actions from commands and menus, and how its paid commands are run: one at a time to see, errors in one
// sentence, cancellation without a word.
import * as vscode from 'vscode';
import type { CodeAction, Command } from 'vscode-languageclient/node';
import type { AnswerPanel, Ask } from './answers/panel';
import type { Point, Subject } from './answers/conversation';
import type { Guarded } from './guarded';
import { askNewName } from './names';
import type { ProposalBoard } from './proposals/board';
import { merged } from './proposals/merge';
import type { WireEdit } from './proposals/plan';
import type { RenameManners } from './rename';
import type { TierwiseClient } from './server/client';
import type { ServerOwner } from './server/owner';

const MAX_TITLE = 40;

const SERVED: vscode.DocumentSelector = [{ scheme: 'file' }, { scheme: 'untitled' }];
const REWRITE = vscode.CodeActionKind.RefactorRewrite.append('tierwise');

export const RESOLVE = 'tierwise.internal.resolve';

/** Menu commands and the kind of code action that each stands for. */
export const KIND_COMMANDS: Readonly<Record<string, string>> = {
  'tierwise.explainSelection': 'tierwise.explain',
  'tierwise.fix': 'quickfix.tierwise',
  'tierwise.simplify': 'refactor.rewrite.tierwise.simplify',
  'tierwise.document': 'refactor.rewrite.tierwise.docstring',
  'tierwise.addTypes': 'refactor.rewrite.tierwise.types',
  'tierwise.extract': 'refactor.extract.tierwise',
  'tierwise.writeTests': 'source.tierwise.tests',
  'tierwise.reviewFile': 'source.tierwise.review',
};

export class Actions {
  private lastInstruction = '';
  private editing: string | undefined;
  /** Gets the plain rename that the server's is to be added to. */
  private plain: (() => Promise<WireEdit | undefined>) | undefined;

  constructor(
    private readonly owner: ServerOwner,
    private readonly proposals: ProposalBoard,
    private readonly answers: () => AnswerPanel,
    private readonly renames: RenameManners,
    private readonly guarded: Guarded,
  ) {}

  /** The server's own commands, where the extension has its own way with them. */
  command(name: string, args: unknown[]): Promise<unknown> | undefined {
    if (name === 'tierwise.explain') {
      const { question, ...subject } = args[0] as Subject & { question?: string };
      return this.answers().begin(subject, question ?? '');
    }
    if (name === 'tierwise.edit' || name === 'tierwise.rename' || name === 'tierwise.action') {
      return this.run(name, args);
    }
    return undefined;
  }

  /** An edit that the server sends: it is shown, called by the user's own words where it does what they say. */
  async applyEdit(label: string | undefined, edit: WireEdit): Promise<boolean> {
    const { plain, editing } = this;
    this.plain = undefined;
    const title = editing === undefined ? (label ?? 'Tierwise edit') : short(editing);
    const own = this.renames.asked ? undefined : await plain?.(); // a server that asked has it in its edit
    return this.proposals.propose(title, own === undefined ? edit : merged(own, edit));
  }

  /** A code action whose edit comes later is filled in by us, so that the edit can be shown before it is applied. */
  codeAction(action: vscode.CodeAction): void {
    const client = this.owner.running;
    if (client !== undefined && action.edit === undefined && action.command === undefined) {
      const wire = client.code2ProtocolConverter.asCodeActionSync(action); // as the server made it, without our command
      action.command = { title: action.title, command: RESOLVE, arguments: [wire] };
    }
  }

  /** Ask the server for an answer to read. */
  readonly ask: Ask = async (subject, question, token) => {
    const client = await this.client();
    const { task, ...place } = subject;
    if (task === 'review' && question === '' && client.offers('tierwise.review')) {
      return client.execute<Awaited<ReturnType<Ask>>>('tierwise.review', [place], token);
    }
    return client.execute('tierwise.explain', [{ ...subject, ...(question !== '' && { question }) }], token);
  };

  register(): vscode.Disposable {
    const register = vscode.commands.registerCommand;
    return vscode.Disposable.from(
      register(RESOLVE, (action: CodeAction) => this.guarded(async () => this.fill(action, await this.client()))),
      register('tierwise.editWithInstruction', () => this.guarded(() => this.edit())),
      register('tierwise.ask', () => this.guarded(() => this.askAbout())),
      register('tierwise.renameEverywhere', () => this.guarded(() => this.rename())),
      ...Object.entries(KIND_COMMANDS).map(([command, kind]) =>
        register(command, () => this.guarded(() => this.byKind(kind))),
      ),
      vscode.languages.registerCodeActionsProvider(
        SERVED,
        { provideCodeActions: menuActions },
        { providedCodeActionKinds: [REWRITE] },
      ),
    );
  }

  private async edit(): Promise<void> {
    const editor = inFront();
    const place = editor && placeOf(editor);
    if (place === undefined) {
      return;
    }
    const instruction = await vscode.window.showInputBox({
      title: 'Edit with instruction',
      prompt: place.words,
      placeHolder: 'What should change?',
      value: this.lastInstruction,
      valueSelection: [0, this.lastInstruction.length],
      ignoreFocusOut: true,
    });
    if (instruction !== undefined && instruction.trim() !== '') {
      this.lastInstruction = instruction;
      this.editing = instruction.trim();
      try {
        await this.send('tierwise.edit', [{ ...place.subject, instruction }]);
      } finally {
        this.editing = undefined;
      }
    }
  }

  private async askAbout(): Promise<void> {
    const editor = inFront();
    const place = editor && placeOf(editor);
    if (place === undefined) {
      return;
    }
    const question = await vscode.window.showInputBox({
      title: 'Ask about the selection',
      prompt: place.words,
      placeHolder: 'What do you want to know? Empty: explain it.',
      ignoreFocusOut: true,
    });
    if (question !== undefined) {
      await this.answers().begin(place.subject, question.trim());
    }
  }

  private async rename(): Promise<void> {
    const editor = inFront();
    const range = editor?.document.getWordRangeAtPosition(editor.selection.active);
    if (editor === undefined || range === undefined) {
      void vscode.window.showInformationMessage('Put the cursor on a name first.');
      return;
    }
    const client = await this.client();
    const { uri } = placeOf(editor).subject;
    const { line, character } = range.start;
    const at = { uri, position: { line, character } };
    const old = editor.document.getText(range);
    const suggested = client.offers('tierwise.suggestNames')
      ? client.execute<{ names: string[] }>('tierwise.suggestNames', [at]).then(({ names }) => names)
      : Promise.resolve([]);
    const newName = await askNewName(old, suggested);
    if (newName !== undefined && newName !== old) {
      await this.renameTo(editor.document, at, newName);
    }
  }

  /** The language's own extension says what it would change; Tierwise adds what that leaves behind. One edit is shown. */
  private async renameTo(
    document: vscode.TextDocument,
    at: { readonly uri: string; readonly position: Point },
    newName: string,
  ): Promise<void> {
    const client = await this.client();
    const title = `Rename to ${newName}`;
    const plain = (): Promise<WireEdit | undefined> =>
      this.renames
        .others(document, new vscode.Position(at.position.line, at.position.character), newName)
        .catch(() => undefined);
    this.plain = plain;
    this.renames.asked = false;
    try {
      await client.execute('tierwise.rename', [{ ...at, newName }]);
    } catch (error) {
      const own = await plain();
      if (own === undefined) {
        throw error;
      }
      await this.proposals.propose(`${title}, without mentions (${wordsOf(error)})`, own);
    } finally {
      this.plain = undefined;
    }
  }

  private async byKind(kind: string): Promise<void> {
    const editor = inFront();
    if (editor === undefined) {
      return;
    }
    const client = await this.client();
    const { document, selection } = editor;
    const nearby = vscode.languages.getDiagnostics(document.uri).filter(({ range }) => range.intersection(selection));
    const params = {
      textDocument: client.code2ProtocolConverter.asTextDocumentIdentifier(document),
      range: client.code2ProtocolConverter.asRange(selection),
      context: { diagnostics: await client.code2ProtocolConverter.asDiagnostics(nearby), only: [kind] },
    };
    const found = (await client.sendRequest<(Command | CodeAction)[] | null>('textDocument/codeAction', params)) ?? [];
    const chosen = found.length < 2 ? found[0] : await pick(found);
    if (chosen === undefined) {
      if (found.length === 0) {
        void vscode.window.showInformationMessage(nothing(kind));
      }
    } else if (chosen.command === undefined) {
      await this.fill(chosen as CodeAction, client);
    } else {
      const command = typeof chosen.command === 'string' ? (chosen as Command) : chosen.command;
      await vscode.commands.executeCommand(command.command, ...((command.arguments ?? []) as unknown[]));
    }
  }

  private async fill(action: CodeAction, client: TierwiseClient): Promise<void> {
    const { edit } = await client.sendRequest<CodeAction>('codeAction/resolve', action);
    if (edit !== undefined) {
      await this.proposals.propose(action.title, edit as WireEdit);
    }
  }

  private run(command: string, args: unknown[]): Promise<unknown> {
    return this.guarded(() => this.send(command, args));
  }

  private async send(command: string, args: unknown[]): Promise<unknown> {
    return (await this.client()).execute<unknown>(command, args);
  }

  private async client(): Promise<TierwiseClient> {
    const client = this.owner.running;
    if (client !== undefined) {
      return client;
    }
    await this.owner.start();
    if (this.owner.running === undefined) {
      throw new Error(this.owner.problem || 'The Tierwise server is not there yet; try again in a moment.');
    }
    return this.owner.running;
  }
}

function inFront(): vscode.TextEditor | undefined {
  const editor = vscode.window.activeTextEditor;
  if (editor === undefined) {
    void vscode.window.showInformationMessage('Open a file and select some code first.');
  }
  return editor;
}

/** What is selected, for the server and in words; the line of the cursor where nothing is. */
function placeOf({ document, selection }: vscode.TextEditor): { subject: Subject; words: string } {
  const range = selection.isEmpty ? document.lineAt(selection.active.line).range : selection;
  const [first, last] = [range.start.line + 1, range.end.line + 1];
  const lines = first === last ? `line ${first}` : `lines ${first} to ${last}`;
  const { start, end } = range;
  return {
    subject: {
      uri: document.uri.toString(),
      range: {
        start: { line: start.line, character: start.character },
        end: { line: end.line, character: end.character },
      },
    },
    words: `${vscode.workspace.asRelativePath(document.uri)}, ${lines}`,
  };
}

async function pick(found: readonly (Command | CodeAction)[]): Promise<Command | CodeAction | undefined> {
  const picks = found.map((action) => ({ label: action.title, action }));
  return (await vscode.window.showQuickPick(picks))?.action;
}

function short(text: string): string {
  const line = text.replaceAll(/\s+/g, ' ');
  return line.length > MAX_TITLE ? `${line.slice(0, MAX_TITLE - 1)}…` : line;
}

function nothing(kind: string): string {
  return kind === 'quickfix.tierwise'
    ? 'There is no problem at the cursor that could be fixed, or no model to do it with.'
    : 'This cannot be done here: it needs a model (see "Tierwise: Choose Profile") and, for most, code to work on.';
}

/** What the extension itself has to offer in the menu of code actions; a light bulb of its own it does not light. */
function menuActions(
  document: vscode.TextDocument,
  range: vscode.Range,
  { triggerKind }: vscode.CodeActionContext,
): vscode.CodeAction[] {
  if (triggerKind !== vscode.CodeActionTriggerKind.Invoke) {
    return [];
  }
  const action = (title: string, kind: string, command: string): vscode.CodeAction => {
    const made = new vscode.CodeAction(title, REWRITE.append(kind));
    made.command = { title, command };
    return made;
  };
  const word = document.getWordRangeAtPosition(range.end);
  const name = word && short(document.getText(word));
  return [
    action('Edit with instruction…', 'edit', 'tierwise.editWithInstruction'),
    ...(name === undefined ? [] : [action(`Rename ${name} everywhere…`, 'rename', 'tierwise.renameEverywhere')]),
  ];
}

function wordsOf(error: unknown): string {
  return (error instanceof Error ? error.message : String(error)).replace(/\.$/, '');
}
