// What `tierwise queue list` prints, line by line. Knows nothing of VS Code.

export interface Waiting {
  readonly number: number;
  readonly since: string;
  readonly task: string;
  /** Where, how often it was tried, and the last reason: as the list words it. */
  readonly rest: string;
}

/** The items of the list; lines that are none (its head, "Nothing waits…") are passed over. */
export function waiting(printed: string): Waiting[] {
  const items: Waiting[] = [];
  for (const line of printed.split(/\r?\n/)) {
    const found = /^\s*(\d+)\s+(\d{4}-\d\d-\d\d \d\d:\d\d)\s+(\S+)\s+(.*?)\s*$/.exec(line);
    if (found !== null) {
      const [, number = '', since = '', task = '', rest = ''] = found;
      items.push({ number: Number(number), since, task, rest: rest.replaceAll(/\s{2,}/g, ' · ') });
    }
  }
  return items;
}
