// A fresh profile: the extension is installed, and sets its server up by itself, or says in one sentence why it cannot.
import assert from 'node:assert/strict';
import { chmodSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { after, afterEach, describe, test } from 'node:test';
import { Editor, until } from './editor.js';
import { needsEditor, NODE, vsix } from './places.js';
import { PRICES, write } from './world.js';

// One of VS Code's own, whose figure is printed beside ours: a busy machine slows all extensions down alike.
const BUILT_IN = 'JSON Language Features';

const NOWHERE = 'http://127.0.0.1:9/simple';

/** VS Code's own figures: milliseconds that the activation of each extension took, by name. @param {Editor} editor */
async function activation(editor) {
  // The list keeps only the rows that are in view, the slowest first.
  await editor.page.setViewportSize({ width: 1280, height: 2400 });
  await editor.command('Developer: Show Running Extensions');
  const row = editor.page.locator('.runtime-extensions-editor .monaco-list-row', { hasText: 'Tierwise' });
  await row.locator('.activation-time', { hasText: /\d+ ?ms/ }).waitFor();
  await editor.picture('running-extensions');
  const figures = await editor.page.locator('.runtime-extensions-editor .monaco-list-row').evaluateAll((rows) =>
    rows.map((each) => {
      const name = each.querySelector('.name')?.textContent ?? '';
      return [name, Number(/(\d+) ?ms/.exec(each.querySelector('.activation-time')?.textContent ?? '')?.[1])];
    }),
  );
  await editor.page.keyboard.press('Escape');
  await editor.page.locator('.runtime-extensions-editor').waitFor({ state: 'detached' });
  await editor.page.setViewportSize({ width: 1280, height: 800 });
  return new Map(/** @type {[string, number][]} */ (figures));
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
    await here.ready(300_000);
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
    const figures = await activation(here);
    const [ours = NaN, theirs = NaN] = ['Tierwise', BUILT_IN].map((name) => figures.get(name));
    context.diagnostic(`activation by VS Code's own figure: ${ours} ms (${BUILT_IN}: ${theirs} ms)`);
    assert.ok(Number.isFinite(ours), JSON.stringify([...figures]));
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

  test('a machine without a new enough Python is told so in one sentence', async () => {
    editor = new Editor({ files: { 'prices.py': PRICES }, interpreter: false });
    editor.wishes.environment = { PATH: oldPrograms(editor) };
    await editor.start();
    await editor.open('prices.py');
    await editor.notifications().filter({ hasText: 'Tierwise needs Python 3.11 or newer, or uv' }).waitFor();
    await editor.picture('no-python');
    const shown = editor.notifications();
    await until('nothing but that', async () => (await shown.count()) === 1); // progress that has ended fades out
    await editor.bar(/Tierwise/, /spin|layers/);
    assert.deepEqual(editor.processes(), []);
  });

  /** A search path on which every Python is too old, and uv does not work. @param {Editor} here */
  function oldPrograms(here) {
    const folder = join(here.folder, 'old');
    for (const name of [
      'python3',
      'python',
      'python3.14',
      'python3.13',
      'python3.12',
      'python3.11',
      'uv',
      'tierwise',
    ]) {
      const text = name.startsWith('python') ? 'echo 3.9; echo /usr/bin/python3.9' : 'exit 1';
      write(folder, { [name]: `#!/bin/sh\n${text}\n` });
      chmodSync(join(folder, name), 0o755);
    }
    const search = `${folder}:${dirname(NODE)}:${process.env.PATH}`;
    write(here.home, { '.profile': `PATH='${search}'\n` }); // VS Code asks a login shell, whose system files set a path
    return search;
  }
});

/** Why the offline package cannot be tried; undefined when it can. */
function offlineReason() {
  return vsix(true) === undefined ? 'there is no offline package: npm run package -- --offline' : undefined;
}
