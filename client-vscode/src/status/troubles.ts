// What of the server's status a person should know of without asking. Knows nothing of VS Code.
import type { Trouble, Usage } from './usage';
import { dollars } from './usage';

/** `tierwise.status`, as far as it is read here. */
export interface Status {
  readonly profile?: string;
  readonly tiers?: Readonly<Record<string, { readonly chain?: readonly string[] }>>;
  readonly budgets?: { readonly session_usd?: number | null; readonly day_usd?: number | null };
  readonly cost?: { readonly session_usd?: number; readonly day_usd?: number };
  readonly breakers?: readonly { readonly model: string; readonly reason: string; readonly seconds: number }[];
  readonly problems?: readonly string[];
}

const NEARLY = 0.9;

/** Budgets first: they stop everything; then models that rest; then settings that are not as they were meant. */
export function troubles(status: Status): Trouble[] {
  return [...budgets(status), ...breakers(status), ...(status.problems ?? []).map(problem)];
}

/** Whether a finished request is a reason to look at the status again. */
export function suspicious(usage: Usage): boolean {
  return usage.outcome === 'failed' || usage.outcome === 'declined' || usage.cost_usd > 0;
}

function* budgets({ budgets: limits, cost }: Status): Generator<Trouble> {
  const kinds = [
    ['session', limits?.session_usd, cost?.session_usd],
    ['day', limits?.day_usd, cost?.day_usd],
  ] as const;
  for (const [name, limit, spent] of kinds) {
    if (limit == null || spent === undefined || spent < limit * NEARLY) {
      continue;
    }
    const sums = `${dollars(spent)} of ${dollars(limit)}`;
    yield spent >= limit
      ? {
          short: 'budget reached',
          sentence: `The budget of this ${name} is used up (${sums}): completion goes on without a model, the rest is declined.`,
        }
      : { short: 'budget nearly reached', sentence: `Most of the budget of this ${name} is used (${sums}).` };
  }
}

function* breakers({ breakers: open }: Status): Generator<Trouble> {
  for (const { model, reason, seconds } of open ?? []) {
    const name = model.slice(model.indexOf('/') + 1);
    yield {
      short: `${name} rests`,
      sentence: `\`${model}\` is left alone for ${seconds.toFixed(0)} s (${reason}); its tier's next model answers.`,
    };
  }
}

function problem(sentence: string): Trouble {
  return { short: 'settings', sentence };
}
