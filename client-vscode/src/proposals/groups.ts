// Parts of an edit that the server wants confirmed: which there are, and the edit without some. Knows nothing of VS Code.
import type { WireChange, WireEdit } from './plan';

export interface Group {
  readonly id: string;
  readonly label: string;
  readonly description: string;
  /** How many places it changes. */
  readonly places: number;
  /** Whether the server leaves it to the user; the others are meant to be taken. */
  readonly optional: boolean;
}

/** The annotated parts of an edit; none where nothing of it needs a word of the user. */
export function groups(edit: WireEdit): Group[] {
  const counts = new Map<string, number>();
  for (const id of (edit.documentChanges ?? []).flatMap(annotations)) {
    counts.set(id, (counts.get(id) ?? 0) + 1);
  }
  const found = Object.entries(edit.changeAnnotations ?? {})
    .filter(([id]) => counts.has(id))
    .map(([id, { label, description, needsConfirmation }]) => ({
      id,
      label,
      description: description ?? '',
      places: counts.get(id) ?? 0,
      optional: needsConfirmation ?? false,
    }));
  return found.some(({ optional }) => optional) ? found : [];
}

/** The edit without some of its parts. */
export function without(edit: WireEdit, dropped: ReadonlySet<string>): WireEdit {
  const keeps = (id: string | undefined): boolean => id === undefined || !dropped.has(id);
  const documentChanges = (edit.documentChanges ?? []).flatMap((change): WireChange[] => {
    if (change.kind !== undefined) {
      return keeps(change.annotationId) ? [change] : [];
    }
    const edits = change.edits.filter(({ annotationId }) => keeps(annotationId));
    return edits.length === 0 ? [] : [{ ...change, edits }];
  });
  return { ...edit, documentChanges };
}

function annotations(change: WireChange): string[] {
  const ids = change.kind === undefined ? change.edits.map((edit) => edit.annotationId) : [change.annotationId];
  return ids.filter((id) => id !== undefined);
}
