// A folder that a stranger wrote: what it may do before it is trusted, and after.
import assert from 'node:assert/strict';
import { chmodSync, existsSync, mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { after, afterEach, before, describe, test } from 'node:test';
import { Editor, until } from './editor.js';
import { needsEditor } from './places.js';
import { modelFile, PRICES, simulate, TYPESCRIPT, write } from './world.js';

// It narrows one thing, which it may.
const NARROWER = `[completion]
disabled_languages = ["typescript"]

`;

describe('a folder that is not trusted', needsEditor(), () => {
  /** @type {Editor} */
  let editor;
  /** @type {Awaited<ReturnType<typeof simulate>>} */
  let models;
  /** @type {Awaited<ReturnType<typeof simulate>>} */
  let strangers;
  let ran = '';

  before(async () => {
    editor = new Editor({ files: { 'prices.py': PRICES, 'shapes.ts': TYPESCRIPT }, trust: true });
    models = await simulate(editor.folder);
    const elsewhere = join(editor.folder, 'elsewhere');
    mkdirSync(elsewhere);
    strangers = await simulate(elsewhere);
    ran = join(editor.folder, 'ran');
    const program = join(editor.workspace, 'python');
    write(editor.workspace, {
      python: `#!/bin/sh\necho "$@" >>${ran}\nexit 1\n`,
      '.tierwise.toml': NARROWER + modelFile('theirs', strangers.base),
      '.vscode/settings.json': JSON.stringify({ 'tierwise.interpreter': program, 'tierwise.profile': 'local' }),
    });
    chmodSync(program, 0o755);
    const own = `profile = "embedded"\n${modelFile('near', models.base)}`;
    write(editor.home, { '.config/tierwise/config.toml': own });
    await editor.start();
    await editor.open('prices.py');
    await editor.page.locator('.statusbar-item', { hasText: 'Restricted Mode' }).waitFor();
    await editor.ready();
  });

  after(async () => {
    await editor.stop();
    models.stop();
    strangers.stop();
  });

  afterEach(async (context) => {
    if ('passed' in context && context.passed === false) {
      await editor.keep(`trust-${context.name.replaceAll(/\W+/g, '-')}`);
    }
  });

  const asked = () => strangers.lines.filter((line) => line.includes('infill')).length;

  /** What the server says of itself. */
  async function status() {
    await editor.command('Tierwise: Show Status');
    await until('the status', async () => /"trusted"/.test(await editor.text()));
    const text = await editor.text();
    await editor.close();
    return text;
  }

  async function type() {
    await editor.page.keyboard.press('Control+End');
    await editor.page.keyboard.type('\n\ndef saving(amount, percent):\nreturn ');
  }

  test('it brings neither a program nor a model server', async () => {
    assert.match(await status(), /"profile": "embedded"[^]*"trusted": false[^]*near\/qwen2\.5-coder/);
    await type();
    await editor.ghost('amount * percent');
    await editor.picture('restricted');
    assert.ok(!existsSync(ran), 'a program of the folder was run');
    assert.equal(asked(), 0);
  });

  test('what it narrows holds', async () => {
    await editor.show('shapes.ts');
    await editor.page.keyboard.press('Control+End');
    await editor.page.keyboard.type('\nfunction ');
    const before = models.lines.length;
    await editor.command('Trigger Inline Suggestion');
    await new Promise((resolve) => setTimeout(resolve, 1_000)); // nothing is to happen, which has no sign
    assert.equal(await editor.ghostText(), '');
    assert.equal(models.lines.length, before);
    await editor.command('File: Revert File');
  });

  test('once it is trusted its settings count, with the same server', async () => {
    rmSync(join(editor.workspace, '.vscode'), { recursive: true }); // another interpreter is another server
    await editor.page.locator('.explorer-folders-view', { hasText: '.vscode' }).waitFor({ state: 'detached' });
    const [pid] = editor.processes();
    await editor.command('Workspaces: Manage Workspace Trust');
    await editor.page.locator('.workspace-trust-editor').getByText('Trust', { exact: true }).click();
    await until('a trusted folder', async () => /"trusted": true[^]*theirs\/qwen2\.5-coder/.test(await status()));
    await editor.show('prices.py');
    await editor.page.keyboard.press('Escape');
    await editor.page.keyboard.type('(');
    await editor.command('Trigger Inline Suggestion');
    await until('a question to the model server of the folder', async () => asked() > 0);
    assert.deepEqual(editor.processes(), [pid]);
    assert.ok(!existsSync(ran));
  });
});
