import assert from 'node:assert/strict';
import { test } from 'node:test';
import { diagnose, fromInterpreter, fromPath } from '../src/server/find';
import { which, type Machine, type RunResult } from '../src/server/machine';
import { findPython, newEnough } from '../src/server/python';
import { compare, printedVersion } from '../src/server/version';

interface Fake {
  readonly platform?: NodeJS.Platform;
  readonly path?: string;
  /** Programs by their path, and what each says to any arguments. */
  readonly programs?: Readonly<Record<string, string | RunResult>>;
}

function machine({ platform = 'linux', path = '/usr/bin', programs = {} }: Fake): Machine {
  return {
    platform,
    env: { PATH: path },
    home: platform === 'win32' ? 'C:\\Home\\ann' : '/home/ann',
    isFile: (file) => file in programs,
    run: (command) => {
      const said = programs[command];
      const failed = { status: undefined, stdout: '', stderr: 'no such program' };
      return Promise.resolve(typeof said === 'string' ? { status: 0, stdout: said, stderr: '' } : (said ?? failed));
    },
  };
}

test('a program is found on the search path, then where installers put things', () => {
  const here = machine({
    path: '/opt/x:/usr/bin',
    programs: { '/usr/bin/uv': '', '/home/ann/.local/bin/tierwise': '' },
  });
  assert.equal(which('uv', here), '/usr/bin/uv');
  assert.equal(which('tierwise', here), '/home/ann/.local/bin/tierwise');
  assert.equal(which('nothing', here), undefined);
});

test('relative entries of the search path are passed over', () => {
  const programs = { 'bin/tierwise': '', './tierwise': '', tierwise: '' };
  assert.equal(which('tierwise', machine({ path: 'bin:.::', programs })), undefined);
});

test('on Windows only real programs count', () => {
  const programs = { 'C:\\a\\uv.bat': '', 'C:\\b\\uv.exe': '' };
  assert.equal(which('uv', machine({ platform: 'win32', path: 'C:\\a;C:\\b', programs })), 'C:\\b\\uv.exe');
});

test('on a Mac Homebrew is looked at although the dock does not know it', () => {
  const programs = { '/opt/homebrew/bin/uv': '' };
  assert.equal(which('uv', machine({ platform: 'darwin', programs })), '/opt/homebrew/bin/uv');
});

test('the first Python that is new enough is taken', async () => {
  const programs = {
    '/usr/bin/python3': '3.9\n/usr/bin/python3.9\n',
    '/usr/bin/python3.12': '3.12\n/usr/bin/python3.12\n',
    '/usr/bin/python3.11': '3.11\n/usr/bin/python3.11\n',
  };
  assert.equal(await findPython(machine({ programs })), '/usr/bin/python3.12');
});

test("Windows' pointer to its shop is no Python, its launcher finds one", async () => {
  const shop: RunResult = { status: 9009, stdout: '', stderr: 'Python was not found' };
  const path = 'C:\\shop;C:\\Windows';
  const programs = { 'C:\\shop\\python.exe': shop };
  assert.equal(await findPython(machine({ platform: 'win32', path, programs })), undefined);
  const launcher = { ...programs, 'C:\\Windows\\py.exe': '3.13\r\nC:\\Py\\python.exe\r\n' };
  assert.equal(await findPython(machine({ platform: 'win32', path, programs: launcher })), 'C:\\Py\\python.exe');
});

test('versions of Python are compared as numbers', () => {
  assert.deepEqual(['3.9', '3.10', '3.11', '3.20', '4.0', ''].map(newEnough), [false, false, true, true, true, false]);
});

test('an installed server of this version is used', async () => {
  const here = machine({ programs: { '/usr/bin/tierwise': 'tierwise 0.1.4\n' } });
  assert.deepEqual(await fromPath('0.1.0', here, (note) => assert.fail(note)), {
    command: '/usr/bin/tierwise',
    args: [],
    origin: 'path',
    version: '0.1.4',
  });
});

test('one of another version, or a broken one, is passed over and said so', async () => {
  for (const said of ['tierwise 0.3.0\n', 'Traceback', { status: 1, stdout: '', stderr: 'pyenv: no' }]) {
    const notes: string[] = [];
    const here = machine({ programs: { '/usr/bin/tierwise': said } });
    assert.equal(await fromPath('0.1.0', here, (note) => notes.push(note)), undefined);
    assert.equal(notes.length, 1);
  }
});

test("the chosen interpreter is used, without the current folder on Python's path", async () => {
  const here = machine({ programs: { '/venv/bin/python': 'tierwise 0.1.0\n' } });
  const launch = fromInterpreter('/venv/bin/python', here);
  assert.deepEqual(launch.args, ['-P', '-m', 'tierwise']);
  assert.equal(await diagnose(launch, here), undefined);
});

test('a chosen interpreter that will not do is never passed over', async () => {
  const bare = machine({
    programs: { '/venv/bin/python': { status: 1, stdout: '', stderr: 'No module named tierwise' } },
  });
  const wrong = await diagnose(fromInterpreter('/venv/bin/python', bare), bare);
  assert.match(wrong?.message ?? '', /pip install tierwise/);
  assert.equal(wrong?.remedy, 'settings');
  assert.throws(() => fromInterpreter('/gone/python', bare), /is no file/);
});

test('versions match as far as the number before the last', () => {
  assert.equal(compare('0.1.0', '0.1.0'), 'same');
  assert.equal(compare('0.1.0', '0.1.0.dev3+g12'), 'same');
  assert.equal(compare('0.1.0', '0.1.9'), 'close');
  assert.equal(compare('0.1.0', '0.2.0'), 'different');
  assert.equal(compare('1.1.0', '2.1.0'), 'different');
  assert.equal(compare('0.1.0', 'unknown'), 'different');
});

test('the version is read from what the program prints', () => {
  assert.equal(printedVersion('tierwise 0.1.0\r\n'), '0.1.0');
  assert.equal(printedVersion('warning: x\ntierwise 1.2.3rc1\n'), '1.2.3rc1');
  assert.equal(printedVersion('Python 3.11.2'), undefined);
});
