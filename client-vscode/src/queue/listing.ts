// What waits in the queue, as the server's command tells it, or as `tierwise queue list` prints it where the server has
// no such command. Knows nothing of VS Code.

export interface Waiting {
  readonly number: number;
  readonly since: string;
  readonly task: string;
  /** Where, how often it was tried, and the last reason. */
  readonly rest: string;
  /** What was asked for, in the user's words. */
  readonly instruction?: string;
}

interface WireItem {
  readonly number: number;
  readonly at: string;
  readonly task: string;
  readonly uri: string;
  readonly range?: { readonly start: { readonly line: number } } | null;
  readonly instruction?: string;
  readonly attempts?: readonly WireAttempt[];
}

interface WireAttempt {
  readonly tier: string;
  readonly model: string;
  readonly reason: string;
  /** The reason for a person. */
  readonly words?: string;
  readonly evidence?: string;
}

/** The items that `tierwise.queue` lists; `name` says what a file is called here. */
export function listed(answer: unknown, name: (uri: string) => string): Waiting[] {
  const { items } = answer as { items: readonly WireItem[] };
  return items.map((item) => {
    const attempts = item.attempts ?? [];
    const tried = attempts.length === 1 ? 'tried once' : `tried ${attempts.length} times`;
    const rest = [place(item, name), tried, meant(attempts.at(-1))].filter((word) => word !== '');
    return {
      number: item.number,
      since: moment(item.at),
      task: item.task,
      rest: rest.join(' · '),
      ...(item.instruction && { instruction: item.instruction }),
    };
  });
}

/** One item with all that was tried, as Markdown. What models said stands in code blocks: it is a stranger's text. */
export function told(answer: unknown, name: (uri: string) => string): string {
  const item = answer as WireItem;
  const lines = [
    `# ${item.task} in ${place(item, name)}`,
    `Number ${item.number}, waiting since ${moment(item.at)}.`,
    ...(item.instruction ? ['**Asked for:**', fenced(item.instruction)] : []),
  ];
  (item.attempts ?? []).forEach((attempt, index) => {
    const { tier, model, evidence } = attempt;
    lines.push(`## ${index + 1}. ${tier}: ${model}`, `Rejected: **${meant(attempt)}**`);
    if (evidence) {
      lines.push(fenced(evidence));
    }
  });
  return `${lines.join('\n\n')}\n`;
}

/** The items of the printed list; lines that are none (its head, "Nothing waits…") are passed over. */
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

function meant(attempt: WireAttempt | undefined): string {
  return attempt?.words ?? attempt?.reason ?? '';
}

function place({ uri, range }: WireItem, name: (uri: string) => string): string {
  return range == null ? name(uri) : `${name(uri)}:${range.start.line + 1}`;
}

/** An ISO time without what a person does not read: "2026-01-02 10:11". */
function moment(at: string): string {
  return at.slice(0, 16).replace('T', ' ');
}

function fenced(text: string): string {
  const longest = Math.max(2, ...[...text.matchAll(/`+/g)].map(([run]) => run.length));
  const fence = '`'.repeat(longest + 1);
  return `${fence}\n${text}\n${fence}`;
}
