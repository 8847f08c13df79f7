import assert from 'node:assert/strict';
import { test } from 'node:test';
import { problems } from '../src/toml/check';
import { offers } from '../src/toml/offers';
import { place } from '../src/toml/place';
import { at, keysOf } from '../src/toml/schema';

/** What is said of which part of a text. */
function said(text: string): string[] {
  return problems(text).map(({ from, to, message }) => `${text.slice(from, to)}: ${message}`);
}

const labels = (before: string): string[] => {
  const here = place(before);
  return here === undefined ? [] : offers(here, { profile: ['auto', 'local'] }).map(({ label }) => label);
};

test('a right file has no problems', () => {
  const text = `profile = "auto"
[providers.mine]
kind = "fim"
base_url = "http://127.0.0.1:8080"
[tiers.fast]
chain = ["mine/qwen"] # first the primary
temperature = 0
[models."claude:x"]
[tasks.edit]
tier = "balanced"
[harness_overrides.ci.budget]
day_usd = 2
`;
  assert.deepEqual(said(text), []);
});

test('what is no TOML is said where it is', () => {
  const [problem, ...others] = problems('profile = \nharness = "ci"\n');
  assert.deepEqual(others, []);
  assert.ok(problem !== undefined && problem.to > problem.from);
});

test('unknown keys are named, and the one that was meant', () => {
  assert.match(
    said('profil = "auto"')[0] ?? '',
    /^profil: There is no setting "profil" here; did you mean "profile"\?$/,
  );
  assert.match(said('[tiers.quick]')[0] ?? '', /^quick: .*known: fast, balanced, frontier/);
  assert.match(said('[budget]\nweek_usd = 1')[0] ?? '', /^week_usd: .*known: session_usd, day_usd/);
});

test('values of the wrong kind or size are said', () => {
  assert.deepEqual(said('harness = "cloud"'), ['"cloud": This must be one of "local", "ci", "production".']);
  assert.deepEqual(said('[completion]\nenabled = "yes"'), ['"yes": This must be true or false.']);
  assert.deepEqual(said('[budget]\nday_usd = -1'), ['-1: This must be 0 or more.']);
  assert.deepEqual(said('[tiers.fast]\nchain = "mine/qwen"'), ['"mine/qwen": This must be a list.']);
  assert.deepEqual(said('[tiers.fast]\nchain = [1]'), ['1: This must be a string.']);
  assert.deepEqual(said('budget = { day_usd = "2" }'), ['"2": This must be a number.']);
  assert.deepEqual(said('[profile]'), ['profile: "profile" is a string, no table.']);
});

test('tables, keys and values are offered where they belong', () => {
  assert.ok(labels('').includes('profile') && labels('').includes('[tiers]'));
  assert.deepEqual(labels('[tiers.'), ['fast', 'balanced', 'frontier']);
  assert.ok(labels('[').includes('budget') && !labels('[').includes('profile'));
  assert.deepEqual(labels('[budget]\n'), ['session_usd', 'day_usd']);
  assert.deepEqual(labels('profile = "'), ['auto', 'local']);
  assert.deepEqual(labels('[tasks.edit]\ntier = '), ['fast', 'balanced', 'frontier']);
  assert.deepEqual(labels('[completion]\nenabled = '), ['true', 'false']);
  assert.deepEqual(labels('# profile = '), []);
  assert.deepEqual(labels('profile = "auto" # '), []);
});

test('each setting of the schema says what it is', () => {
  for (const [name, schema] of keysOf(at([]) ?? {})) {
    assert.ok(schema.description, name);
  }
  assert.equal(at(['budget', 'nothing']), undefined);
  assert.equal(at(['tiers', 'fast', 'chain', 0])?.type, 'string');
});
