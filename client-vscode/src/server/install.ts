// The private installation: a virtual environment in the extension's storage, made once for each version, by uv where it
// is installed, else by a Python of the machine. Knows nothing of VS Code.
import { createHash } from 'node:crypto';
import { mkdir, open, readFile, readdir, rm, stat, writeFile } from 'node:fs/promises';
import * as path from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { SetupError, type Launch } from './launch';
import { which, type Machine, type RunResult } from './machine';
import { findPython } from './python';

/** What the extension brings. */
export interface Bundle {
  readonly version: string;
  /** The server's wheel; undefined: it comes from the package index. */
  readonly wheel: string | undefined;
  /** A folder with the wheels of all that it needs, for machines without a network; undefined: there is none. */
  readonly wheels: string | undefined;
}

export interface Surroundings {
  /** A folder of the extension's own. */
  readonly storage: string;
  readonly machine: Machine;
  /** Told what is being done. */
  readonly say: (step: string) => void;
  readonly signal: AbortSignal;
}

const PIP = ['-I', '-m', 'pip', 'install', '--quiet', '--disable-pip-version-check', '--no-input', '--no-compile'];
const STEP_MS = 600_000;
const LOCK_POLL_MS = 300;
/** A lock this old belongs to nobody: longer than all steps together may take. */
const LOCK_OLD_MS = 3 * STEP_MS;

/** The installation, if it is there, whole, and made from this very bundle. */
export async function existing(bundle: Bundle, { storage, machine }: Pick<Surroundings, 'storage' | 'machine'>) {
  const folder = folderOf(bundle, storage);
  const marked = await readFile(marker(folder), 'utf8').catch(() => undefined);
  const python = interpreter(folder, machine);
  return marked !== undefined && marked === (await fingerprint(bundle)) && machine.isFile(python)
    ? launchOf(bundle, python)
    : undefined;
}

/** Take the installation away; the next start makes it anew. */
export async function forget(bundle: Bundle, storage: string): Promise<void> {
  await rm(folderOf(bundle, storage), { recursive: true, force: true, maxRetries: 3 });
}

/** Make the installation, unless it is there. Throws SetupError; then nothing half-made stays. */
export async function install(bundle: Bundle, here: Surroundings): Promise<Launch> {
  await mkdir(here.storage, { recursive: true });
  return locked(here, async () => {
    const found = await existing(bundle, here); // perhaps another window has made it while we waited
    if (found !== undefined) {
      return found;
    }
    const folder = folderOf(bundle, here.storage);
    try {
      await forget(bundle, here.storage);
      await fill(bundle, here, await make(folder, here), interpreter(folder, here.machine));
      await writeFile(marker(folder), await fingerprint(bundle));
    } catch (error) {
      await forget(bundle, here.storage).catch(() => undefined);
      throw error;
    }
    await forgetOthers(folder);
    return launchOf(bundle, interpreter(folder, here.machine));
  });
}

function launchOf({ version }: Bundle, python: string): Launch {
  // -I: nothing of the user's own Python set-up (PYTHONPATH, user site) reaches into the private one.
  return { command: python, args: ['-I', '-m', 'tierwise'], origin: 'private', version };
}

/** Make an empty environment; the uv that made it, if one did. */
async function make(folder: string, here: Surroundings): Promise<string | undefined> {
  const uv = which('uv', here.machine);
  if (uv !== undefined) {
    here.say('making an environment with uv');
    const args = ['venv', '--quiet', '--no-project', '--python', '>=3.11', folder];
    if ((await step(uv, args, here)).status === 0) {
      return uv;
    }
  }
  here.say('looking for Python');
  const python = await findPython(here.machine);
  if (python === undefined) {
    throw new SetupError(
      'Tierwise needs Python 3.11 or newer, or uv: install one of them (python.org, docs.astral.sh/uv), then run "Tierwise: Restart Server".',
      'again',
    );
  }
  here.say('making an environment');
  const made = await step(python, ['-m', 'venv', folder], here);
  if (made.status !== 0) {
    const sentence = said(made).includes('ensurepip')
      ? `${python} cannot make environments: install its venv package (Debian, Ubuntu: apt install python3-venv) or uv, then run "Tierwise: Restart Server".`
      : `${python} could not make an environment for Tierwise; the log holds what it said.`;
    throw new SetupError(sentence, 'again', said(made));
  }
  return undefined;
}

