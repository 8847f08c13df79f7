// Rename without getting in anybody's way.
//
// The provider is registered for everything and for nothing in particular, which VS Code ranks below every provider that
// names a language: a language's own extension is always asked first and its answer is final. Ours is only reached where
// there is none, or where that one has refused; in the second case it keeps out as well.
import * as vscode from 'vscode';
import type { Range, WorkspaceEdit } from 'vscode-languageclient/node';
import type { WireEdit } from './proposals/plan';
import type { ServerOwner } from './server/owner';
import { setting } from './settings';

const ANYWHERE: vscode.DocumentSelector = { language: '*' };

const LONGEST_MS = 30_000;

/** `tierwise/editorRename`. */
export interface EditorRename {
  readonly textDocument: { readonly uri: string };
  readonly position: { readonly line: number; readonly character: number };
  readonly newName: string;
  /** Milliseconds after which an answer is of no use any more. */
  readonly timeoutMs?: number;
}

/** Where and in which version of a document a rename was begun with us. */
interface Begun {
  readonly document: vscode.TextDocument;
  readonly version: number;
}

export class RenameManners implements vscode.RenameProvider, vscode.Disposable {
  private readonly registration: vscode.Disposable;
  private begun: Begun | undefined;
  private asking = false;
  private providing = false;

  /** Whether the server asked for the rename of the language's own extension since this was last set. */
  asked = false;

  constructor(private readonly owner: ServerOwner) {
    this.registration = vscode.languages.registerRenameProvider(ANYWHERE, this);
  }

  async prepareRename(
    document: vscode.TextDocument,
    position: vscode.Position,
    token: vscode.CancellationToken,
  ): Promise<{ range: vscode.Range; placeholder: string } | undefined> {
    this.begun = undefined;
    const client = this.owner.running;
    if (this.asking || client === undefined || !this.serves(document)) {
      return undefined;
    }
    if (await this.anotherRefuses(document, position)) {
      return undefined;
    }
    const found = await client.sendRequest<{ range: Range; placeholder: string } | null>(
      'textDocument/prepareRename',
      client.code2ProtocolConverter.asTextDocumentPositionParams(document, position),
      token,
    );
    if (found === null) {
      return undefined;
    }
    this.begun = { document, version: document.version };
    return { range: client.protocol2CodeConverter.asRange(found.range), placeholder: found.placeholder };
  }

  async provideRenameEdits(
    document: vscode.TextDocument,
    position: vscode.Position,
    newName: string,
    token: vscode.CancellationToken,
  ): Promise<vscode.WorkspaceEdit | undefined> {
    const { begun } = this;
    const client = this.owner.running;
    // VS Code also comes here when another provider, with whom the rename was begun, has refused the new name.
    if (client === undefined || begun?.document !== document || begun.version !== document.version) {
      return undefined;
    }
    const params = { ...client.code2ProtocolConverter.asTextDocumentPositionParams(document, position), newName };
    this.providing = true;
    try {
      const edit = await client.sendRequest<WorkspaceEdit | null>('textDocument/rename', params, token);
      return edit === null || token.isCancellationRequested
        ? undefined
        : await client.protocol2CodeConverter.asWorkspaceEdit(edit, token);
    } finally {
      this.providing = false;
    }
  }

  /** The server asks what the language's own extension would rename (`tierwise/editorRename`); null: nothing. */
  async answer({ textDocument, position, newName, timeoutMs }: EditorRename): Promise<WireEdit | null> {
    this.asked = true;
    if (this.providing) {
      return null; // VS Code came to us since there is no other, or since that one refused
    }
    const document = await vscode.workspace.openTextDocument(vscode.Uri.parse(textDocument.uri));
    const found = this.others(document, new vscode.Position(position.line, position.character), newName);
    const late = new Promise<undefined>((resolve) => {
      setTimeout(resolve, Math.min(timeoutMs ?? LONGEST_MS, LONGEST_MS));
    });
    return (await Promise.race([found.catch(() => undefined), late])) ?? null;
  }

  /**
   * What the language's own extension would change; undefined where none renames. Throws what it refuses with.
   */
  async others(
    document: vscode.TextDocument,
    position: vscode.Position,
    newName: string,
  ): Promise<WireEdit | undefined> {
    this.asking = true;
    this.begun = undefined;
    try {
      const edit = await vscode.commands.executeCommand<vscode.WorkspaceEdit | undefined>(
        'vscode.executeDocumentRenameProvider',
        document.uri,
        position,
        newName,
      );
      return edit === undefined || edit.size === 0 ? undefined : wire(edit);
    } finally {
      this.asking = false;
    }
  }

  dispose(): void {
    this.registration.dispose();
  }

  private serves(document: vscode.TextDocument): boolean {
    const wanted = setting<'whereNoneExists' | 'never'>('rename.provider', 'whereNoneExists', document);
    return wanted !== 'never' && (document.uri.scheme === 'file' || document.uri.scheme === 'untitled');
  }

  /** Whether a provider other than ours says that nothing can be renamed here. */
  private async anotherRefuses(document: vscode.TextDocument, position: vscode.Position): Promise<boolean> {
    this.asking = true;
    try {
      await vscode.commands.executeCommand('vscode.prepareRename', document.uri, position);
      return false;
    } catch {
      return true;
    } finally {
      this.asking = false;
    }
  }
}

/** An edit of VS Code's as the protocol has it; files that it would move are left out, as VS Code does not tell them. */
function wire(edit: vscode.WorkspaceEdit): WireEdit {
  const point = ({ line, character }: vscode.Position): { line: number; character: number } => ({ line, character });
  return {
    documentChanges: edit.entries().map(([uri, edits]) => ({
      textDocument: { uri: uri.toString(), version: null },
      edits: edits.map(({ range, newText }) => ({
        range: { start: point(range.start), end: point(range.end) },
        newText,
      })),
    })),
  };
}
