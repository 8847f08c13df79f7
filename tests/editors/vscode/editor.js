// VS Code in a browser: one server with a home of its own, one page, and what a person does with it.
import { execFileSync, spawn } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import playwright from 'playwright-core';
import { ARTEFACTS, chromium, CODE_SERVER, NODE, PYTHON, vsix } from './places.js';
import { write } from './world.js';

const CALM = {
  'workbench.startupEditor': 'none',
  'telemetry.telemetryLevel': 'off',
  'workbench.enableExperiments': false,
  'update.mode': 'none',
  'extensions.autoUpdate': false,
  'extensions.autoCheckUpdates': false,
  'extensions.ignoreRecommendations': true,
  'chat.disableAIFeatures': true,
  'workbench.tips.enabled': false,
  'workbench.reduceMotion': 'on',
  'editor.minimap.enabled': false,
  'files.autoSave': 'off',
  'files.hotExit': 'off',
  'git.enabled': false,
  'remote.autoForwardPorts': false,
  'workbench.secondarySideBar.defaultVisibility': 'hidden',
};

const CHROMIUM = [
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
  '--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1',
];

// A save is over when the disk has it, which on a disk that is busy with something else can be half a minute. What a
// test saves is kept in memory, where the system has such a folder.
const MEMORY = '/dev/shm';

/**
 * @typedef {object} Wishes
 * @property {Record<string, string>} files the workspace
 * @property {Record<string, unknown>} [settings] the user's settings
 * @property {Record<string, string>} [environment] what the server's environment holds besides
 * @property {boolean} [trust] ask whether the workspace is to be trusted
 * @property {'dark' | 'light'} [theme]
 * @property {boolean} [interpreter] start the checkout's server (the default); false: let the extension find one
 * @property {string} [extension] the .vsix
 */

export class Editor {
  /** @param {Wishes} wishes */
  constructor(wishes) {
    this.wishes = wishes;
    this.folder = mkdtempSync(join(tmpdir(), 'tierwise-vscode-'));
    this.shelf = mkdtempSync(join(existsSync(MEMORY) ? MEMORY : tmpdir(), 'tierwise-vscode-'));
    this.workspace = join(this.shelf, 'shop');
    this.home = join(this.folder, 'home');
    this.data = join(this.folder, 'data');
    this.port = 0;
    /** @type {import('node:child_process').ChildProcess | undefined} */
    this.server = undefined;
    /** @type {import('playwright-core').BrowserContext | undefined} */
    this.browser = undefined;
    /** @type {string[]} */
    this.said = [];
  }

  /** Install the extension and start; the page is there when this resolves, not yet the workbench. */
  async start() {
    write(this.workspace, this.wishes.files);
    mkdirSync(this.home, { recursive: true });
    this.settings({
      ...CALM,
      'workbench.colorTheme': this.wishes.theme === 'light' ? 'Default Light Modern' : 'Default Dark Modern',
      ...this.wishes.settings,
    });
    if (this.wishes.interpreter ?? true) {
      // A path belongs to the machine, not to the user who looks at it through a browser.
      write(join(this.data, 'Machine'), { 'settings.json': JSON.stringify({ 'tierwise.interpreter': PYTHON }) });
    }
    this.code(['--install-extension', this.wishes.extension ?? vsix() ?? '']);
    await this.serve();
    this.browser = await playwright.chromium.launchPersistentContext(join(this.folder, 'browser'), {
      executablePath: chromium(),
      args: CHROMIUM,
      chromiumSandbox: process.getuid?.() !== 0,
      viewport: { width: 1280, height: 800 },
      permissions: ['clipboard-read', 'clipboard-write'],
    });
    return this;
  }

