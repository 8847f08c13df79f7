import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Fate, type Change } from '../src/ghost/fate';

const START = 10;

/** Ghost text at an offset, on screen; `typed` of it stands there already. */
function shown(text: string, typed = 0): Fate<string> {
  const fate = new Fate<string>();
  fate.offered({ item: 'x', text, start: START }, typed);
  assert.deepEqual(fate.shown(), [{ kind: 'shown', item: 'x' }]);
  return fate;
}

/** Text that comes in behind what stands there already. */
function insertion(before: string, inserted: string): Change {
  return { offset: START + before.length, removed: 0, inserted, upTo: before + inserted, again: false };
}

test('ghost text is shown once', () => {
  assert.deepEqual(shown('total').shown(), []);
  assert.deepEqual(new Fate().shown(), []);
});

test('typing what it says is neither taking nor leaving it', () => {
  const fate = shown('(a)\n  b');
  for (const [before, inserted, cursor] of [
    ['', '()', '('], // closed by the editor, with the cursor within
    ['(', 'a', '(a'],
    ['(a', ')', '(a)'],
    ['(a)', '\n  ', '(a)\r\n  '],
  ] as const) {
    assert.deepEqual(fate.changed(insertion(before, inserted)), []);
    assert.deepEqual(fate.moved(cursor), []);
  }
});

test('a word or a line of it is a part, counted from its beginning', () => {
  const fate = shown('return amount * percent');
  assert.deepEqual(fate.changed(insertion('', 'return')), [{ kind: 'partly', item: 'x', length: 6 }]);
  assert.deepEqual(fate.changed(insertion('return', ' amount')), [{ kind: 'partly', item: 'x', length: 13 }]);
});

test('what stands there already counts when it is replaced', () => {
  const fate = shown('    return amount', 4);
  const change: Change = { offset: START, removed: 4, inserted: '    return', upTo: '    return', again: false };
  assert.deepEqual(fate.changed(change), [{ kind: 'partly', item: 'x', length: 10 }]);
});

test('line ends of Windows are one character', () => {
  const fate = shown('a = 1\nb = 2\n');
  assert.deepEqual(fate.changed(insertion('', 'a = 1\r\n')), [{ kind: 'partly', item: 'x', length: 6 }]);
});

test('all of it at once is for its command to tell', () => {
  const fate = shown('total');
  assert.deepEqual(fate.changed(insertion('', 'total')), []);
  assert.deepEqual(fate.moved(undefined), [], 'it is over');
});

test('other text, another place, deleting and undoing are rejections, said once', () => {
  const ways: ((fate: Fate<string>) => unknown[])[] = [
    (fate) => fate.changed(insertion('', 'x')),
    (fate) => fate.changed({ offset: 2, removed: 0, inserted: 'x', upTo: '', again: false }),
    (fate) => fate.changed({ offset: START, removed: 1, inserted: '', upTo: '', again: false }),
    (fate) => fate.changed({ ...insertion('', 'to'), again: true }),
    (fate) => fate.moved('somewhere else'),
  ];
  for (const way of ways) {
    const fate = shown('total', 1);
    assert.deepEqual(way(fate), [{ kind: 'rejected', item: 'x' }]);
    assert.deepEqual(way(fate), []);
  }
});

test('what nobody saw is not rejected, and what was taken neither', () => {
  const unseen = new Fate<string>();
  unseen.offered({ item: 'x', text: 'total', start: START }, 0);
  assert.deepEqual(unseen.changed(insertion('', 'q')), []);
  const taken = shown('total');
  taken.accepted();
  assert.deepEqual(taken.moved(undefined), []);
  const gone = shown('total');
  gone.nothing();
  assert.deepEqual(gone.moved(undefined), []);
});
