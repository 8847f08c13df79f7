// Finds a Python that is new enough. Knows nothing of VS Code.
import { which, type Machine } from './machine';

const OLDEST = [3, 11] as const;

/** Names to try, those first that are most likely what the user means. */
const NAMES = ['python3', 'python', 'python3.14', 'python3.13', 'python3.12', 'python3.11'];

const PROBE = 'import sys; print("%d.%d" % sys.version_info[:2]); print(sys.executable)';
const PROBE_MS = 10_000;

/** The interpreter of the first Python found that is new enough; undefined where there is none. */
export async function findPython(machine: Machine): Promise<string | undefined> {
  const candidates: [string, string[]][] = NAMES.map((name) => [name, []]);
  if (machine.platform === 'win32') {
    candidates.push(['py', ['-3']]);
  }
  for (const [name, args] of candidates) {
    const command = which(name, machine);
    if (command === undefined) {
      continue;
    }
    const { status, stdout } = await machine.run(command, [...args, '-c', PROBE], { timeoutMs: PROBE_MS });
    const [version = '', executable = ''] = stdout.split(/\r?\n/);
    if (status === 0 && newEnough(version)) {
      return executable;
    }
  }
  return undefined;
}

/** Whether a version of Python ("3.12") is one that the server runs on. */
export function newEnough(version: string): boolean {
  const [major = 0, minor = 0] = version.split('.').map(Number);
  return major > OLDEST[0] || (major === OLDEST[0] && minor >= OLDEST[1]);
}