  async serve() {
    this.port = await freePort();
    const trust = this.wishes.trust ? [] : ['--disable-workspace-trust'];
    const args = [...this.arguments(), '--bind-addr', `127.0.0.1:${this.port}`, ...trust];
    const server = spawn(NODE, args, { env: this.environment(), stdio: ['ignore', 'pipe', 'pipe'], detached: true });
    this.server = server;
    await new Promise((resolve, reject) => {
      server.on('exit', () => reject(new Error(`code-server ended: ${this.said.join('')}`)));
      for (const stream of [server.stdout, server.stderr]) {
        stream.setEncoding('utf8').on('data', (/** @type {string} */ text) => {
          this.said.push(text);
          if (text.includes('HTTP server listening')) {
            resolve(undefined);
          }
        });
      }
    });
  }

  /** The only page. */
  get page() {
    const page = this.browser?.pages()[0];
    if (page === undefined) {
      throw new Error('the editor is not started');
    }
    return page;
  }

  /** Open the workspace with a file in front. @param {string} file */
  async open(file) {
    const uri = `vscode-remote://127.0.0.1:${this.port}${join(this.workspace, file)}`;
    const payload = encodeURIComponent(JSON.stringify([['openFile', uri]]));
    await this.page.goto(`http://127.0.0.1:${this.port}/?folder=${this.workspace}&payload=${payload}`);
    await this.page.locator('.monaco-editor .view-line').first().waitFor({ timeout: 60_000 });
  }

  /** Open another file by its name. @param {string} file */
  async show(file) {
    // The list knows the files there were when it was opened: one that is only just written may be missing.
    await until(`${file} to open`, async () => {
      await this.page.keyboard.press('Control+P');
      await this.box().fill(file);
      const first = this.page.locator('.quick-input-list .monaco-list-row[data-index="0"]', { hasText: file });
      const found = await first.waitFor({ timeout: 5_000 }).then(
        () => true,
        () => false,
      );
      await this.page.keyboard.press(found ? 'Enter' : 'Escape');
      return found;
    });
    await this.page.locator('.quick-input-widget:visible').waitFor({ state: 'hidden' });
    await this.page.locator('.tab.active', { hasText: file }).waitFor();
    await this.page.locator('.editor-group-container.active .monaco-editor .view-line').first().waitFor();
  }

  /** Run a command by its title. @param {string} title */
  async command(title) {
    await this.page.keyboard.press('F1');
    await this.pick(`>${title}`, title);
  }

  /** Put the cursor somewhere; lines and columns count from 1. @param {number} line @param {number} column */
  async goTo(line, column) {
    await this.page.keyboard.press('Control+G');
    await this.pick(`:${line}:${column}`, `line ${line}`);
  }

  /**
   * Filter the list that is open, and take the first entry once it is the one that is meant.
   * @param {string} text @param {string} expected
   */
  async pick(text, expected) {
    await this.choose(text, expected);
    await this.page.locator('.quick-input-widget:visible').waitFor({ state: 'hidden' });
  }

  /** The same, where another list follows. @param {string} text @param {string} expected */
  async choose(text, expected) {
    await this.box().fill(text);
    await this.page.locator('.quick-input-list .monaco-list-row[data-index="0"]', { hasText: expected }).waitFor();
    await this.page.keyboard.press('Enter');
  }

  /** Type into the box that is open, which has no list, and press Enter. @param {string} text */
  async answer(text) {
    await this.box().fill(text);
    await this.page.keyboard.press('Enter');
  }

  box() {
    return this.page.locator('.quick-input-widget:visible input.input');
  }

  /** Select whole lines. @param {number} first @param {number} last */
  async select(first, last) {
    await this.goTo(first, 1);
    for (let line = first; line < last; line++) {
      await this.page.keyboard.press('Shift+ArrowDown');
    }
    await this.page.keyboard.press('Shift+End');
  }

  /** Take the proposed change in front; its diff is gone when this resolves. */
  async accept() {
    await this.decision('Accept').click();
    await this.page.locator('.monaco-diff-editor').waitFor({ state: 'detached' });
  }

  /** The button above the proposed change in front; the side bar has others. @param {'Accept' | 'Discard'} word */
  decision(word) {
    return this.page.locator(`.editor-actions a[aria-label^="${word} Proposed Change"]`).first();
  }

