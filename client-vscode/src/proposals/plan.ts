// A workspace edit of the server, as files before and after. Knows nothing of VS Code.
//
// The types are those of LSP, written out as far as they are used: no other room depends on how an edit looks on the wire.

export interface Position {
  readonly line: number;
  readonly character: number;
}

export interface Edit {
  readonly range: { readonly start: Position; readonly end: Position };
  readonly newText: string;
  readonly annotationId?: string;
}

export interface WireEdit {
  readonly changes?: Readonly<Record<string, readonly Edit[]>>;
  readonly documentChanges?: readonly WireChange[];
  readonly changeAnnotations?: Readonly<Record<string, Annotation>>;
}

/** A part of an edit that the user may want or not. */
export interface Annotation {
  readonly label: string;
  readonly needsConfirmation?: boolean;
  readonly description?: string;
}

export type WireChange =
  | { readonly kind: 'create'; readonly uri: string; readonly annotationId?: string }
  | { readonly kind: 'rename'; readonly oldUri: string; readonly newUri: string; readonly annotationId?: string }
  | { readonly kind: 'delete'; readonly uri: string; readonly annotationId?: string }
  | {
      readonly kind?: undefined;
      readonly textDocument: { readonly uri: string; readonly version?: number | null };
      readonly edits: readonly Edit[];
    };

/** What becomes of one file. */
export interface FilePlan {
  /** Where the file is now; undefined for one that will be made. */
  readonly source: string | undefined;
  /** Where it will be. */
  readonly target: string;
  readonly before: string;
  readonly after: string;
  /** The document's version that the edit was made for, where the server named one. */
  readonly version: number | undefined;
  /** Changes of `before`; for a new file one that fills it. */
  readonly edits: readonly Edit[];
}

interface Draft {
  source: string | undefined;
  target: string;
  before: string;
  after: string;
  version: number | undefined;
  edits: Edit[];
}

/** The files of an edit, in its order. `read` gives a file's text; deletions are refused: nothing of ours makes any. */
export async function plan(edit: WireEdit, read: (uri: string) => Promise<string>): Promise<FilePlan[]> {
  const drafts = new Map<string, Draft>(); // by where the file is after the changes so far
  for (const change of changesOf(edit)) {
    if (change.kind === 'delete') {
      throw new Error('The edit would delete a file, which Tierwise does not do.');
    } else if (change.kind === 'create') {
      drafts.set(change.uri, { ...draft(undefined, change.uri, ''), before: '' });
    } else if (change.kind === 'rename') {
      const moved = drafts.get(change.oldUri) ?? draft(change.oldUri, change.oldUri, await read(change.oldUri));
      drafts.delete(change.oldUri);
      drafts.set(change.newUri, { ...moved, target: change.newUri });
    } else {
      const { uri, version } = change.textDocument;
      const file = drafts.get(uri) ?? draft(uri, uri, await read(uri));
      if (file.edits.length > 0) {
        throw new Error(`The edit changes ${uri} twice.`); // ranges of the second would mean another text
      }
      file.version = version ?? undefined;
      file.edits = [...change.edits];
      file.after = applied(file.before, file.edits);
      drafts.set(uri, file);
    }
  }
  return [...drafts.values()].filter((file) => file.after !== file.before || file.source !== file.target);
}

/** A text with edits applied; all their positions mean the text as it was (LSP). */
export function applied(text: string, edits: readonly Edit[]): string {
  const starts = lineStarts(text);
  const offset = ({ line, character }: Position): number => {
    const start = starts[line];
    return start === undefined ? text.length : Math.min(start + character, starts[line + 1] ?? text.length);
  };
  const placed = edits.map((edit, index) => ({
    from: offset(edit.range.start),
    to: offset(edit.range.end),
    text: edit.newText,
    index,
  }));
  placed.sort((a, b) => a.from - b.from || a.to - b.to || a.index - b.index);
  let made = '';
  let end = 0;
  for (const piece of placed) {
    if (piece.from < end) {
      throw new Error('The edit changes the same text twice.');
    }
    made += text.slice(end, piece.from) + piece.text;
    end = piece.to;
  }
  return made + text.slice(end);
}

/** How many lines an edit brings and takes, for a person: "+3 −1". */
export function size(file: FilePlan): { added: number; removed: number } {
  const [old, young] = [file.before.split('\n'), file.after.split('\n')];
  let head = 0;
  while (head < old.length && head < young.length && old[head] === young[head]) {
    head++;
  }
  let tail = 0;
  while (
    tail < old.length - head &&
    tail < young.length - head &&
    old[old.length - 1 - tail] === young[young.length - 1 - tail]
  ) {
    tail++;
  }
  return { added: young.length - head - tail, removed: old.length - head - tail };
}

function changesOf(edit: WireEdit): readonly WireChange[] {
  return (
    edit.documentChanges ??
    Object.entries(edit.changes ?? {}).map(([uri, edits]) => ({ textDocument: { uri, version: null }, edits }))
  );
}

function draft(source: string | undefined, target: string, before: string): Draft {
  return { source, target, before, after: before, version: undefined, edits: [] };
}

/** Where each line starts; lines end as LSP says they do. */
function lineStarts(text: string): number[] {
  const starts = [0];
  for (const match of text.matchAll(/\r\n|\r|\n/g)) {
    starts.push(match.index + match[0].length);
  }
  return starts;
}
