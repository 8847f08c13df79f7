// The machine as far as finding and running programs goes, as a value: tests give another one. Knows nothing of VS Code.
import { execFile } from 'node:child_process';
import { statSync } from 'node:fs';
import { homedir } from 'node:os';
import * as path from 'node:path';

export interface RunResult {
  /** The exit status; undefined when the program could not be started, was ended, or took too long. */
  readonly status: number | undefined;
  readonly stdout: string;
  readonly stderr: string;
}

export interface RunOptions {
  readonly env?: NodeJS.ProcessEnv;
  readonly cwd?: string;
  readonly timeoutMs?: number;
  readonly signal?: AbortSignal;
}

export interface Machine {
  readonly platform: NodeJS.Platform;
  readonly env: NodeJS.ProcessEnv;
  readonly home: string;
  isFile(file: string): boolean;
  /** Run a program to its end. Never rejects: what goes wrong is in the result. */
  run(command: string, args: readonly string[], options?: RunOptions): Promise<RunResult>;
}

const MAX_OUTPUT = 16 * 1024 * 1024;

/** The machine that this process runs on, with the environment that programs get. */
export function thisMachine(env: NodeJS.ProcessEnv = process.env): Machine {
  return {
    platform: process.platform,
    env,
    home: homedir(),
    isFile: (file) => statSync(file, { throwIfNoEntry: false })?.isFile() ?? false,
    run: (command, args, { timeoutMs = 0, ...options } = {}) =>
      new Promise((resolve) => {
        const settings = { env, ...options, timeout: timeoutMs, maxBuffer: MAX_OUTPUT, windowsHide: true };
        execFile(command, args, settings, (error, stdout, stderr) => {
          const status = error === null ? 0 : typeof error.code === 'number' ? error.code : undefined;
          resolve({ status, stdout, stderr: stderr === '' && status === undefined ? String(error?.message) : stderr });
        });
      }),
  };
}

/** The path functions of a machine's platform, which need not be this one's. */
export function paths({ platform }: Machine): path.PlatformPath {
  return platform === 'win32' ? path.win32 : path.posix;
}

/**
 * Where a program is: on the search path, else where installers put things, which an editor that was started from a
 * dock or a menu does not have on its path. Relative entries of the search path are passed over: they would mean
 * something that lies in a workspace.
 */
export function which(name: string, machine: Machine): string | undefined {
  const system = paths(machine);
  const file = machine.platform === 'win32' ? `${name}.exe` : name;
  const searched = searchPath(machine)
    .split(system.delimiter)
    .filter((folder) => system.isAbsolute(folder));
  return [...searched, ...usualFolders(machine)]
    .map((folder) => system.join(folder, file))
    .find((each) => machine.isFile(each));
}

function searchPath({ env }: Machine): string {
  const key = Object.keys(env).find((name) => name.toUpperCase() === 'PATH'); // "Path" on Windows
  return (key && env[key]) ?? '';
}

function usualFolders(machine: Machine): string[] {
  const system = paths(machine);
  const own = [system.join(machine.home, '.local', 'bin'), system.join(machine.home, '.cargo', 'bin')];
  const shared: Partial<Record<NodeJS.Platform, string[]>> = {
    darwin: ['/opt/homebrew/bin', '/usr/local/bin'],
    win32: [],
  };
  return [...own, ...(shared[machine.platform] ?? ['/usr/local/bin'])];
}
