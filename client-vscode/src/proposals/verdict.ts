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
  private heard: { readonly verdict: Verdict; readonly at: number }[] = [];

  /** `now` in milliseconds. */
  constructor(private readonly now: () => number = Date.now) {}

  hear(verdict: Verdict): void {
    this.heard.push({ verdict, at: this.now() });
  }

  /** The newest verdict on an edit of just these files. It is given once; older ones are forgotten. */
  take(edit: WireEdit): Verdict | undefined {
    this.heard = this.heard.filter(({ at }) => this.now() - at < EDIT_FOLLOWS_MS);
    const key = [...texts(edit)].sort().join(' ');
    const ofThese = this.heard.filter(({ verdict }) => [...verdict.uris].sort().join(' ') === key);
    this.heard = this.heard.filter((each) => !ofThese.includes(each));
    return ofThese.at(-1)?.verdict;
  }
}

/** The edit comes right behind its verdict. One that never came must not lend its verdict to another edit later on. */
const EDIT_FOLLOWS_MS = 10_000;

/** One line for a person. */
export function inBrief({ passed, skipped }: Verdict): string {
  const made = passed.length === 1 ? '1 check passed' : `${passed.length} checks passed`;
  return skipped.length === 0 ? made : `${made}, ${skipped.length} not made`;
}

/** The name of its icon among VS Code's own. */
export function iconOf({ skipped }: Verdict): string {
  return skipped.length === 0 ? 'verified' : 'unverified';
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