/**
 * Install server and dependencies: from the wheels that came along where there are any, else from the index. Nothing is
 * compiled ahead: Python compiles and keeps what the server imports, which is a small part, and the first ghost text
 * waits for no more than that.
 */
async function fill(bundle: Bundle, here: Surroundings, uv: string | undefined, python: string): Promise<void> {
  here.say('installing the server');
  const wanted = bundle.wheel ?? `tierwise==${bundle.version}`;
  const attempt = (...options: string[]): Promise<RunResult> =>
    uv === undefined
      ? step(python, [...PIP, ...options, wanted], here)
      : step(uv, ['pip', 'install', '--quiet', '--python', python, ...options, wanted], here);
  if (bundle.wheels !== undefined) {
    const result = await attempt('--no-index', '--find-links', bundle.wheels);
    if (result.status === 0) {
      return;
    }
    here.say('fetching what the server needs');
  }
  const result = await attempt();
  if (result.status !== 0) {
    throw new SetupError(
      'What the Tierwise server needs could not be installed: is the package index (pypi.org, or your own) reachable? The log holds what the installer said.',
      'again',
      said(result),
    );
  }
}

async function step(command: string, args: readonly string[], here: Surroundings): Promise<RunResult> {
  const result = await here.machine.run(command, args, {
    cwd: here.storage, // uv reads settings of the folder it runs in
    signal: here.signal,
    timeoutMs: STEP_MS,
  });
  stopIfAsked(here.signal);
  return result;
}

function stopIfAsked(signal: AbortSignal): void {
  if (signal.aborted) {
    throw new SetupError(
      'Setting up the Tierwise server was cancelled; "Tierwise: Restart Server" begins again.',
      'again',
    );
  }
}

/** Do something while no other window does it. */
async function locked<T>(here: Surroundings, work: () => Promise<T>): Promise<T> {
  const lock = path.join(here.storage, 'setup.lock');
  while (!(await taken(lock))) {
    here.say('another window sets it up');
    await wait(LOCK_POLL_MS, undefined, { signal: here.signal }).catch(() => undefined);
    stopIfAsked(here.signal);
  }
  try {
    return await work();
  } finally {
    await rm(lock, { force: true });
  }
}

/** Take the lock; one whose process is gone is taken over. */
async function taken(lock: string): Promise<boolean> {
  try {
    const file = await open(lock, 'wx');
    await file.writeFile(String(process.pid));
    await file.close();
    return true;
  } catch {
    if (await abandoned(lock)) {
      await rm(lock, { force: true });
    }
    return false;
  }
}

async function abandoned(lock: string): Promise<boolean> {
  try {
    const old = Date.now() - (await stat(lock)).mtimeMs > LOCK_OLD_MS;
    const pid = Number(await readFile(lock, 'utf8'));
    return old || (pid > 0 && !alive(pid));
  } catch {
    return false; // released meanwhile
  }
}

function alive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM'; // there, and another user's
  }
}

/** Remove the environments of other versions; one that still runs on Windows stays until the next time. */
async function forgetOthers(folder: string): Promise<void> {
  const storage = path.dirname(folder);
  const others = (await readdir(storage)).filter(
    (name) => name.startsWith('server-') && name !== path.basename(folder),
  );
  for (const name of others) {
    await rm(path.join(storage, name), { recursive: true, force: true }).catch(() => undefined);
  }
}

/** What an installation was made from. */
async function fingerprint({ version, wheel }: Bundle): Promise<string> {
  const content =
    wheel === undefined
      ? ''
      : createHash('sha256')
          .update(await readFile(wheel))
          .digest('hex');
  return `${version} ${content}`;
}

function folderOf({ version }: Bundle, storage: string): string {
  return path.join(storage, `server-${version}`);
}

function marker(folder: string): string {
  return path.join(folder, 'tierwise-installed');
}

function interpreter(folder: string, { platform }: Machine): string {
  return platform === 'win32' ? path.join(folder, 'Scripts', 'python.exe') : path.join(folder, 'bin', 'python');
}

function said({ stdout, stderr }: RunResult): string {
  return `${stdout}\n${stderr}`.trim();
}
