import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Conversation, withHistory, type Subject } from '../src/answers/conversation';
import { silence, toggled, type GhostTextChoices } from '../src/ghost/gate';
import { oneLine, preview } from '../src/next/preview';
import { listed, told, waiting } from '../src/queue/listing';
import { inBrief, inFull, Verdicts } from '../src/proposals/verdict';
import { section, type Inspected } from '../src/section';
import { Serial } from '../src/serial';
import { CrashPolicy } from '../src/server/crashes';

const awake: GhostTextChoices = { enabled: true, disabledLanguages: [], paused: false, snoozedUntil: undefined };

test('ghost text is silent for one reason at a time, and awake otherwise', () => {
  assert.equal(silence(awake, 'python', 0), undefined);
  assert.equal(silence({ ...awake, paused: true, enabled: false }, 'python', 0), 'paused');
  assert.equal(silence({ ...awake, snoozedUntil: 100 }, 'python', 99), 'snoozed');
  assert.equal(silence({ ...awake, snoozedUntil: 100 }, 'python', 100), undefined);
  assert.equal(silence({ ...awake, enabled: false }, 'python', 0), 'off');
  assert.equal(silence({ ...awake, disabledLanguages: ['go'] }, 'go', 0), 'language');
  assert.equal(silence({ ...awake, disabledLanguages: ['go'] }, 'python', 0), undefined);
});

test('switching a language twice changes nothing', () => {
  assert.deepEqual(toggled(['rust'], 'go'), ['go', 'rust']);
  assert.deepEqual(toggled(toggled(['rust'], 'go'), 'go'), ['rust']);
});

test('only what somebody set reaches the server, as tables', () => {
  const found: Record<string, Inspected> = {
    profile: { value: 'auto' },
    'budget.day_usd': { value: 2, globalValue: 2 },
    'budget.session_usd': { value: null, workspaceValue: null },
    'completion.enabled': { value: false, workspaceFolderValue: false },
    providers: { value: { a: { kind: 'fim' } }, globalValue: { a: { kind: 'fim' } } },
  };
  assert.deepEqual(
    section(Object.keys(found), (key) => found[key] ?? { value: undefined }),
    { budget: { day_usd: 2 }, completion: { enabled: false }, providers: { a: { kind: 'fim' } } },
  );
});

test('jobs run one after the other, those that wait under one name are one', async () => {
  const serial = new Serial();
  const order: string[] = [];
  let open: () => void = () => undefined;
  const gate = new Promise<void>((resolve) => (open = resolve));
  const job = (name: string, wait?: Promise<void>) => async (): Promise<void> => {
    order.push(`${name} begins`);
    await wait;
    order.push(`${name} ends`);
  };
  const first = serial.run('start', job('start', gate));
  await Promise.resolve();
  const second = serial.run('restart', job('restart'));
  assert.equal(serial.run('restart', job('never')), second);
  open();
  await Promise.all([first, second]);
  assert.deepEqual(order, ['start begins', 'start ends', 'restart begins', 'restart ends']);
});

test('a job that fails stops nobody', async () => {
  const serial = new Serial();
  await assert.rejects(
    serial.run('a', () => Promise.reject(new Error('broken'))),
    /broken/,
  );
  let ran = false;
  await serial.run('b', () => {
    ran = true;
    return Promise.resolve();
  });
  assert.ok(ran);
});

test('five crashes in three minutes are enough; slow ones are not', () => {
  let now = 0;
  const policy = new CrashPolicy(() => now);
  const crash = (after: number): boolean => {
    now += after;
    return policy.mayRestart();
  };
  assert.deepEqual([crash(0), crash(1_000), crash(1_000), crash(1_000), crash(1_000)], [true, true, true, true, false]);
  policy.reset();
  assert.ok(Array.from({ length: 20 }, () => crash(60_000)).every(Boolean));
});

const subject: Subject = {
  uri: 'file:///a.py',
  range: { start: { line: 0, character: 0 }, end: { line: 1, character: 0 } },
};

test('pieces belong to the question that is being answered; others are nobodys', () => {
  const conversation = new Conversation();
  assert.equal(conversation.hear({ id: '1', delta: 'early', done: false }), false);
  const turn = conversation.begin(subject, 'why?');
  conversation.hear({ id: '2', delta: 'be', done: false });
  conversation.hear({ id: '2', delta: 'cause', done: false });
  turn.state = 'done';
  assert.equal(conversation.hear({ id: '2', delta: 'late', done: true }), false);
  assert.equal(turn.text, 'because');
});

test('a follow-up carries what was said, without what failed, and not without end', () => {
  const conversation = new Conversation();
  const say = (question: string, text: string, state: 'done' | 'failed'): void => {
    Object.assign(conversation.begin(subject, question), { text, state });
  };
  assert.equal(withHistory([], 'and?'), 'and?');
  say('old', 'x'.repeat(7_000), 'done');
  say('', 'It adds.', 'done');
  say('broken', 'half', 'failed');
  const sent = withHistory(conversation.turns, 'and then?');
  assert.match(sent, /Explain this code\.\nAnswer: It adds\.\n\nNow: and then\?$/);
  assert.doesNotMatch(sent, /broken|xxx/);
});

