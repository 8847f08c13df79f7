// What the status bar says, from what the server reports. Knows nothing of VS Code.

/** `tierwise/usage`: one finished request. */
export interface Usage {
  readonly task: string;
  readonly tier: string | null;
  readonly model: string;
  readonly first_token_ms: number | null;
  readonly cost_usd: number;
  readonly cached_fraction: number;
  readonly session_cost_usd: number;
  readonly outcome?: string;
  readonly reason?: string;
  readonly input_tokens?: number;
  readonly output_tokens?: number;
  readonly total_ms?: number;
  readonly escalations?: number;
}

/** What a person should know of, in a few words, and what it means. */
export interface Trouble {
  readonly short: string;
  readonly sentence: string;
}

export type ServerState = 'starting' | 'running' | 'stopped' | 'failed';

export interface Picture {
  readonly server: ServerState;
  /** Why the server is not there, when it is not. */
  readonly problem: string;
  /** Ghost text sleeps: "paused", or "until 14:30". */
  readonly asleep: string | undefined;
  /** The last request that a tier answered; completions and edits alike. */
  readonly last: Usage | undefined;
  readonly sessionCost: number;
  readonly troubles: readonly Trouble[];
}

export interface BarText {
  readonly text: string;
  readonly look: 'plain' | 'warning' | 'error';
}

/** The text of the status bar item; icons in VS Code's notation. */
export function barText(picture: Picture): BarText {
  if (picture.server === 'failed') {
    return { text: '$(error) Tierwise', look: 'error' };
  }
  if (picture.server !== 'running') {
    return {
      text: picture.server === 'starting' ? '$(loading~spin) Tierwise' : '$(circle-slash) Tierwise',
      look: 'plain',
    };
  }
  const trouble = picture.troubles[0];
  const words = [trouble?.short ?? tierOf(picture.last), cost(picture), cached(picture.last)].filter(
    (word) => word !== '',
  );
  const icon = trouble ? '$(warning)' : picture.asleep === undefined ? '$(layers)' : '$(debug-pause)';
  return { text: `${icon} ${words.join(' · ')}`, look: trouble ? 'warning' : 'plain' };
}

/** The hover: Markdown. */
export function barDetails(picture: Picture): string {
  if (picture.server !== 'running') {
    return picture.problem === '' ? `The Tierwise server is ${picture.server}.` : picture.problem;
  }
  const lines = picture.troubles.map((trouble) => `$(warning) ${trouble.sentence}`);
  if (picture.asleep !== undefined) {
    lines.push(`$(debug-pause) Ghost text is ${picture.asleep}.`);
  }
  if (picture.last !== undefined) {
    lines.push(lastRequest(picture.last));
  }
  lines.push(`This session: **${dollars(picture.sessionCost)}**`);
  return lines.join('\n\n');
}

/** US dollars with as many decimals as the amount needs to be told from nothing. */
export function dollars(amount: number): string {
  if (amount === 0) {
    return '$0';
  }
  if (Math.abs(amount) < 0.000_05) {
    return '< $0.0001';
  }
  return `$${amount.toFixed(Math.abs(amount) < 1 ? 4 : 2)}`;
}

/** Milliseconds below a second, seconds above. */
export function duration(milliseconds: number): string {
  return milliseconds < 999.5 ? `${milliseconds.toFixed(0)} ms` : `${(milliseconds / 1000).toFixed(1)} s`;
}

/** Whether a request is one that the bar should show: a rename by rules, or one that reached nobody, has no tier. */
export function worthShowing(usage: Usage): boolean {
  const answered = usage.outcome === undefined || usage.outcome === 'answered';
  return usage.cost_usd > 0 || (answered && (usage.tier !== null || isEmbedded(usage)));
}

function isEmbedded({ model }: Usage): boolean {
  return model === 'embedded' || model.startsWith('embedded/');
}

function tierOf(last: Usage | undefined): string {
  if (last === undefined) {
    return 'Tierwise';
  }
  return isEmbedded(last) ? 'embedded' : (last.tier ?? 'Tierwise');
}

function cost(picture: Picture): string {
  return picture.sessionCost > 0 ? dollars(picture.sessionCost) : '';
}

function cached(last: Usage | undefined): string {
  return last !== undefined && last.cached_fraction > 0 ? `${(last.cached_fraction * 100).toFixed(0)} % cached` : '';
}

function lastRequest(last: Usage): string {
  const rows: [string, string][] = last.model === '' ? [] : [['model', `\`${last.model}\``]];
  if (last.tier !== null) {
    rows.push(['tier', last.tier]);
  }
  if (last.first_token_ms !== null) {
    rows.push(['first token', duration(last.first_token_ms)]);
  }
  if (last.total_ms !== undefined) {
    rows.push(['whole answer', duration(last.total_ms)]);
  }
  if (last.input_tokens !== undefined && last.input_tokens > 0) {
    const share = (last.cached_fraction * 100).toFixed(0);
    rows.push(['tokens', `${last.input_tokens} in (${share} % cached), ${last.output_tokens ?? 0} out`]);
  }
  rows.push(['cost', dollars(last.cost_usd)]);
  if (last.escalations) {
    rows.push(['escalations', String(last.escalations)]);
  }
  const table = rows.map(([name, value]) => `| ${name} | ${value} |`).join('\n');
  return `**Last request:** ${last.task}\n\n| | |\n|---|---|\n${table}`;
}
