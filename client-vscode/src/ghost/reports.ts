// Tells the server what became of its ghost text: shown, taken in part, passed over. Whole acceptance is told by the
// item's own command.
import * as vscode from 'vscode';
import type { ServerOwner } from '../server/owner';
import { Fate, type Event } from './fate';

/** As the protocol has it. */
interface WireItem {
  readonly insertText: string;
  readonly range: { readonly start: vscode.Position; readonly end: vscode.Position } | undefined;
  readonly command: vscode.Command;
}

/** VS Code draws ghost text in the frame after it got it, when nothing else is in its place. */
const SHOWN_MS = 50;

export class GhostReports implements vscode.Disposable {
  private readonly fate = new Fate<WireItem>();
  private readonly disposables: vscode.Disposable[];
  private document: vscode.TextDocument | undefined;
  private alarm: NodeJS.Timeout | undefined;

  constructor(private readonly owner: ServerOwner) {
    this.disposables = [
      vscode.workspace.onDidChangeTextDocument((event) => this.changed(event)),
      vscode.window.onDidChangeTextEditorSelection((event) => this.moved(event)),
    ];
  }

  /** VS Code was given these items for this place. */
  offered(
    document: vscode.TextDocument,
    position: vscode.Position,
    items: readonly vscode.InlineCompletionItem[],
  ): void {
    clearTimeout(this.alarm);
    const [item] = items;
    if (item?.command === undefined) {
      this.fate.nothing();
      return;
    }
    const text = typeof item.insertText === 'string' ? item.insertText : item.insertText.value;
    const start = item.range?.start ?? position;
    const typed = document.getText(new vscode.Range(start, position)).length;
    const wire = { insertText: text, range: item.range, command: item.command };
    this.document = document;
    this.fate.offered({ item: wire, text: text.replaceAll('\r\n', '\n'), start: document.offsetAt(start) }, typed);
    const { version } = document;
    this.alarm = setTimeout(() => {
      const editor = vscode.window.activeTextEditor;
      if (editor?.document === document && document.version === version && editor.selection.active.isEqual(position)) {
        this.tell(this.fate.shown());
      }
    }, SHOWN_MS);
  }

  /** The command of an item has run: it was taken as a whole. */
  accepted(): void {
    clearTimeout(this.alarm);
    this.fate.accepted();
  }

  dispose(): void {
    clearTimeout(this.alarm);
    vscode.Disposable.from(...this.disposables).dispose();
  }

  private changed({ document, contentChanges, reason }: vscode.TextDocumentChangeEvent): void {
    const { start } = this.fate;
    if (document !== this.document || start === undefined || contentChanges.length === 0) {
      return;
    }
    clearTimeout(this.alarm);
    const [change, ...others] = contentChanges;
    if (change === undefined || others.length > 0) {
      this.fate.nothing(); // several cursors, a formatter: nothing that says anything of the ghost text
      return;
    }
    const end = change.rangeOffset + change.text.length;
    const upTo = document.getText(new vscode.Range(document.positionAt(start), document.positionAt(end)));
    const again = reason !== undefined;
    this.tell(
      this.fate.changed({
        offset: change.rangeOffset,
        removed: change.rangeLength,
        inserted: change.text,
        upTo: end < start ? '' : upTo,
        again,
      }),
    );
  }

  private moved({ textEditor, selections }: vscode.TextEditorSelectionChangeEvent): void {
    const { document } = textEditor;
    const cursor = selections[0]?.active;
    const { start } = this.fate;
    if (document === this.document && cursor !== undefined && start !== undefined) {
      // The selection that follows a change stands where the change ended, which is where the ghost text goes on.
      const from = document.positionAt(start);
      this.tell(this.fate.moved(cursor.isBefore(from) ? undefined : document.getText(new vscode.Range(from, cursor))));
    }
  }

  private tell(events: readonly Event<WireItem>[]): void {
    const client = this.owner.running;
    for (const { kind, item, ...rest } of events) {
      if (kind === 'shown') {
        void client?.sendNotification('textDocument/didShowCompletion', { item });
      } else if (kind === 'partly') {
        const acceptedLength = 'length' in rest ? rest.length : 0;
        void client?.sendNotification('textDocument/didPartiallyAcceptCompletion', { item, acceptedLength });
      } else {
        void client?.sendNotification('tierwise/rejected', {
          id: (item.command.arguments as unknown[] | undefined)?.[0],
        });
      }
    }
  }
}
