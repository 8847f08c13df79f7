// The next edit: after a change, the server may propose the one that follows from it, elsewhere in this file or in
// another. It is drawn where it would happen; Tab goes there, and then takes it.
//
// VS Code keeps its own display of such edits to itself: decorations and keys of ours stand in for it.
import * as vscode from 'vscode';
import type { ServerOwner } from '../server/owner';
import { setting } from '../settings';
import { oneLine, preview } from './preview';

/** `textDocument/copilotInlineEdit`, as editors that have next edits know it. */
interface WireNextEdit {
  readonly text: string;
  readonly textDocument: { readonly uri: string; readonly version?: number | null };
  readonly range: { readonly start: Point; readonly end: Point };
  readonly command?: { readonly command: string; readonly arguments?: readonly unknown[] };
}

interface Point {
  readonly line: number;
  readonly character: number;
}

interface NextEdit {
  readonly document: vscode.TextDocument;
  readonly version: number;
  readonly range: vscode.Range;
  readonly text: string;
  readonly command: WireNextEdit['command'];
}

const REQUEST = 'textDocument/copilotInlineEdit';
const AUTOMATIC = 2;
const METHOD_NOT_FOUND = -32_601;
/** A pause in typing; ghost text answers within it. */
const PAUSE_MS = 250;

export class NextEdits implements vscode.Disposable {
  private readonly removed = decoration('diffEditor.removedTextBackground');
  private readonly inserted = decoration(undefined);
  private readonly hint = decoration(undefined);
  private readonly disposables: vscode.Disposable[];
  private shown: NextEdit | undefined;
  private taking = false;
  private alarm: NodeJS.Timeout | undefined;
  private asking: vscode.CancellationTokenSource | undefined;
  /** The server that said that it knows no next edits. */
  private without: unknown;

  constructor(
    private readonly owner: ServerOwner,
    private readonly wanted: (document: vscode.TextDocument) => boolean,
  ) {
    this.disposables = [
      this.removed,
      this.inserted,
      this.hint,
      owner.onDidChange(() => this.clear()),
      vscode.workspace.onDidChangeTextDocument((event) => this.changed(event)),
      vscode.window.onDidChangeVisibleTextEditors(() => this.draw()),
      vscode.window.onDidChangeTextEditorSelection(() => this.draw()),
      vscode.commands.registerCommand('tierwise.nextEdit.take', () => this.take()),
      vscode.commands.registerCommand('tierwise.nextEdit.dismiss', () => this.dismiss()),
    ];
  }

  dispose(): void {
    this.clear();
    vscode.Disposable.from(...this.disposables).dispose();
  }

  private changed({ document, contentChanges }: vscode.TextDocumentChangeEvent): void {
    if (contentChanges.length === 0 || this.taking) {
      return;
    }
    const editor = vscode.window.activeTextEditor;
    if (document === this.shown?.document || document === editor?.document) {
      this.clear(); // it was made for another text
    }
    if (document === editor?.document) {
      this.alarm = setTimeout(() => void this.ask(editor), PAUSE_MS);
    }
  }

  private async ask(editor: vscode.TextEditor): Promise<void> {
    const { document, selection } = editor;
    const client = this.owner.running;
    if (client === undefined || client === this.without || !this.serves(document)) {
      return;
    }
    const asking = (this.asking = new vscode.CancellationTokenSource());
    const params = {
      textDocument: { uri: client.code2ProtocolConverter.asUri(document.uri), version: document.version },
      position: client.code2ProtocolConverter.asPosition(selection.active),
      context: { triggerKind: AUTOMATIC },
    };
    try {
      const answer = await client.sendRequest<{ edits: readonly WireNextEdit[] } | null>(REQUEST, params, asking.token);
      const [first] = answer?.edits ?? [];
      if (first !== undefined && !asking.token.isCancellationRequested) {
        await this.show(first, asking.token);
      }
    } catch (error) {
      if ((error as { code?: unknown }).code === METHOD_NOT_FOUND) {
        this.without = client;
      }
      // Nobody asked for it: one that does not come is no trouble.
    } finally {
      asking.dispose();
    }
  }

  private async show(wire: WireNextEdit, token: vscode.CancellationToken): Promise<void> {
    const document = await vscode.workspace.openTextDocument(vscode.Uri.parse(wire.textDocument.uri));
    const { start, end } = wire.range;
    const range = document.validateRange(new vscode.Range(start.line, start.character, end.line, end.character));
    const { version } = wire.textDocument;
    const stale = version != null && version !== document.version;
    if (token.isCancellationRequested || stale || document.getText(range) === wire.text) {
      return;
    }
    this.shown = { document, version: document.version, range, text: wire.text, command: wire.command };
    void vscode.commands.executeCommand('setContext', 'tierwise.nextEdit', true);
    this.draw();
  }

