// How the next edit is drawn: what it takes out and what it puts in, in one line. Knows nothing of VS Code.

export interface Preview {
  /** Offsets in the old text: what goes away. */
  readonly from: number;
  readonly to: number;
  readonly inserted: string;
}

const MAX_SHOWN = 100;

const WORD = /[\p{L}\p{N}_]/u;

/** The smallest replacement that makes the new text of the old one, of whole words where one is replaced by another. */
export function preview(old: string, young: string): Preview {
  const shorter = Math.min(old.length, young.length);
  let from = 0;
  while (from < shorter && old[from] === young[from]) {
    from++;
  }
  let tail = 0;
  while (tail < shorter - from && old[old.length - 1 - tail] === young[young.length - 1 - tail]) {
    tail++;
  }
  if (from < old.length - tail && from < young.length - tail) {
    const word = (text: string, index: number): boolean => WORD.test(text[index] ?? '');
    while (word(old, from - 1) && (word(old, from) || word(young, from))) {
      from--;
    }
    while (word(old, old.length - tail) && (word(old, old.length - tail - 1) || word(young, young.length - tail - 1))) {
      tail--;
    }
  }
  return { from, to: old.length - tail, inserted: young.slice(from, young.length - tail) };
}

/** A text as one line that a decoration can show: it would swallow leading spaces, and has no second line. */
export function oneLine(text: string): string {
  const line = text.replaceAll(/\r?\n[ \t]*/g, ' ⏎ ').replaceAll('\t', ' ');
  const cut = line.length > MAX_SHOWN ? `${line.slice(0, MAX_SHOWN - 1)}…` : line;
  return cut.replaceAll(' ', '\u00a0');
}
