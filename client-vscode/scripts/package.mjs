// Makes the .vsix: bundle, server wheel, and (--offline) the wheels that the server needs on this kind of machine.
//
//   npm run package                 one file for all platforms; the first start fetches what the server needs
//   npm run package -- --offline    for this platform and this Python's version; the first start needs no network
import { execFileSync } from 'node:child_process';
import { copyFileSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';

const root = join(import.meta.dirname, '..');
const offline = process.argv.includes('--offline');
const windows = process.platform === 'win32';
const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));

const MAX_BUNDLE = 1_000_000;

const inVenv = join(root, '..', '.venv', windows ? 'Scripts/python.exe' : 'bin/python');
const python = process.env.PYTHON ?? (existsSync(inVenv) ? inVenv : windows ? 'py' : 'python3');

function run(command, args) {
  execFileSync(command, args, { cwd: root, stdio: ['ignore', 'ignore', 'inherit'] });
}

function tool(name, args) {
  run(process.execPath, [join(root, 'node_modules', ...name), ...args]);
}

rmSync(join(root, 'server'), { recursive: true, force: true });
mkdirSync(join(root, 'server'));
const platform = `${windows ? 'win32' : process.platform}-${process.arch === 'arm' ? 'armhf' : process.arch}`;
const out = join('dist', offline ? `tierwise-${version}-${platform}.vsix` : `tierwise-${version}.vsix`);
for (const name of existsSync(join(root, 'dist')) ? readdirSync(join(root, 'dist')) : []) {
  if (!name.endsWith('.vsix') || join('dist', name) === out) {
    rmSync(join(root, 'dist', name));
  }
}
const pip = ['-m', 'pip', '--quiet', '--disable-pip-version-check', 'wheel'];
run(python, [...pip, '--no-deps', '--wheel-dir', 'server', '..']);
if (offline) {
  run(python, [...pip, '--wheel-dir', 'server/wheels', join('server', `tierwise-${version}-py3-none-any.whl`)]);
}
run(process.execPath, ['scripts/build.mjs', '--production']);

const size = readdirSync(join(root, 'dist'))
  .filter((name) => name.endsWith('.js'))
  .reduce((sum, name) => sum + statSync(join(root, 'dist', name)).size, 0);
if (size > MAX_BUNDLE) {
  throw new Error(`the code has ${size} bytes; ${MAX_BUNDLE} are allowed`);
}

copyFileSync(join(root, '..', 'LICENSE'), join(root, 'LICENSE'));
const target = offline ? ['--target', platform] : [];
try {
  tool(
    ['@vscode', 'vsce', 'vsce'],
    ['package', '--no-dependencies', '--allow-missing-repository', ...target, '--out', out],
  );
} finally {
  rmSync(join(root, 'LICENSE'));
}
console.log(`${out}: ${kib(statSync(join(root, out)).size)}, of which the code ${kib(size)} before compression`);

function kib(bytes) {
  return `${Math.round(bytes / 1024)} KiB`;
}
