// Two renames of one thing in one edit: what the language's own extension changes, and what Tierwise adds to it. Knows
// nothing of VS Code.
import type { Edit, Position, WireChange, WireEdit } from './plan';

/**
 * Both edits as one. Where they touch, the first one's word counts: it comes from the language's own tools. Ranges of
 * both mean the files as they are.
 */
export function merged(first: WireEdit, second: WireEdit): WireEdit {
  const edits = new Map<string, { version: number | null; edits: Edit[] }>();
  const [made, moved]: [WireChange[], WireChange[]] = [[], []];
  for (const edit of [first, second]) {
    const origins = new Map<string, string>(); // where a file was before this edit moved it
    for (const change of changesOf(edit)) {
      if (change.kind === 'rename') {
        origins.set(change.newUri, origins.get(change.oldUri) ?? change.oldUri);
        moved.push(change);
      } else if (change.kind !== undefined) {
        made.push(change);
      } else {
        const uri = origins.get(change.textDocument.uri) ?? change.textDocument.uri;
        const known = edits.get(uri) ?? { version: null, edits: [] };
        const added = change.edits.filter((each) => !known.edits.some((other) => touch(each, other)));
        edits.set(uri, {
          version: change.textDocument.version ?? known.version,
          edits: [...known.edits, ...added],
        });
      }
    }
  }
  const texts = [...edits].map(([uri, { version, edits: list }]) => ({ textDocument: { uri, version }, edits: list }));
  return {
    documentChanges: [...made, ...texts, ...moved],
    changeAnnotations: { ...first.changeAnnotations, ...second.changeAnnotations },
  };
}

function changesOf(edit: WireEdit): readonly WireChange[] {
  return (
    edit.documentChanges ??
    Object.entries(edit.changes ?? {}).map(([uri, edits]) => ({ textDocument: { uri, version: null }, edits }))
  );
}

/** Whether two edits share text, or a place where both insert. */
function touch(a: Edit, b: Edit): boolean {
  const [first, second] = before(b.range.start, a.range.start) ? [b, a] : [a, b];
  const same = !before(first.range.start, second.range.start);
  return same || before(second.range.start, first.range.end);
}

function before(a: Position, b: Position): boolean {
  return a.line < b.line || (a.line === b.line && a.character < b.character);
}
