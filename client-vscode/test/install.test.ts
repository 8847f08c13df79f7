import assert from 'node:assert/strict';
import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { existsSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import * as path from 'node:path';
import { afterEach, beforeEach, test } from 'node:test';
import { existing, forget, install, type Bundle, type Surroundings } from '../src/server/install';
import type { Machine, RunResult } from '../src/server/machine';

let storage = '';
let ran: string[][] = [];

beforeEach(async () => {
  storage = await mkdtemp(path.join(tmpdir(), 'tierwise-test-'));
  ran = [];
});

afterEach(() => rm(storage, { recursive: true, force: true }));

const done: RunResult = { status: 0, stdout: '', stderr: '' };
const failed: RunResult = { status: 1, stdout: '', stderr: 'could not connect' };

/** A machine with the programs named; an environment that is made gets its interpreter. */
function machine(programs: readonly string[], answer: (args: readonly string[]) => RunResult = () => done): Machine {
  return {
    platform: 'linux',
    env: { PATH: '/usr/bin' },
    home: '/nowhere',
    isFile: (file) =>
      programs.includes(file) || (file.startsWith(storage) && existsSync(file) && statSync(file).isFile()),
    run: async (command, args) => {
      ran.push([path.basename(command), ...args]);
      if (args.includes('-c')) {
        return { status: 0, stdout: '3.12\n/usr/bin/python3\n', stderr: '' };
      }
      const result = answer(args);
      const folder = args.at(-1) ?? '';
      if (args.includes('venv') && result.status === 0) {
        await mkdir(path.join(folder, 'bin'), { recursive: true });
        await writeFile(path.join(folder, 'bin', 'python'), '');
      }
      return result;
    },
  };
}

function around(of: Machine): Surroundings & { steps: string[] } {
  const steps: string[] = [];
  return { storage, machine: of, say: (step) => steps.push(step), signal: new AbortController().signal, steps };
}

const bundle: Bundle = { version: '0.1.0', wheel: undefined, wheels: undefined };

test('uv makes the environment where it is installed', async () => {
  const here = around(machine(['/usr/bin/uv', '/usr/bin/python3']));
  const launch = await install(bundle, here);
  assert.deepEqual(
    ran.map((args) => args.slice(0, 2)),
    [
      ['uv', 'venv'],
      ['uv', 'pip'],
    ],
  );
  assert.equal(ran[1]?.at(-1), 'tierwise==0.1.0');
  assert.equal(launch.command, path.join(storage, 'server-0.1.0', 'bin', 'python'));
  assert.deepEqual(await existing(bundle, here), launch);
});

test('without uv a Python of the machine does, and the wheel of the extension is installed', async () => {
  const wheel = path.join(storage, 'tierwise-0.1.0-py3-none-any.whl');
  await writeFile(wheel, 'wheel');
  await install({ ...bundle, wheel }, around(machine(['/usr/bin/python3'])));
  assert.deepEqual(ran[1]?.slice(0, 3), ['python3', '-m', 'venv']);
  assert.equal(ran[2]?.at(-1), wheel);
});

test('when uv cannot make one, Python does', async () => {
  const here = around(machine(['/usr/bin/uv', '/usr/bin/python3'], (args) => (args[0] === 'venv' ? failed : done)));
  await install(bundle, here);
  assert.deepEqual(
    ran.map(([command]) => command),
    ['uv', 'python3', 'python3', 'python'],
  );
});

test('wheels at hand are tried first, without the index; the index is the way out', async () => {
  const wheels = path.join(storage, 'wheels');
  await install({ ...bundle, wheels }, around(machine(['/usr/bin/python3'])));
  assert.ok(ran.at(-1)?.includes('--no-index'));
  await forget({ ...bundle, wheels }, storage);
  ran = [];
  const offline = machine(['/usr/bin/python3'], (args) => (args.includes('--no-index') ? failed : done));
  await install({ ...bundle, wheels }, around(offline));
  assert.ok(!ran.at(-1)?.includes('--no-index'));
});

test('a second start does nothing, another wheel of the same version is installed', async () => {
  const wheel = path.join(storage, 'tierwise-0.1.0-py3-none-any.whl');
  await writeFile(wheel, 'one');
  const here = around(machine(['/usr/bin/python3']));
  await install({ ...bundle, wheel }, here);
  const before = ran.length;
  await install({ ...bundle, wheel }, here);
  assert.equal(ran.length, before);
  await writeFile(wheel, 'another');
  assert.equal(await existing({ ...bundle, wheel }, here), undefined);
});

test('without any Python the sentence says what to do', async () => {
  await assert.rejects(install(bundle, around(machine([]))), /Python 3\.11 or newer.*python\.org/);
  assert.deepEqual(await readdir(storage), [], 'no lock and no half environment stay behind');
});

test('an environment that cannot be made or filled is not taken for one', async () => {
  for (const wrong of ['venv', 'install']) {
    const here = around(machine(['/usr/bin/python3'], (args) => (args.includes(wrong) ? failed : done)));
    await assert.rejects(install(bundle, here), (error: Error & { details: string }) => {
      assert.match(error.details, /could not connect/);
      return true;
    });
    assert.equal(await existing(bundle, here), undefined);
  }
});

test('environments of other versions are removed', async () => {
  await mkdir(path.join(storage, 'server-0.0.9'));
  await install(bundle, around(machine(['/usr/bin/python3'])));
  assert.deepEqual(await readdir(storage), ['server-0.1.0']);
});

test('the lock of a process that is gone is taken over', async () => {
  await writeFile(path.join(storage, 'setup.lock'), '999999999');
  await install(bundle, around(machine(['/usr/bin/python3'])));
});

test('a cancelled setup says how to begin again', async () => {
  const stop = new AbortController();
  const here = machine(['/usr/bin/python3'], () => {
    stop.abort();
    return done;
  });
  await assert.rejects(install(bundle, { ...around(here), signal: stop.signal }), /cancelled.*Restart Server/);
});
