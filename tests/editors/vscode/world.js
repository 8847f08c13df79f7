// The project that is worked on, the models that answer, and the settings that lead to them.
import { spawn } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { createInterface } from 'node:readline';
import { PYTHON } from './places.js';

export const PRICES = `"""Prices of the shop."""

TAX = 0.19


def gross_price(amount, rate=TAX):
    """The price with tax."""
    return amount * (1 + rate)


def discount(amount, percent):
    if percent > 0:
        if percent < 100:
            return amount * (100 - percent) / 100
        else:
            return 0
    else:
        return amount
`;

export const ORDERS = `"""Orders of the shop."""

from prices import discount, gross_price


def total(order):
    # gross_price is applied to each line
    return sum(gross_price(line.amount) for line in order.lines)


def rebate(order):
    return discount(total(order), order.percent)
`;

export const TYPESCRIPT = `export function area(width: number, height: number): number {
  return width * height;
}

console.log(area(2, 3));
`;

export const GHOST = 'amount * percent / 100';

export const SIMPLER = `def discount(amount, percent):
    if percent <= 0:
        return amount
    if percent >= 100:
        return 0
    return amount * (100 - percent) / 100`;

export const ANSWER = `It takes **tax** into account: \`gross_price\` multiplies by one plus the rate.

\`\`\`python
assert gross_price(100) == 119.0
\`\`\`

| rate | price of 100 |
| ---- | ------------ |
| 0.07 | 107.0 |
| 0.19 | 119.0 |

<script>document.title = "broken out"</script>
`;

export const EXPLANATION = `\`discount\` takes a share off an amount, and never leaves less than nothing:

| percent     | result                     |
| ----------- | -------------------------- |
| 0 or less   | the amount, unchanged      |
| 1 to 99     | the amount less that share |
| 100 or more | 0                          |

The nested conditions ask for the two limits in turn. The same **without nesting**:

\`\`\`python
share = min(max(percent, 0), 100)
return amount * (100 - share) / 100
\`\`\`

A percentage may be a fraction: \`discount(80, 12.5)\` is \`70.0\`.
`;

/** @param {string} path @param {string} search @param {string} replace */
function block(path, search, replace) {
  return `${path}\n<<<<<<< SEARCH\n${search}\n=======\n${replace}\n>>>>>>> REPLACE\n`;
}

const OLD_DISCOUNT = PRICES.slice(PRICES.indexOf('def discount')).trimEnd();

// The first rule that fits answers.
const RULES = [
  { wire: 'infill', contains: ['def saving'], reply: { text: GHOST } },
  { wire: 'infill', reply: { text: '' } },
  { contains: ['Write a poem'], reply: { text: 'one more line, ', repeat: 400, token_ms: 100 } },
  { contains: ['And without tax?'], reply: { text: 'Then it is just the amount.', token_ms: 5 } },
  {
    contains: ['in both files'],
    reply: {
      text:
        block('prices.py', 'TAX = 0.19', 'TAX = 0.21') +
        block('orders.py', '"""Orders of the shop."""', '"""Orders of the shop, with the new tax."""'),
    },
  },
  // Two tiers try twice each; who asks once more is answered.
  { contains: ['lower the tax'], times: 4, reply: { text: block('prices.py', 'TAX = 19', 'TAX = 7') } },
  { contains: ['lower the tax'], reply: { text: block('prices.py', 'TAX = 0.21', 'TAX = 0.07') } },
  { contains: ['take your time'], reply: { text: 'Thinking about it. ', repeat: 400, token_ms: 100 } },
  { contains: ['flat conditions'], reply: { text: block('prices.py', OLD_DISCOUNT, SIMPLER) } },
  { contains: ['implif'], reply: { text: block('prices.py', OLD_DISCOUNT, SIMPLER), first_token_ms: 900 } },
];

/** The wire's own name in scripts is the simulator's to say; one that it does not know ends the test at once. */
export function script(answer = ANSWER) {
  return { rules: [...RULES, { reply: { text: answer, token_ms: 60 } }] };
}

/** @param {string} folder @param {Record<string, string>} files */
export function write(folder, files) {
  for (const [name, text] of Object.entries(files)) {
    const file = join(folder, name);
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, text);
  }
}

/**
 * Settings that send ghost text to a model that fills in the middle, and all else to one that chats.
 * @param {string} base
 */
export function models(base) {
  const limits = { first_token_ms: 20_000, deadline_ms: 60_000 };
  return {
    'tierwise.profile': 'embedded',
    'tierwise.providers': {
      near: { kind: 'fim', dialect: 'llama.cpp', base_url: `${base}/llama.cpp` },
      far: { kind: 'anthropic', base_url: base, api_key_env: 'FAR_KEY' },
    },
    'tierwise.tiers': {
      fast: { chain: ['near/qwen2.5-coder'], ...limits },
      balanced: { chain: ['far/claude-sonnet-5-5'], ...limits },
      frontier: { chain: ['far/claude-opus-5-5'], ...limits },
    },
    'tierwise.routing.hedge': false,
  };
}

/**
 * A model that fills in the middle, as a settings file names it.
 * @param {string} name @param {string} base
 */
export function modelFile(name, base) {
  return `[providers.${name}]
kind = "fim"
dialect = "llama.cpp"
base_url = "${base}/llama.cpp"

[tiers.fast]
chain = ["${name}/qwen2.5-coder"]
first_token_ms = 20000
deadline_ms = 60000
`;
}

/**
 * Start `tierwise simulate`; where it listens, what it said of each request, and how to end it.
 * @param {string} folder @param {string} [answer] what it says to whatever no rule fits
 */
export async function simulate(folder, answer) {
  const file = join(folder, 'script.json');
  writeFileSync(file, JSON.stringify(script(answer)));
  const child = spawn(PYTHON, ['-m', 'tierwise', 'simulate', '--script', file], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  /** @type {string[]} */
  const lines = [];
  const base = await new Promise((resolve, reject) => {
    child.on('exit', () => reject(new Error(`the simulator ended: ${lines.join('\n')}`)));
    createInterface({ input: child.stdout }).on('line', (line) => {
      lines.push(line);
      const found = /http:\/\/127\.0\.0\.1:\d+/.exec(line);
      if (found !== null) {
        resolve(found[0]);
      }
    });
  });
  return { base: /** @type {string} */ (base), lines, stop: () => void child.kill() };
}