  /** Have the log hold the messages between VS Code and the server. */
  async traced() {
    await this.page.keyboard.press('F1');
    await this.choose('>Developer: Set Log Level...', 'Developer: Set Log Level...');
    await this.choose('Tierwise', 'Tierwise');
    await this.pick('Trace', 'Trace');
  }

  /** Close the tab in front. */
  async close() {
    await this.page.locator('.editor-group-container.active .tab.active').click({ button: 'middle' });
  }

  /** Open a view of the activity bar. @param {string} name */
  async view(name) {
    await this.page.locator(`.activitybar a.action-label[aria-label^="${name}"]`).click();
  }

  /** The notifications that are shown. */
  notifications() {
    return this.page.locator('.notification-toast');
  }

  /** The server of Tierwise is up. @param {number} [limit] longer, where it must be installed first */
  async ready(limit = 120_000) {
    try {
      await this.bar(/Tierwise|embedded|fast|balanced|frontier/, /spin|error/, limit);
    } catch (error) {
      await this.keep('never-ready');
      throw error;
    }
  }

  /** Wait for a status bar item with this text, and without an icon. @param {RegExp} text @param {RegExp} [not] @param {number} [limit] */
  async bar(text, not, limit = 45_000) {
    const item = this.page.locator('#tierwise\\.tierwise\\.tierwise\\.status');
    await until(
      `status bar ${text}`,
      async () => {
        const label = await item.innerText();
        const icons = await item
          .locator('.codicon')
          .evaluateAll((found) => found.map((each) => each.className).join(' '));
        return text.test(label) && !(not?.test(icons) ?? false);
      },
      limit,
    );
  }

  /** Wait for ghost text that holds this. @param {string} text */
  async ghost(text) {
    await until(`ghost text ${text}`, async () => (await this.ghostText()).includes(text), 20_000);
  }

  /** Wait for a text that an extension draws beside the code. @param {string} text */
  async hint(text) {
    const drawn = () =>
      this.page
        .locator('.editor-group-container.active .view-line span')
        .evaluateAll((spans) => spans.map((span) => getComputedStyle(span, '::after').content).join('\n'));
    await until(`hint ${text}`, async () => (await drawn()).replaceAll('\u00a0', ' ').includes(text));
  }

  async ghostText() {
    const parts = await this.page.locator('.ghost-text-decoration, .ghost-text').allInnerTexts();
    return parts.join('').replaceAll('\u00a0', ' ');
  }

  /** What the editor in front shows; only the lines that are drawn. */
  async text() {
    const lines = this.page.locator('.editor-group-container.active .monaco-editor .view-lines').last();
    return (await lines.innerText()).replaceAll('\u00a0', ' ');
  }

  /** Save, and read the file. @param {string} file */
  async saved(file) {
    await this.page.keyboard.press('Control+S');
    await this.page.locator('.tab.active.dirty').waitFor({ state: 'detached' });
    return this.read(file);
  }

  /** @param {string} file */
  read(file) {
    return readFileSync(join(this.workspace, file), 'utf8');
  }

  /** Wait until a file holds a text. @param {string} file @param {string} text */
  async holds(file, text) {
    await until(`${file} holds ${text}`, async () => this.read(file).includes(text));
  }