  /** Go where it is, or take it when the cursor is there. */
  private async take(): Promise<void> {
    const next = this.shown;
    const editor = vscode.window.activeTextEditor;
    if (next === undefined) {
      return;
    }
    const place = new vscode.Range(next.range.start.line, 0, next.range.end.line, Number.MAX_SAFE_INTEGER);
    if (editor?.document !== next.document || !place.contains(editor.selection.active)) {
      const options = { selection: new vscode.Selection(next.range.end, next.range.end) };
      const there = await vscode.window.showTextDocument(next.document, options);
      there.revealRange(next.range, vscode.TextEditorRevealType.InCenterIfOutsideViewport);
      this.draw();
      return;
    }
    this.clear();
    if (next.document.version !== next.version) {
      return;
    }
    this.taking = true;
    try {
      const applied = await editor.edit((edit) => edit.replace(next.range, next.text));
      if (applied && next.command !== undefined) {
        await this.owner.running?.execute(next.command.command, next.command.arguments ?? []);
      }
    } finally {
      this.taking = false;
    }
    this.alarm = setTimeout(() => void this.ask(editor), PAUSE_MS); // one often leads to the next
  }

  private dismiss(): void {
    const id = this.shown?.command?.arguments?.[0];
    this.clear();
    if (id !== undefined) {
      void this.owner.running?.sendNotification('tierwise/rejected', { id });
    }
  }

  private clear(): void {
    clearTimeout(this.alarm);
    this.asking?.cancel();
    if (this.shown !== undefined) {
      this.shown = undefined;
      void vscode.commands.executeCommand('setContext', 'tierwise.nextEdit', false);
      this.draw();
    }
  }

  private draw(): void {
    const next = this.shown;
    for (const editor of vscode.window.visibleTextEditors) {
      const here = next?.document === editor.document ? drawn(next) : undefined;
      editor.setDecorations(this.removed, here === undefined ? [] : [here.removed]);
      editor.setDecorations(this.inserted, here === undefined ? [] : [here.inserted]);
      const far = next !== undefined && editor === vscode.window.activeTextEditor ? pointer(editor, next) : undefined;
      editor.setDecorations(this.hint, far === undefined ? [] : [far]);
    }
  }

  private serves(document: vscode.TextDocument): boolean {
    return this.wanted(document) && setting('nextEdit.enabled', true, document);
  }
}

function decoration(background: string | undefined): vscode.TextEditorDecorationType {
  return vscode.window.createTextEditorDecorationType({
    ...(background !== undefined && { backgroundColor: new vscode.ThemeColor(background) }),
    rangeBehavior: vscode.DecorationRangeBehavior.ClosedClosed,
  });
}

function drawn({ document, range, text }: NextEdit): Record<'removed' | 'inserted', vscode.DecorationOptions> {
  const old = document.getText(range);
  const { from, to, inserted } = preview(old, text);
  const start = document.offsetAt(range.start);
  const [first, last] = [document.positionAt(start + from), document.positionAt(start + to)];
  const hover = new vscode.MarkdownString('**Next edit**: Tab takes it, Escape dismisses it.');
  hover.appendCodeblock(diff(old, text), 'diff');
  return {
    removed: { range: new vscode.Range(first, last), hoverMessage: hover },
    inserted: {
      range: new vscode.Range(last, last),
      hoverMessage: hover,
      renderOptions: {
        after: {
          contentText: oneLine(inserted),
          backgroundColor: new vscode.ThemeColor('diffEditor.insertedTextBackground'),
          color: new vscode.ThemeColor('editor.foreground'),
        },
      },
    },
  };
}

/** Where it is, said at the end of the cursor's line, unless it is in that line. */
function pointer(editor: vscode.TextEditor, { document, range }: NextEdit): vscode.DecorationOptions | undefined {
  const { line } = editor.selection.active;
  const here = editor.document === document;
  const inIt = here && line >= range.start.line && line <= range.end.line;
  const place = here
    ? `${range.start.line > line ? '↓' : '↑'} line ${range.start.line + 1}`
    : `${vscode.workspace.asRelativePath(document.uri)}:${range.start.line + 1}`;
  const text = inIt ? 'Tab: take the edit' : `Tab: next edit, ${place}`;
  const end = editor.document.lineAt(line).range.end;
  return {
    range: new vscode.Range(end, end),
    renderOptions: {
      after: {
        contentText: text,
        margin: '0 0 0 2em',
        color: new vscode.ThemeColor('editorCodeLens.foreground'),
        fontStyle: 'italic',
      },
    },
  };
}

function diff(old: string, young: string): string {
  const marked = (sign: string, text: string): string[] =>
    text === '' ? [] : text.split(/\r?\n/).map((line) => `${sign} ${line}`);
  return [...marked('-', old), ...marked('+', young)].join('\n');
}
