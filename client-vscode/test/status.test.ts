import assert from 'node:assert/strict';
import { test } from 'node:test';
import { suspicious, troubles } from '../src/status/troubles';
import { barDetails, barText, dollars, duration, worthShowing, type Picture, type Usage } from '../src/status/usage';

const usage: Usage = {
  task: 'edit',
  tier: 'balanced',
  model: 'anthropic/claude-sonnet-5-5',
  first_token_ms: 812.4,
  cost_usd: 0.0123,
  cached_fraction: 0.83,
  session_cost_usd: 0.2,
  outcome: 'answered',
  input_tokens: 9_000,
  output_tokens: 410,
  total_ms: 4_210,
  escalations: 1,
};

const running: Picture = {
  server: 'running',
  problem: '',
  asleep: undefined,
  last: undefined,
  sessionCost: 0,
  troubles: [],
};

test('the bar names tier, cost and cached share once there is something to name', () => {
  assert.deepEqual(barText(running), { text: '$(layers) Tierwise', look: 'plain' });
  assert.equal(
    barText({ ...running, last: usage, sessionCost: 0.2 }).text,
    '$(layers) balanced · $0.2000 · 83 % cached',
  );
  const local: Usage = { ...usage, model: 'embedded', cost_usd: 0, cached_fraction: 0 };
  assert.equal(barText({ ...running, last: local }).text, '$(layers) embedded');
});

test('trouble comes first and is seen', () => {
  const trouble = { short: 'budget reached', sentence: 'The budget is used up.' };
  const bar = barText({ ...running, last: usage, sessionCost: 0.2, troubles: [trouble] });
  assert.deepEqual(bar, { text: '$(warning) budget reached · $0.2000 · 83 % cached', look: 'warning' });
  assert.match(barDetails({ ...running, troubles: [trouble] }), /^\$\(warning\) The budget is used up\./);
});

test('a server that is not there says so', () => {
  assert.equal(barText({ ...running, server: 'failed' }).look, 'error');
  assert.equal(barDetails({ ...running, server: 'failed', problem: 'No Python.' }), 'No Python.');
  assert.match(barText({ ...running, server: 'starting' }).text, /spin/);
});

test('a sleeping ghost text has its own icon and a reason in the hover', () => {
  assert.match(barText({ ...running, asleep: 'paused' }).text, /^\$\(debug-pause\)/);
  assert.match(barDetails({ ...running, asleep: 'off for go' }), /Ghost text is off for go\./);
});

test('the hover holds the last request and the session', () => {
  const details = barDetails({ ...running, last: usage, sessionCost: 0.2 });
  for (const part of ['edit', '`anthropic/claude-sonnet-5-5`', '812 ms', '4.2 s', '9000 in (83 % cached), 410 out']) {
    assert.ok(details.includes(part), part);
  }
});

test('money and time are as short as they can be', () => {
  assert.deepEqual([0, 0.000_01, 0.0123, 12.3].map(dollars), ['$0', '< $0.0001', '$0.0123', '$12.30']);
  assert.deepEqual([12.3, 999.4, 999.6].map(duration), ['12 ms', '999 ms', '1.0 s']);
});

test('requests that reached nobody do not change the bar', () => {
  assert.ok(worthShowing(usage));
  assert.ok(!worthShowing({ ...usage, outcome: 'superseded', cost_usd: 0 }));
  assert.ok(worthShowing({ ...usage, outcome: 'cancelled' }), 'money was spent');
  assert.ok(!worthShowing({ ...usage, tier: null, model: 'jedi', cost_usd: 0 }), 'a rename by rules');
});

test('budgets, breakers and problems of the settings are troubles, in that order', () => {
  const found = troubles({
    budgets: { session_usd: 1, day_usd: 10 },
    cost: { session_usd: 1.01, day_usd: 9.5 },
    breakers: [{ model: 'anthropic/claude-haiku-5-5', reason: 'rate-limited', seconds: 29.6 }],
    problems: ['.tierwise.toml: profile: there is no profile "x".'],
  });
  assert.deepEqual(
    found.map(({ short }) => short),
    ['budget reached', 'budget nearly reached', 'claude-haiku-5-5 rests', 'settings'],
  );
  assert.match(found[2]?.sentence ?? '', /30 s \(rate-limited\)/);
});

test('no limit is no trouble, and neither is an old server that says nothing', () => {
  assert.deepEqual(troubles({ budgets: { session_usd: null }, cost: { session_usd: 5 } }), []);
  assert.deepEqual(troubles({}), []);
});

test('failures and spent money are reasons to look at the status', () => {
  assert.ok(suspicious({ ...usage, outcome: 'failed', cost_usd: 0 }));
  assert.ok(suspicious(usage));
  assert.ok(!suspicious({ ...usage, cost_usd: 0 }));
});
