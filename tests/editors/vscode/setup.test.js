// A fresh profile: the extension is installed, and sets its server up by itself, or says in one sentence why it cannot.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdirSync, readdirSync, symlinkSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { after, afterEach, describe, test } from 'node:test';
import { Editor, until } from './editor.js';
import { needsEditor, NODE, vsix } from './places.js';
import { PRICES } from './world.js';

const NOWHERE = 'http://127.0.0.1:9/simple';

/** VS Code's own figure: milliseconds that the extension's activation took. @param {Editor} editor */
async function activation(editor) {
  await editor.command('Developer: Show Running Extensions');
  const row = editor.page.locator('.runtime-extensions-editor .monaco-list-row', { hasText: 'Tierwise' });
  await row.locator('.activation-time', { hasText: /\d+ ?ms/ }).waitFor();
  const words = await row.locator('.activation-time').innerText();
  await editor.close();
  return words;
}

/** Type where the workspace itself says what comes next, until there is ghost text. @param {Editor} editor */
async function firstGhostText(editor) {
  await editor.page.keyboard.press('Control+End');
  await editor.page.keyboard.type('\n\ndef another(amount, percent):\nif per');
  await until('ghost text', async () => (await editor.ghostText()).trim() !== '', 60_000);
}

describe('a fresh profile', needsEditor(), () => {
  /** @type {Editor | undefined} */
  let editor;

  after(() => editor?.stop());

  afterEach(async (context) => {
    if ('passed' in context && context.passed === false) {
      await editor?.keep(`setup-${context.name.replaceAll(/\W+/g, '-')}`);
    }
    await editor?.stop();
    editor = undefined;
  });

  /** @param {Partial<import('./editor.js').Wishes>} wishes */
  async function begin(wishes) {
    editor = new Editor({ files: { 'prices.py': PRICES }, interpreter: false, ...wishes });
    await editor.start();
    return editor;
  }

  /** From the click on "install" to ghost text. @param {Partial<import('./editor.js').Wishes>} wishes */
  async function timed(wishes) {
    const from = Date.now();
    const here = await begin(wishes);
    await here.open('prices.py');
    const opened = Date.now();
    await here.ready();
    const up = Date.now();
    await firstGhostText(here);
    const seconds = (/** @type {number} */ to) => `${((to - from) / 1000).toFixed(1)} s`;
    const words = `workbench after ${seconds(opened)}, server set up after ${seconds(up)}, ghost text after ${seconds(Date.now())}`;
    return { here, words };
  }

  test('the server is set up from the wheel that came along, and ghost text appears', async (context) => {
    const { here, words } = await timed({});
    context.diagnostic(`from a fresh profile: ${words}`);
    await here.picture('first-ghost-text');
    const log = here.log();
    assert.match(log, /Setting up: installing the server/);
    assert.match(log, /globalStorage\/tierwise\.tierwise\/server-[\d.]+\/bin\/python -I -m tierwise serve/);
    const figure = await activation(here);
    context.diagnostic(`activation by VS Code's own figure: ${figure}`);
    assert.ok(Number(/(\d+) ?ms/.exec(figure)?.[1]) <= 100, figure);
    const [pid] = here.processes();
    await here.command('Tierwise: Restart Server');
    await until('another server', async () => {
      const now = here.processes();
      return now.length === 1 && now[0] !== pid;
    });
    assert.equal(here.log().split('installing the server').length, 2, 'it is set up once');
  });

  test('without a network, the wheels that came along do', { skip: offlineReason() }, async (context) => {
    const { here, words } = await timed({
      extension: vsix(true) ?? '',
      environment: {
        PIP_INDEX_URL: NOWHERE,
        PIP_EXTRA_INDEX_URL: '',
        UV_DEFAULT_INDEX: NOWHERE,
        PIP_CONFIG_FILE: '/dev/null',
      },
    });
    context.diagnostic(`without a network: ${words}`);
    assert.doesNotMatch(here.log(), /fetching what the server needs/);
  });

  test('a machine without Python is told so in one sentence, and a settings error likewise', async () => {
    const here = await begin({ environment: { PATH: programsWithoutPython() } });
    await here.open('prices.py');
    await here.notifications().filter({ hasText: 'Tierwise needs Python 3.11 or newer, or uv' }).waitFor();
    await here.picture('no-python');
    assert.equal(await here.notifications().count(), 1);
    await here.bar(/Tierwise/, /spin|layers/);
    await here.command('Notifications: Clear All Notifications');
    await here.command('Preferences: Open Remote Settings (JSON)').catch(() => undefined);
    assert.deepEqual(here.processes(), []);
  });

  /** A folder with what code-server needs, and no Python. */
  function programsWithoutPython() {
    const folder = join(execFileSync('mktemp', ['-d'], { encoding: 'utf8' }).trim(), 'bin');
    mkdirSync(folder);
    for (const name of [
      'sh',
      'bash',
      'env',
      'cat',
      'sed',
      'ps',
      'uname',
      'ls',
      'cp',
      'mkdir',
      'rm',
      'dirname',
      'readlink',
      'which',
    ]) {
      try {
        symlinkSync(
          execFileSync('sh', ['-c', 'command -v "$1"', 'sh', name], { encoding: 'utf8' }).trim(),
          join(folder, name),
        );
      } catch {
        continue;
      }
    }
    return `${dirname(NODE)}:${folder}`;
  }
});

/** Why the offline package cannot be tried; undefined when it can. */
function offlineReason() {
  return vsix(true) === undefined ? 'there is no offline package: npm run package -- --offline' : undefined;
}
