import assert from 'node:assert/strict';
import { test } from 'node:test';
import { groups, without } from '../src/proposals/groups';
import { merged } from '../src/proposals/merge';
import { applied, plan, size, type Edit, type WireEdit } from '../src/proposals/plan';

const FILES: Record<string, string> = {
  'file:///a.py': 'one\ntwo\nthree\n',
  'file:///b.py': 'alpha\r\nbeta\r\n',
};

const read = (uri: string): Promise<string> => {
  const text = FILES[uri];
  return text === undefined ? Promise.reject(new Error(`no file ${uri}`)) : Promise.resolve(text);
};

const edit = (line: number, from: number, to: number, newText: string): Edit => ({
  range: { start: { line, character: from }, end: { line, character: to } },
  newText,
});

const change = (uri: string, edits: Edit[], version: number | null = 1): WireEdit => ({
  documentChanges: [{ textDocument: { uri, version }, edits }],
});

test('edits all mean the text as it was, in whatever order they come', () => {
  assert.equal(applied('abc\ndef\n', [edit(1, 0, 3, 'XYZ!'), edit(0, 1, 1, '--')]), 'a--bc\nXYZ!\n');
});

test('insertions at one place stand in their order', () => {
  assert.equal(applied('x', [edit(0, 0, 0, 'a'), edit(0, 0, 0, 'b')]), 'abx');
});

test('positions behind the end mean the end', () => {
  assert.equal(applied('ab\ncd', [edit(0, 9, 9, '!'), edit(7, 0, 0, '\nend')]), 'ab\n!cd\nend');
});

test('a character outside the basic plane counts two, as VS Code counts it', () => {
  assert.equal(applied('😀x', [edit(0, 2, 3, 'y')]), '😀y');
});

test('edits that overlap are refused', () => {
  assert.throws(() => applied('abcdef', [edit(0, 0, 3, ''), edit(0, 2, 4, '')]), /same text twice/);
});

test('a changed file is planned with both texts and its version', async () => {
  const [file] = await plan(change('file:///a.py', [edit(1, 0, 3, 'TWO')], 7), read);
  assert.deepEqual(
    [file?.source, file?.target, file?.before, file?.after, file?.version],
    ['file:///a.py', 'file:///a.py', 'one\ntwo\nthree\n', 'one\nTWO\nthree\n', 7],
  );
});

test('Windows line ends count as one', async () => {
  const [file] = await plan({ changes: { 'file:///b.py': [edit(1, 0, 4, 'BETA')] } }, read);
  assert.equal(file?.after, 'alpha\r\nBETA\r\n');
});

test('a new file has no source', async () => {
  const uri = 'file:///new.py';
  const [file] = await plan(
    { documentChanges: [{ kind: 'create', uri }, ...(change(uri, [edit(0, 0, 0, 'hello\n')]).documentChanges ?? [])] },
    read,
  );
  assert.deepEqual([file?.source, file?.target, file?.before, file?.after], [undefined, uri, '', 'hello\n']);
});

test('a file that moves keeps the edits made before and after the move', async () => {
  for (const uri of ['file:///a.py', 'file:///c.py']) {
    const edited = change(uri, [edit(0, 0, 3, 'ONE')]).documentChanges ?? [];
    const move = { kind: 'rename', oldUri: 'file:///a.py', newUri: 'file:///c.py' } as const;
    const files = await plan({ documentChanges: uri.includes('a.py') ? [...edited, move] : [move, ...edited] }, read);
    assert.equal(files.length, 1);
    assert.deepEqual(
      [files[0]?.source, files[0]?.target, files[0]?.after],
      ['file:///a.py', 'file:///c.py', 'ONE\ntwo\nthree\n'],
    );
  }
});

test('a file that stays as it is, is not shown', async () => {
  assert.deepEqual(await plan(change('file:///a.py', [edit(0, 0, 3, 'one')]), read), []);
});

test('deletions and second edits of one file are refused', async () => {
  await assert.rejects(plan({ documentChanges: [{ kind: 'delete', uri: 'file:///a.py' }] }, read), /delete/);
  const twice = change('file:///a.py', [edit(0, 0, 1, 'x')]).documentChanges ?? [];
  await assert.rejects(plan({ documentChanges: [...twice, ...twice] }, read), /twice/);
});

test('the size of a change counts whole lines', async () => {
  const [file] = await plan(change('file:///a.py', [edit(1, 0, 3, 'two\nmore')]), read);
  assert.ok(file);
  assert.deepEqual(size(file), { added: 1, removed: 0 });
  const [other] = await plan(change('file:///a.py', [edit(0, 0, 3, 'x')]), read);
  assert.ok(other);
  assert.deepEqual(size(other), { added: 1, removed: 1 });
});

const annotated: WireEdit = {
  documentChanges: [
    {
      textDocument: { uri: 'file:///a.py', version: 1 },
      edits: [
        { ...edit(0, 0, 3, 'ONE'), annotationId: 'symbol' },
        { ...edit(1, 0, 3, 'TWO'), annotationId: 'mentions' },
      ],
    },
    { textDocument: { uri: 'file:///b.py', version: 1 }, edits: [{ ...edit(0, 0, 5, 'A'), annotationId: 'mentions' }] },
    { kind: 'rename', oldUri: 'file:///a.py', newUri: 'file:///one.py', annotationId: 'related' },
  ],
  changeAnnotations: {
    symbol: { label: 'the symbol' },
    mentions: { label: 'mentions', needsConfirmation: true, description: 'comments and documents' },
    related: { label: 'related names', needsConfirmation: true },
    unused: { label: 'nothing', needsConfirmation: true },
  },
};

test('the parts of an edit that need a word are told with their size', () => {
  assert.deepEqual(
    groups(annotated).map(({ id, places, optional }) => [id, places, optional]),
    [
      ['symbol', 1, false],
      ['mentions', 2, true],
      ['related', 1, true],
    ],
  );
  const certain = { symbol: { label: 'the symbol' } };
  assert.deepEqual(groups({ ...annotated, changeAnnotations: certain }), [], 'nothing to choose');
  assert.deepEqual(groups(change('file:///a.py', [edit(0, 0, 1, 'x')])), []);
});

test('a part that is not wanted leaves nothing behind', async () => {
  const files = await plan(without(annotated, new Set(['mentions', 'related'])), read);
  assert.deepEqual(
    files.map(({ target, after }) => [target, after]),
    [['file:///a.py', 'ONE\ntwo\nthree\n']],
  );
});

test("of two renames the language's own counts where they touch, and the other adds to it", async () => {
  const own = change('file:///a.py', [edit(0, 0, 3, 'uno')], null);
  const ours: WireEdit = {
    documentChanges: [
      ...(change('file:///a.py', [edit(0, 1, 2, 'x'), edit(2, 0, 5, 'tres')], 4).documentChanges ?? []),
      { kind: 'rename', oldUri: 'file:///b.py', newUri: 'file:///c.py' },
      ...(change('file:///c.py', [edit(0, 0, 5, 'beta')]).documentChanges ?? []),
    ],
  };
  const files = await plan(merged(own, ours), read);
  assert.deepEqual(
    files.map(({ source, target, after, version }) => [source, target, after, version]),
    [
      ['file:///a.py', 'file:///a.py', 'uno\ntwo\ntres\n', 4],
      ['file:///b.py', 'file:///c.py', 'beta\r\nbeta\r\n', 1],
    ],
  );
});
