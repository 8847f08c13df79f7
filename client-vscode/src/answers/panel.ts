// Answers as a page beside the editor: Markdown that grows while it is written, to copy, insert, and ask on from.
import { randomBytes } from 'node:crypto';
import * as vscode from 'vscode';
import { Conversation, withHistory, type Delta, type Subject, type Turn } from './conversation';
import type { Rendered, render as Render } from './markdown';

/** Ask the server. Resolves to the whole answer and who gave it. */
export type Ask = (
  subject: Subject,
  question: string,
  token: vscode.CancellationToken,
) => Promise<{ readonly text: string; readonly tier: string | null; readonly model: string }>;

type FromPage =
  | { readonly type: 'ready' | 'stop' | 'clear' }
  | { readonly type: 'ask'; readonly text: string }
  | { readonly type: 'copy' | 'open'; readonly turn: number }
  | { readonly type: 'copyCode' | 'insertCode'; readonly turn: number; readonly block: number };

/** More often than this nobody can read. */
const REFRESH_MS = 60;

export class AnswerPanel implements vscode.Disposable {
  private readonly conversation = new Conversation();
  private panel: vscode.WebviewPanel | undefined;
  private cancellation: vscode.CancellationTokenSource | undefined;
  private finished: Promise<void> = Promise.resolve();
  private refresh: NodeJS.Timeout | undefined;

  constructor(
    private readonly extension: vscode.Uri,
    private readonly icon: vscode.WebviewPanel['iconPath'],
    private readonly ask: Ask,
  ) {}

  /** Ask about a piece of code and show the answer. A question that is still being answered is stopped. */
  async begin(subject: Subject, question: string): Promise<void> {
    render ??= (await import('./markdown')).render; // large, and only needed now
    this.reveal();
    await this.answer(subject, question, question);
  }

  /** A piece of the answer. */
  hear(delta: Delta): void {
    if (this.conversation.hear(delta)) {
      this.changed();
    }
  }

  /** A step of the server's progress; true when it belongs to the answer, which shows it. No title: a later step. */
  takesProgress(title: string | undefined, message: string | undefined): boolean {
    const turn = this.conversation.running;
    if (turn === undefined || !(title === undefined || title === 'Explaining' || title === 'Reviewing')) {
      return false;
    }
    if (message !== undefined) {
      turn.note = message;
      this.changed();
    }
    return true;
  }

  dispose(): void {
    this.cancellation?.cancel();
    clearTimeout(this.refresh);
    this.panel?.dispose();
  }

  private async answer(subject: Subject, question: string, sent: string): Promise<void> {
    this.cancellation?.cancel();
    await this.finished; // its last pieces have arrived when its request has ended
    const turn = this.conversation.begin(subject, question);
    const cancellation = (this.cancellation = new vscode.CancellationTokenSource());
    this.changed();
    this.finished = this.follow(turn, this.ask(subject, sent, cancellation.token), cancellation.token);
    await this.finished;
    cancellation.dispose();
  }

  private async follow(turn: Turn, answer: ReturnType<Ask>, token: vscode.CancellationToken): Promise<void> {
    try {
      const { text, tier, model } = await answer;
      turn.text = text;
      turn.note = tier === null ? 'without a model' : `${model} (${tier})`;
      turn.state = 'done';
    } catch (error) {
      turn.state = token.isCancellationRequested ? 'stopped' : 'failed';
      turn.note = token.isCancellationRequested ? 'Stopped.' : error instanceof Error ? error.message : String(error);
    }
    this.changed();
  }

  private reveal(): void {
    if (this.panel !== undefined) {
      this.panel.reveal(undefined, true);
      return;
    }
    const media = vscode.Uri.joinPath(this.extension, 'media');
    const column = { viewColumn: vscode.ViewColumn.Beside, preserveFocus: true };
    const panel = vscode.window.createWebviewPanel('tierwise.answer', 'Tierwise', column, {
      enableScripts: true,
      enableFindWidget: true,
      localResourceRoots: [media],
    });
    panel.iconPath = this.icon;
    panel.webview.onDidReceiveMessage((message: FromPage) => void this.receive(message));
    panel.onDidDispose(() => {
      this.cancellation?.cancel();
      this.panel = undefined;
      this.conversation.clear();
    });
    panel.webview.html = page(panel.webview, media);
    this.panel = panel;
  }

