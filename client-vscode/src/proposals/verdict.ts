// What was checked of an edit, told by the server just before the edit comes. Knows nothing of VS Code.
import type { WireEdit } from './plan';

export interface Verdict {
  readonly model: string;
  readonly uris: readonly string[];
  readonly passed: readonly string[];
  readonly skipped: readonly { readonly name: string; readonly why: string }[];
}

/** A line of the list of checks. */
export interface Check {
  readonly name: string;
  /** Why it was not made; undefined for one that was passed. */
  readonly why: string | undefined;
}

/** The verdicts whose edits have not come yet. */
export class Verdicts {
  private readonly heard: Verdict[] = [];

  hear(verdict: Verdict): void {
    this.heard.push(verdict);
    if (this.heard.length > KEPT) {
      this.heard.shift();
    }
  }

  /** The newest verdict on an edit of just these files; it is given once, and older ones on them are forgotten. */
  take(edit: WireEdit): Verdict | undefined {
    const key = [...texts(edit)].sort().join(' ');
    let found: Verdict | undefined;
    for (let at = this.heard.length - 1; at >= 0; at--) {
      if ([...(this.heard[at]?.uris ?? [])].sort().join(' ') === key) {
        found ??= this.heard[at];
        this.heard.splice(at, 1);
      }
    }
    return found;
  }
}

/** Edits that were asked for and never came are forgotten after so many others. */
const KEPT = 20;

/** One line for a person. */
export function inBrief({ passed, skipped }: Verdict): string {
  const made = passed.length === 1 ? '1 check passed' : `${passed.length} checks passed`;
  return skipped.length === 0 ? made : `${made}, ${skipped.length} not made`;
}

/** All of them, those that were not made first: they are what a person has to look at. */
export function inFull({ passed, skipped }: Verdict): Check[] {
  return [...skipped, ...passed.map((name) => ({ name, why: undefined }))];
}

/** The files of which an edit changes the text. */
function texts(edit: WireEdit): Set<string> {
  const changes = (edit.documentChanges ?? []).flatMap((change) =>
    change.kind === undefined ? [change.textDocument.uri] : [],
  );
  return new Set([...changes, ...Object.keys(edit.changes ?? {})]);
}
