// What the extension shows, in a dark and in a light theme; a picture of each is kept.
import assert from 'node:assert/strict';
import { after, afterEach, before, describe, test } from 'node:test';
import { Editor, until } from './editor.js';
import { needsEditor } from './places.js';
import { EXPLANATION, models as settings, ORDERS, PRICES, simulate, write } from './world.js';

const TOML = `# Settings of this folder
profile = "embedded"
harness = "cloud"

[budget]
day_usd = -2
`;

/** How light a colour is, 0 to 255. @param {string} colour */
function lightness(colour) {
  const parts = (colour.match(/[\d.]+/g) ?? []).slice(0, 3).map(Number);
  return parts.reduce((sum, part) => sum + part, 0) / 3;
}

for (const theme of /** @type {const} */ (['dark', 'light'])) {
  describe(`the views, ${theme}`, needsEditor(), () => {
    /** @type {Editor} */
    let editor;
    /** @type {Awaited<ReturnType<typeof simulate>>} */
    let models;

    const keyboard = () => editor.page.keyboard;
    const picture = (/** @type {string} */ name) => editor.picture(`${name}-${theme}`);

    /** The page of the webview in front wears the theme. */
    async function wearsTheTheme() {
      const colour = await editor
        .webview()
        .locator('body')
        .evaluate((body) => {
          const style = getComputedStyle(body);
          return [style.backgroundColor, style.color];
        });
      const [paper = '', ink = ''] = colour;
      // A page without a colour of its own shows the editor's, which is the theme's.
      const seen = paper === 'rgba(0, 0, 0, 0)' ? undefined : lightness(paper);
      assert.ok(seen === undefined || (theme === 'dark' ? seen < 90 : seen > 180), `paper ${paper}`);
      assert.ok(theme === 'dark' ? lightness(ink) > 130 : lightness(ink) < 120, `ink ${ink}`);
    }

    before(async () => {
      editor = new Editor({
        files: { 'prices.py': PRICES, 'orders.py': ORDERS },
        environment: { FAR_KEY: 'simulated' },
        theme,
      });
      models = await simulate(editor.folder, EXPLANATION);
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
        await editor.keep(`${theme}-${context.name.replaceAll(/\W+/g, '-')}`);
      }
    });

    test('an answer beside the code', async () => {
      await editor.select(11, 18);
      await editor.command('Tierwise: Explain');
      await editor.webview().locator('article.done .note', { hasText: 'far/claude' }).waitFor();
      await wearsTheTheme();
      await picture('answer');
      await editor.page.locator('.tab', { hasText: 'Tierwise' }).click({ button: 'middle' });
    });

    test('a change of two files, to be decided on in the editor or in the side bar', async () => {
      await editor.show('orders.py');
      await editor.view('Tierwise');
      await editor.goTo(1, 1);
      await keyboard().press('Control+I');
      await editor.answer('change the tax in both files');
      await editor.page.locator('.monaco-diff-editor').waitFor();
      const rows = editor.page.locator('.pane', { hasText: 'Proposed changes' }).locator('.monaco-list-row');
      await rows.filter({ hasText: 'orders.py' }).waitFor();
      await rows.filter({ hasText: /\d+ checks passed/ }).click();
      await rows.filter({ hasText: 'syntax' }).waitFor();
      await picture('proposals');
      await rows.filter({ hasText: 'orders.py' }).hover();
      await rows.filter({ hasText: 'orders.py' }).locator('a[aria-label^="Discard"]').click();
      await rows.filter({ hasText: 'discarded' }).waitFor();
      await editor.accept();
      await editor.show('prices.py');
      await until('the new tax', async () => (await editor.text()).includes('TAX = 0.21'));
      await editor.saved('prices.py');
    });

    test('work that no model could do waits in the queue, with what was tried', async () => {
      await editor.goTo(3, 1);
      await keyboard().press('Control+I');
      await editor.answer('lower the tax');
      const said = editor.notifications().filter({ hasText: 'waits as number' });
      await said.getByText('Show Queue').waitFor({ timeout: 60_000 });
      const row = editor.page.locator('.pane', { hasText: 'Queue' }).locator('.monaco-list-row').first();
      await row.filter({ hasText: 'edit' }).waitFor();
      await editor.command('Notifications: Clear All Notifications');
      await row.hover();
      await picture('queue');
      await row.click();
      await until('what was tried', async () => {
        const text = await editor
          .webview()
          .locator('body')
          .innerText()
          .catch(() => editor.text());
        return /attempt|Rejected/i.test(text);
      });
      await picture('tried');
      await editor.close();
      await row.hover();
      if (theme === 'dark') {
        await row.locator('a[aria-label^="Try Again with Tier"]').click();
        await editor.pick('frontier', 'frontier');
        await editor.accept();
        await until('the new tax', async () => (await editor.text()).includes('TAX = 0.07'));
        await editor.saved('prices.py');
      } else {
        await row.locator('a[aria-label^="Drop"]').click();
        await editor.page.locator('.monaco-dialog-box').getByText('Drop', { exact: true }).click();
      }
      await row.waitFor({ state: 'detached' });
    });

    test('the report', async () => {
      await editor.view('Explorer');
      await editor.command('Tierwise: Show Report');
      await editor.webview().locator('.tile, table').first().waitFor();
      await wearsTheTheme();
      assert.equal(await editor.webview().locator('script:not([id])').count(), 0);
      await picture('report');
      await editor.close();
    });

    test('the menu behind the status bar', async () => {
      await editor.page.locator('#tierwise\\.tierwise\\.tierwise\\.status').click();
      const row = editor.page.locator('.quick-input-list .monaco-list-row');
      await row.filter({ hasText: 'Switch profile' }).waitFor();
      await picture('menu');
      await row.filter({ hasText: 'Pause ghost text' }).click();
      await editor.bar(/./, /layers/);
      await editor.command('Tierwise: Resume Ghost Text');
      await editor.bar(/./, /debug-pause/);
      await editor.page.locator('#tierwise\\.tierwise\\.tierwise\\.status').hover();
      await editor.page.locator('.hover-contents', { hasText: 'This session' }).last().waitFor();
      await picture('status');
    });

    test('a settings file is checked and completed while it is written', async () => {
      write(editor.workspace, { '.tierwise.toml': TOML });
      await editor.show('.tierwise.toml');
      await editor.page.locator('.squiggly-error').nth(1).waitFor();
      await keyboard().press('Control+End');
      await keyboard().type('\n[tiers.');
      const widget = editor.page.locator('.suggest-widget.visible');
      await widget.locator('.monaco-list-row', { hasText: 'balanced' }).waitFor();
      await picture('settings-file');
      await keyboard().press('Escape');
      await editor.command('File: Revert File');
    });

    test('the first steps', async () => {
      await editor.command('Tierwise: First Steps');
      await editor.page.locator('.getting-started-step', { hasText: 'Choose a profile' }).first().waitFor();
      await keyboard().press('Control+B'); // without the side bar there is room for what explains the step
      await editor.webview().locator('body', { hasText: 'profile' }).waitFor();
      await picture('first-steps');
    });
  });
}