  /** Change the user's settings. @param {Record<string, unknown>} changes */
  settings(changes) {
    const file = join(this.data, 'User', 'settings.json');
    const old = existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')) : {};
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, JSON.stringify({ ...old, ...changes }, undefined, 2));
  }

  /** A picture of the page, kept. @param {string} name */
  async picture(name) {
    mkdirSync(ARTEFACTS, { recursive: true });
    await this.page.screenshot({ path: join(ARTEFACTS, `${name}.png`) });
  }

  /** The frame of the webview in front. */
  webview() {
    return this.page.frameLocator('iframe.webview.ready').frameLocator('#active-frame');
  }

  /** The log of the extension. */
  log() {
    const logs = join(this.data, 'logs');
    const files = existsSync(logs) ? readdirSync(logs, { recursive: true, encoding: 'utf8' }) : [];
    const found = files.filter((name) => /Tierwise\.log$/.test(name)).sort();
    return found.map((name) => readFileSync(join(logs, name), 'utf8')).join('\n');
  }

  /** Processes of the Tierwise server that this editor started. */
  processes() {
    return readdirSync('/proc')
      .filter((name) => /^\d+$/.test(name))
      .filter((pid) => {
        try {
          const words = readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0');
          const ours = readFileSync(`/proc/${pid}/environ`, 'utf8').includes(`HOME=${this.home}\0`);
          return ours && words.includes('serve') && words.some((word) => /tierwise/.test(word));
        } catch {
          return false; // it has ended meanwhile
        }
      })
      .map(Number);
  }

  /** Keep what helps to understand a failure. @param {string} name */
  async keep(name) {
    await this.picture(`failed-${name}`).catch(() => undefined);
    writeFileSync(join(ARTEFACTS, `failed-${name}.log`), `${this.log()}\n${this.said.join('')}`);
  }

  async stop() {
    await this.browser?.close();
    if (this.server?.pid !== undefined) {
      const ended = new Promise((resolve) => this.server?.on('exit', resolve));
      process.kill(-this.server.pid, 'SIGTERM'); // with its children, which are of its group
      await Promise.race([ended, wait(5_000)]);
      try {
        process.kill(-this.server.pid, 'SIGKILL'); // a child that hangs outlives its parent
      } catch {
        // none did
      }
    }
    for (const folder of [this.folder, this.shelf]) {
      rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
    }
  }

  /** Run code-server to its end. @param {string[]} args */
  code(args) {
    return execFileSync(NODE, [...this.arguments(), ...args], { env: this.environment(), encoding: 'utf8' });
  }

  arguments() {
    const flags = [
      '--auth',
      'none',
      '--disable-telemetry',
      '--disable-update-check',
      '--disable-getting-started-override',
    ];
    return [CODE_SERVER, ...flags, '--user-data-dir', this.data, '--extensions-dir', join(this.folder, 'extensions')];
  }

  environment() {
    const kept = ['LANG', 'LC_ALL', 'PIP_INDEX_URL', 'UV_INDEX_URL', 'UV_DEFAULT_INDEX', 'PIP_CONFIG_FILE'];
    return {
      ...Object.fromEntries(kept.flatMap((name) => (process.env[name] ? [[name, process.env[name]]] : []))),
      PATH: `${dirname(NODE)}:${process.env.PATH}`,
      HOME: this.home,
      XDG_CONFIG_HOME: join(this.home, '.config'),
      XDG_DATA_HOME: join(this.home, '.local/share'),
      XDG_STATE_HOME: join(this.home, '.local/state'),
      XDG_CACHE_HOME: join(this.home, '.cache'),
      UV_USE_IO_URING: '0', // seen: a file's save that never ends, in a process that spins
      EXTENSIONS_GALLERY: '{"serviceUrl":"","itemUrl":"","resourceUrlTemplate":""}',
      ...this.wishes.environment,
    };
  }
}

/** Wait for something to become true. @param {string} what @param {() => Promise<boolean>} check @param {number} [limit] */
export async function until(what, check, limit = 45_000) {
  const end = Date.now() + limit;
  let last = '';
  while (Date.now() < end) {
    try {
      if (await check()) {
        return;
      }
    } catch (error) {
      last = ` (${error instanceof Error ? error.message.split('\n')[0] : String(error)})`;
    }
    await wait(50);
  }
  throw new Error(`in ${limit / 1000} s there was no ${what}${last}`);
}

/** A copy of a file among the artefacts. @param {string} from @param {string} name */
export function keepFile(from, name) {
  mkdirSync(ARTEFACTS, { recursive: true });
  cpSync(from, join(ARTEFACTS, name));
}

/** @returns {Promise<number>} */
function freePort() {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.on('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      server.close(() => resolve(typeof address === 'object' && address !== null ? address.port : 0));
    });
  });
}