  private async receive(message: FromPage): Promise<void> {
    const turn = 'turn' in message ? this.conversation.turns[message.turn] : this.conversation.turns.at(-1);
    switch (message.type) {
      case 'ready':
        this.send();
        break;
      case 'stop':
        this.cancellation?.cancel();
        break;
      case 'clear':
        this.cancellation?.cancel();
        await this.finished;
        this.conversation.clear();
        this.send();
        break;
      case 'ask':
        if (turn !== undefined && message.text.trim() !== '') {
          const { turns } = this.conversation;
          await this.answer(turn.subject, message.text, withHistory(turns, message.text));
        }
        break;
      case 'copy':
        await vscode.env.clipboard.writeText(turn?.text ?? '');
        break;
      case 'open':
        await (turn && open(turn.subject));
        break;
      case 'copyCode':
        await vscode.env.clipboard.writeText(block(turn, message.block));
        break;
      case 'insertCode':
        await (turn && insert(turn.subject, block(turn, message.block)));
        break;
    }
  }

  private changed(): void {
    this.refresh ??= setTimeout(() => {
      this.refresh = undefined;
      this.send();
    }, REFRESH_MS);
  }

  private send(): void {
    void this.panel?.webview.postMessage(this.conversation.turns.map(shown));
  }
}

let render: typeof Render | undefined;

// Rendering is remembered per turn: only the growing answer is rendered again.
const remembered = new WeakMap<Turn, { text: string; rendered: Rendered }>();

function rendered(turn: Turn): Rendered {
  const known = remembered.get(turn);
  if (known?.text === turn.text) {
    return known.rendered;
  }
  const made = render?.(turn.text) ?? { html: '', blocks: [] };
  remembered.set(turn, { text: turn.text, rendered: made });
  return made;
}

function shown(turn: Turn): object {
  const { uri, range, task } = turn.subject;
  const place = `${vscode.workspace.asRelativePath(vscode.Uri.parse(uri))}:${range.start.line + 1}`;
  const question = turn.question || (task === 'review' ? 'Review' : 'Explain');
  return { question, place, html: rendered(turn).html, state: turn.state, note: turn.note };
}

function block(turn: Turn | undefined, number: number): string {
  return (turn && rendered(turn).blocks[number]) ?? '';
}

async function open({ uri, range }: Subject): Promise<vscode.TextEditor> {
  const editor = vscode.window.visibleTextEditors.find(({ document }) => document.uri.toString() === uri);
  const selection = new vscode.Range(range.start.line, range.start.character, range.end.line, range.end.character);
  const viewColumn = editor?.viewColumn ?? vscode.ViewColumn.One;
  return vscode.window.showTextDocument(vscode.Uri.parse(uri), { selection, viewColumn });
}

/** Put code where the cursor is in the file that was asked about; nothing is replaced. */
async function insert(subject: Subject, code: string): Promise<void> {
  const shown = vscode.window.visibleTextEditors.find(({ document }) => document.uri.toString() === subject.uri);
  const editor = shown ?? (await open(subject));
  await editor.edit((edit) => edit.insert(editor.selection.active, code.replace(/\n$/, '')));
  await vscode.window.showTextDocument(editor.document, editor.viewColumn);
}

function page(webview: vscode.Webview, media: vscode.Uri): string {
  const nonce = randomBytes(16).toString('base64');
  const file = (name: string): string => webview.asWebviewUri(vscode.Uri.joinPath(media, name)).toString();
  const policy = `default-src 'none'; style-src ${webview.cspSource}; script-src 'nonce-${nonce}'`;
  return `<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${policy}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<link rel="stylesheet" href="${file('answer.css')}">
<title>Tierwise</title>
</head>
<body>
<main id="turns" role="log" aria-live="polite"></main>
<form id="follow">
<textarea id="question" rows="1" placeholder="Ask a follow-up question" aria-label="Follow-up question"></textarea>
<button type="submit" class="primary">Ask</button>
</form>
<script nonce="${nonce}" src="${file('answer.js')}"></script>
</body>
</html>`;
}
