// Where the cursor is in a settings file that may be half written. Knows nothing of VS Code.

export interface Place {
  readonly kind: 'header' | 'key' | 'value';
  /** The table that the cursor is in or, in a value, what the value is for. */
  readonly path: readonly string[];
  /** What is written already of the word at the cursor, and within quotes or not. */
  readonly word: string;
  readonly quoted: boolean;
}

const KEY = String.raw`(?:[A-Za-z0-9_-]+|"[^"]*"|'[^']*')`;
const KEYS = String.raw`${KEY}(?:\s*\.\s*${KEY})*`;
const HEADER = new RegExp(String.raw`^\s*\[\[?\s*(${KEYS})\s*\]`);

/** The place at the end of a text; undefined in a comment, or where nothing can be offered. */
export function place(before: string): Place | undefined {
  const lines = before.split(/\r?\n/);
  const line = lines.pop() ?? '';
  const header = /^\s*\[\[?\s*(.*)$/.exec(line);
  if (header !== null && !line.includes(']')) {
    const [path, word] = splitLast(header[1] ?? '');
    return { kind: 'header', path, word, quoted: false };
  }
  const table = lines.map((each) => HEADER.exec(each)?.[1]).findLast((found) => found !== undefined);
  const above = table === undefined ? [] : keys(table);
  const assigned = new RegExp(String.raw`^\s*(${KEYS})\s*=\s*(.*)$`).exec(line);
  if (assigned === null) {
    const [inner, word] = splitLast(line.trim());
    return /[#\]]/.test(line) ? undefined : { kind: 'key', path: [...above, ...inner], word, quoted: false };
  }
  const written = assigned[2] ?? '';
  if (written.replaceAll(/"[^"]*"?/g, '').includes('#')) {
    return undefined;
  }
  const open = /(?:^|[[,{=\s])(["']?)([\w./:-]*)$/.exec(written);
  return open === null
    ? undefined
    : { kind: 'value', path: [...above, ...keys(assigned[1] ?? '')], word: open[2] ?? '', quoted: open[1] !== '' };
}

/** Dotted keys, and the last one that may be unfinished. */
function splitLast(text: string): [string[], string] {
  const found = new RegExp(String.raw`^((?:${KEY}\s*\.\s*)*)([A-Za-z0-9_-]*)$`).exec(text);
  return found === null ? [[], ''] : [keys(found[1] ?? ''), found[2] ?? ''];
}

function keys(dotted: string): string[] {
  return [...dotted.matchAll(new RegExp(KEY, 'g'))].map(([key]) => key.replace(/^["']|["']$/g, ''));
}
