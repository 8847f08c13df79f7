// One working day in VS Code, in order: what is typed, renamed, asked, changed, cancelled, and lost on the way.
import assert from 'node:assert/strict';
import { after, afterEach, before, describe, test } from 'node:test';
import { Editor, until } from './editor.js';
import { needsEditor } from './places.js';
import { models as settings, ORDERS, PRICES, simulate, SIMPLER, TYPESCRIPT, write } from './world.js';

describe('a working day', needsEditor(), () => {
  /** @type {Editor} */
  let editor;
  /** @type {Awaited<ReturnType<typeof simulate>>} */
  let models;

  before(async () => {
    editor = new Editor({
      files: { 'prices.py': PRICES, 'orders.py': ORDERS, 'shapes.ts': TYPESCRIPT },
      environment: { FAR_KEY: 'simulated' },
    });
    models = await simulate(editor.folder);
    editor.wishes.settings = settings(models.base);
    await editor.start();
    await editor.open('prices.py');
    await editor.ready();
  });

  after(async () => {
    await editor.stop();
    models.stop();
  });

  afterEach(async (context) => {
    if ('passed' in context && context.passed === false) {
      await editor.keep(context.name.replaceAll(/\W+/g, '-'));
    }
  });

  const keyboard = () => editor.page.keyboard;

  test('what follows from an edit is shown where it would happen; Tab goes there, and takes it', async () => {
    await editor.goTo(6, 25);
    await keyboard().press('Control+Shift+ArrowRight');
    await keyboard().type('share');
    await editor.hint('Tab: next edit, ↓ line 8');
    await editor.picture('next-edit');
    await keyboard().press('Tab');
    await editor.hint('Tab: take the edit');
    await keyboard().press('Tab');
    await until('the edit', async () => (await editor.text()).includes('return amount * (1 + share)'));
    assert.match(await editor.text(), /def gross_price\(amount, share=TAX\)/);
    await editor.command('File: Revert File');
    await until('the file as it was', async () => !(await editor.text()).includes('share'));
  });

  test('ghost text appears, and Tab takes it', async () => {
    await editor.goTo(19, 1);
    await keyboard().press('Control+End');
    await keyboard().type('\n\ndef saving(amount, percent):\nreturn ');
    await editor.ghost('amount * percent');
    await editor.picture('ghost-text');
    await keyboard().press('Tab');
    assert.match(
      await editor.saved('prices.py'),
      /def saving\(amount, percent\):\n {4}return amount \* percent \/ 100\n?$/,
    );
    await editor.bar(/fast/);
  });

  test('a word of ghost text is taken, the rest is passed over, and the server hears of both', async () => {
    await editor.traced();
    await keyboard().type('\n\n\ndef saving_twice(amount, percent):\nreturn ');
    await editor.ghost('amount * percent');
    const told = (/** @type {string} */ method) => editor.log().split(`Sending notification '${method}`).length - 1;
    // Seen: told after whatever else has happened to ghost text.
    const seen = () => {
      const log = editor.log();
      const last = (/** @type {string} */ words) => log.lastIndexOf(words);
      const before = [last("request 'textDocument/inlineCompletion"), last('didPartiallyAcceptCompletion')];
      return last('didShowCompletion') > Math.max(...before);
    };
    await until('ghost text seen', async () => seen());
    await keyboard().press('Control+ArrowRight');
    await until('a part taken', async () => told('textDocument/didPartiallyAcceptCompletion') === 1);
    await editor.ghost('* percent');
    await until('the rest seen', async () => seen());
    const before = told('tierwise/rejected');
    await keyboard().type('# ');
    await until('the rest passed over', async () => told('tierwise/rejected') > before);
    await editor.command('File: Revert File');
    await until('the file as it was', async () => !(await editor.text()).includes('saving_twice'));
  });

  test('Rename Symbol asks Tierwise where nobody else renames, over two files', async () => {
    await editor.goTo(6, 6);
    await keyboard().press('F2');
    const box = editor.page.locator('.rename-box input:focus');
    await box.waitFor();
    assert.equal(await box.inputValue(), 'gross_price');
    await box.fill('price_with_tax');
    await keyboard().press('Enter');
    await until('the new name in the editor', async () => (await editor.text()).includes('def price_with_tax'));
    await editor.command('File: Save All Files');
    await editor.holds('orders.py', 'import discount, price_with_tax');
    assert.doesNotMatch(editor.read('orders.py').replace(/#.*/, ''), /gross_price/);
    assert.match(editor.read('prices.py'), /def price_with_tax\(amount, rate=TAX\)/);
  });

  test("where the language's own extension renames, its rename stays", async () => {
    await editor.show('shapes.ts');
    await editor.goTo(1, 18);
    const before = models.lines.length;
    const box = editor.page.locator('.rename-box input:focus');
    const asked = (/** @type {number} */ since) => editor.log().slice(since).includes('textDocument/prepareRename');
    // TypeScript's own server takes its time to start. Until then nobody else renames, and Tierwise does.
    await until('the rename of TypeScript itself', async () => {
      const since = editor.log().length;
      await keyboard().press('F2');
      await box.waitFor({ timeout: 3_000 });
      // Once more: what the log says of the first time may come after its box, but not after the second one.
      await keyboard().press('Escape');
      await box.waitFor({ state: 'hidden' });
      await keyboard().press('F2');
      await box.waitFor({ timeout: 3_000 });
      if (asked(since)) {
        await keyboard().press('Escape');
        return false;
      }
      return true;
    });
    const logged = editor.log().length;
    await box.fill('surface');
    await keyboard().press('Enter');
    await until('the new name', async () => (await editor.text()).includes('console.log(surface(2, 3))'));
    assert.doesNotMatch(editor.log().slice(logged), /textDocument\/rename/);
    assert.equal(models.lines.length, before);
    await editor.saved('shapes.ts');
    // On a keyword TypeScript refuses, and that is the last word: Tierwise does not step in.
    await editor.goTo(2, 4);
    await keyboard().press('F2');
    await editor.page.locator('.monaco-editor-overlaymessage', { hasText: 'cannot rename' }).waitFor();
  });

  test("renamed everywhere, what the language's own extension changes comes with what it leaves behind", async () => {
    await editor.goTo(1, 18);
    await keyboard().press('F1');
    await editor.choose('>Tierwise: Rename Everywhere…', 'Rename Everywhere');
    await editor.page.locator('.quick-input-title', { hasText: 'everywhere' }).waitFor();
    await editor.box().fill('extent');
    await editor.page.locator('.quick-input-list .monaco-list-row', { hasText: 'extent' }).waitFor();
    await keyboard().press('Enter');
    await editor.page.locator('.tab.active', { hasText: 'Rename to extent' }).waitFor();
    await editor.picture('renamed-everywhere');
    await editor.accept();
    await until('the new name', async () => (await editor.text()).includes('console.log(extent(2, 3))'));
    await editor.saved('shapes.ts');
    assert.match(editor.read('shapes.ts'), /^export function extent\(/);
  });

  test('an edit by instruction is shown first, accepted, and undone in one step', async () => {
    await editor.show('prices.py');
    await editor.select(11, 18);
    await keyboard().press('Control+I');
    await editor.answer('flat conditions, please');
    await editor.page.locator('.monaco-diff-editor .view-line', { hasText: 'if percent >= 100' }).first().waitFor();
    assert.match(editor.read('prices.py'), /else:\n {12}return 0/);
    await editor.picture('proposed-change');
    await editor.accept();
    await until('the simpler function', async () => (await editor.text()).includes('if percent >= 100'));
    await keyboard().press('Control+Z');
    await until('the old function', async () => (await editor.text()).includes('if percent < 100'));
    await until('the simpler function again', async () => {
      await keyboard().press('Control+Shift+Z');
      return (await editor.text()).includes('if percent >= 100');
    });
    assert.ok((await editor.saved('prices.py')).includes(SIMPLER));
  });

  test('an edit of two files is decided file by file', async () => {
    await editor.show('orders.py');
    await editor.goTo(1, 1);
    await keyboard().press('Control+I');
    await editor.answer('change the tax in both files');
    await editor.decision('Accept').click();
    await editor.page.locator('.tab.active', { hasText: '2 of 2' }).waitFor();
    await editor.picture('two-files');
    await editor.decision('Discard').click();
    await editor.page.locator('.tab', { hasText: 'of 2' }).waitFor({ state: 'detached' });
    await editor.show('prices.py');
    assert.match(await editor.saved('prices.py'), /TAX = 0\.21/);
    assert.match(editor.read('orders.py'), /^"""Orders of the shop\."""/);
  });

  test('a code action is filled in when it is chosen', async () => {
    write(editor.workspace, { 'prices.py': PRICES });
    await until('the file as it was', async () => (await editor.text()).includes('if percent < 100'));
    await editor.select(11, 18);
    await keyboard().press('Control+.');
    const menu = editor.page.locator('.action-widget:not(.action-list-submenu-panel)');
    await menu.waitFor();
    await editor.picture('light-bulb');
    await menu.locator('.monaco-list-row', { hasText: 'Simplify' }).click();
    // Its model takes longer than half a second: that is shown, and can be cancelled.
    await editor.page.locator('.notification-toast', { hasText: 'Tierwise' }).getByText('Cancel').waitFor();
    await editor.accept();
    await until('the simpler function', async () => (await editor.text()).includes('if percent >= 100'));
    await editor.saved('prices.py');
  });

  test('an explanation is streamed into a view beside the editor; a question follows', async () => {
    await editor.select(6, 8);
    await editor.command('Tierwise: Explain');
    const page = editor.webview();
    await page.locator('article.asking .answer', { hasText: 'It takes' }).waitFor();
    await page.locator('article.done .note', { hasText: 'far/claude' }).waitFor();
    assert.equal(await page.locator('article table td').count(), 4);
    assert.equal(await page.locator('article script').count(), 0);
    assert.match(await page.locator('article .answer').innerText(), /<script>document\.title/);
    await page.locator('.hljs-keyword', { hasText: 'assert' }).waitFor();
    await page.locator('#question').fill('And without tax?');
    await page.locator('#question').press('Enter');
    await page.locator('article.done .answer', { hasText: 'just the amount' }).waitFor();
    await editor.picture('explanation');
    await page.locator('[data-do=insertCode]').first().click();
    await until('the code in the file', async () => (await editor.text()).includes('assert gross_price(100) == 119.0'));
    await keyboard().press('Control+Z');
  });

  test('a long answer is stopped, and a long edit is cancelled', async () => {
    const page = editor.webview();
    await page.locator('#question').fill('Write a poem about it');
    await page.locator('#question').press('Enter');
    await page.locator('article.asking .answer', { hasText: 'one more line' }).waitFor();
    await page.locator('article.asking [data-do=stop]').click();
    await page.locator('article.stopped .note', { hasText: 'Stopped' }).waitFor();
    await until('the closed connection', async () =>
      models.lines.some((line) => line.includes('closed by the client')),
    );
    await editor.page.locator('.tab', { hasText: 'Tierwise' }).click({ button: 'middle' });
    await editor.show('prices.py');
    await editor.goTo(12, 1);
    const before = models.lines.length;
    await keyboard().press('Control+I');
    await editor.answer('take your time with this one');
    const toast = editor.page.locator('.notification-toast', { hasText: 'Tierwise' });
    await toast.getByText('Cancel').click();
    await toast.waitFor({ state: 'detached' });
    await until('the closed connection', async () =>
      models.lines.slice(before).some((line) => line.includes('closed by the client')),
    );
    assert.equal(await editor.page.locator('.notification-toast').count(), 0, 'cancelling needs no message');
  });

  test('a changed setting holds at once', async () => {
    write(editor.workspace, { '.vscode/settings.json': '{ "tierwise.completion.disabled_languages": ["python"] }' });
    await editor.bar(/./, /layers/);
    await keyboard().press('Control+End');
    await keyboard().type('\n\ndef saving(amount, percent):\nreturn ');
    const before = models.lines.length;
    await new Promise((resolve) => setTimeout(resolve, 1_000)); // nothing is to happen, which has no sign
    assert.equal(await editor.ghostText(), '');
    assert.equal(models.lines.length, before);
    await editor.command('Tierwise: Toggle Ghost Text for This Language');
    await editor.bar(/./, /debug-pause/);
    await editor.command('Trigger Inline Suggestion');
    await editor.ghost('amount * percent');
  });

  test('a killed server comes back, and nothing unsaved is lost', async () => {
    const [pid, ...others] = editor.processes();
    assert.deepEqual(others, []);
    assert.ok(pid !== undefined);
    await editor.page.locator('.tab.active.dirty').waitFor();
    process.kill(pid, 'SIGKILL');
    await until('another server', async () => {
      const now = editor.processes();
      return now.length === 1 && now[0] !== pid;
    });
    await editor.ready();
    await keyboard().press('Escape');
    await editor.command('Trigger Inline Suggestion');
    await editor.ghost('amount * percent');
    assert.match(await editor.saved('prices.py'), /def saving\(amount, percent\):\n {4}return/);
  });

  test('restarts that are asked for at once are one', async () => {
    await editor.command('Tierwise: Restart Server');
    await editor.command('Tierwise: Restart Server');
    await editor.ready();
    await until('one server', async () => editor.processes().length === 1);
  });
});