test('the list of the queue is read line by line', () => {
  const printed = [
    'N   since             task   where                tried  last reason',
    '3   2026-01-02 10:11  edit   /home/ann/a b.py:4   2      syntax-error',
    '12  2026-01-03 09:00  tests  /home/ann/c.py:1     3      lint',
    '',
  ].join('\n');
  assert.deepEqual(waiting(printed), [
    { number: 3, since: '2026-01-02 10:11', task: 'edit', rest: '/home/ann/a b.py:4 · 2 · syntax-error' },
    { number: 12, since: '2026-01-03 09:00', task: 'tests', rest: '/home/ann/c.py:1 · 3 · lint' },
  ]);
  assert.deepEqual(waiting('Nothing waits for a person.\n'), []);
});

test('the next edit is drawn as the smallest change', () => {
  assert.deepEqual(preview('area(w, h)', 'area(w, h, unit)'), { from: 9, to: 9, inserted: ', unit' });
  assert.deepEqual(preview('aaa', 'aa'), { from: 2, to: 3, inserted: '' });
  assert.deepEqual(preview('one', 'two'), { from: 0, to: 3, inserted: 'two' });
  assert.deepEqual(preview('', 'x'), { from: 0, to: 0, inserted: 'x' });
  assert.deepEqual(preview('(1 + rate)', '(1 + share)'), { from: 5, to: 9, inserted: 'share' });
  assert.deepEqual(preview('a.first_name()', 'a.last_name()'), { from: 2, to: 12, inserted: 'last_name' });
  assert.deepEqual(preview('name', 'names'), { from: 4, to: 4, inserted: 's' });
});

test('what is drawn has one line and a bounded length', () => {
  assert.equal(oneLine('a b\n    c'), 'a\u00a0b\u00a0⏎\u00a0c');
  assert.equal(oneLine('x'.repeat(500)).length, 100);
});

const queued = {
  number: 7,
  at: '2026-01-02T10:11:12+00:00',
  task: 'edit',
  uri: 'file:///shop/prices.py',
  range: { start: { line: 10, character: 0 }, end: { line: 17, character: 0 } },
  instruction: 'flat conditions',
  attempts: [
    { tier: 'balanced', model: 'far/small', reason: 'syntax-error', evidence: 'line 3: ```x' },
    { tier: 'frontier', model: 'far/large', reason: 'not-found' },
  ],
};
const last = (uri: string): string => uri.split('/').at(-1) ?? '';

test('the queue is listed as the server tells it', () => {
  assert.deepEqual(listed({ items: [queued, { ...queued, range: null, instruction: '', attempts: [] }] }, last), [
    {
      number: 7,
      since: '2026-01-02 10:11',
      task: 'edit',
      rest: 'prices.py:11 · tried 2 times · not-found',
      instruction: 'flat conditions',
    },
    { number: 7, since: '2026-01-02 10:11', task: 'edit', rest: 'prices.py · tried 0 times' },
  ]);
});

test('what was tried is told with its evidence, which breaks out of nothing', () => {
  const text = told(queued, last);
  assert.match(text, /# edit in prices\.py:11\n/);
  assert.match(text, /````\nline 3: ```x\n````/);
  assert.match(text, /## 2\. frontier: far\/large\n\nRejected: \*\*not-found\*\*/);
});

test('the reason is told in words where the server has them', () => {
  const attempts = [{ tier: 'fast', model: 'far/small', reason: 'tests', words: 'the tests fail' }];
  assert.match(listed({ items: [{ ...queued, attempts }] }, last)[0]?.rest ?? '', / · tried once · the tests fail$/);
  assert.match(told({ ...queued, attempts }, last), /Rejected: \*\*the tests fail\*\*/);
});

const verdict = { model: 'far/small', passed: ['syntax', 'names'], skipped: [{ name: 'tests', why: 'no trust' }] };

test('what was checked finds the edit of the same files, once', () => {
  let now = 0;
  const verdicts = new Verdicts(() => now);
  verdicts.hear({ ...verdict, uris: ['file:///a.py'] });
  verdicts.hear({ ...verdict, model: 'far/large', uris: ['file:///b.py', 'file:///a.py'] });
  const both = {
    documentChanges: ['file:///a.py', 'file:///b.py'].map((uri) => ({ textDocument: { uri }, edits: [] })),
  };
  assert.equal(verdicts.take({ changes: { 'file:///c.py': [] } }), undefined);
  assert.equal(verdicts.take(both)?.model, 'far/large');
  assert.equal(verdicts.take(both), undefined);
  assert.equal(verdicts.take({ changes: { 'file:///a.py': [] } })?.model, 'far/small');
  verdicts.hear({ ...verdict, uris: ['file:///a.py'] });
  now = 60_000;
  assert.equal(verdicts.take({ changes: { 'file:///a.py': [] } }), undefined, 'its edit never came');
});

test('checks that were not made are counted apart and come first', () => {
  const whole = { ...verdict, uris: [] };
  assert.equal(inBrief(whole), '2 checks passed, 1 not made');
  assert.equal(inBrief({ ...whole, passed: ['syntax'], skipped: [] }), '1 check passed');
  assert.deepEqual(
    inFull(whole).map(({ name, why }) => [name, why]),
    [
      ['tests', 'no trust'],
      ['syntax', undefined],
      ['names', undefined],
    ],
  );
});
