// Where the programs of these tests are, and what is missing when they are not.
import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';

export const ROOT = join(import.meta.dirname, '..', '..', '..');
export const ARTEFACTS = join(ROOT, 'artefacts', 'vscode');

const home = join(process.env.EDITORS_HOME ?? join(homedir(), '.cache', 'editors'), 'vscode');
const arch = process.arch === 'arm64' ? 'arm64' : 'x64';

export const NODE = join(home, 'node', 'node_modules', `node-linux-${arch}`, 'bin', 'node');
export const CODE_SERVER = join(home, 'code-server/lib/node_modules/code-server/out/node/entry.js');
export const PYTHON = process.env.TIERWISE_PYTHON ?? join(ROOT, '.venv', 'bin', 'python');

/** The newest .vsix of `npm run package`; `offline` asks for the one that brings all wheels. */
export function vsix(offline = false) {
  const folder = join(ROOT, 'client-vscode', 'dist');
  const names = existsSync(folder) ? readdirSync(folder) : [];
  const name = names.find((each) => each.endsWith('.vsix') && /-linux-/.test(each) === offline);
  return name === undefined ? undefined : join(folder, name);
}

/** The browser; undefined where there is none. */
export function chromium() {
  const names = [process.env.CHROMIUM ?? '', 'chromium', 'chromium-browser', 'google-chrome'];
  for (const name of names.filter((each) => each !== '')) {
    try {
      return execFileSync('sh', ['-c', 'command -v "$1"', 'sh', name], { encoding: 'utf8' }).trim();
    } catch {
      continue;
    }
  }
  return undefined;
}

/** What is missing, as one sentence that says how to get it; undefined when all is there. */
export function missing() {
  if (!existsSync(NODE) || !existsSync(CODE_SERVER)) {
    return 'VS Code is not installed for tests: run tests/editors/install_vscode.sh';
  }
  if (chromium() === undefined) {
    return 'there is no Chromium: run tests/editors/install_vscode.sh';
  }
  if (!existsSync(PYTHON)) {
    return `there is no ${PYTHON}: run make test once, or name an interpreter with Tierwise in TIERWISE_PYTHON`;
  }
  if (vsix() === undefined) {
    return 'the extension is not packaged: run npm run package in client-vscode';
  }
  return undefined;
}

/**
 * Options of a test that needs the editor: skipped where the editor is missing, unless TIERWISE_EDITORS=require (as in
 * continuous integration), where it then fails.
 */
export function needsEditor() {
  const reason = missing();
  if (reason !== undefined && process.env.TIERWISE_EDITORS === 'require') {
    throw new Error(reason);
  }
  return reason === undefined ? {} : { skip: reason };
}
