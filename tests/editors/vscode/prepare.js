// Packages the extension, twice: for all platforms, and with everything that this machine needs without a network.
import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { CODE_SERVER, PYTHON, ROOT } from './places.js';

const extension = join(ROOT, 'client-vscode');

/** @param {string[]} args */
function npm(...args) {
  execFileSync('npm', args, { cwd: extension, stdio: 'inherit', env: { ...process.env, PYTHON } });
}

if (existsSync(CODE_SERVER) && existsSync(PYTHON)) {
  if (!existsSync(join(extension, 'node_modules'))) {
    npm('ci', '--no-audit', '--no-fund');
  }
  npm('run', '--silent', 'package');
  npm('run', '--silent', 'package', '--', '--offline');
}
