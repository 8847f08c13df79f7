// Finds a server that is there already. Knows nothing of VS Code.
import { SetupError, type Launch } from './launch';
import { which, type Machine } from './machine';
import { compare, printedVersion } from './version';

const VERSION_MS = 20_000;

/**
 * `-P` keeps the folder that the server is started in off Python's path: a tierwise.py there would run in its place.
 * Thus the server cannot be run by a Python before 3.11, on which it would not run anyway.
 */
const AS_MODULE = ['-P', '-m', 'tierwise'];

/** The server of the interpreter that the user chose; it is never passed over for another. */
export function fromInterpreter(interpreter: string, machine: Machine): Launch {
  if (!machine.isFile(interpreter)) {
    throw new SetupError(
      `The setting tierwise.interpreter names ${interpreter}, which is no file; correct it or leave it empty.`,
      'settings',
    );
  }
  return { command: interpreter, args: AS_MODULE, origin: 'interpreter' };
}

/** A `tierwise` on the search path, if it is of a version that goes with the extension's; `note` hears why it is not. */
export async function fromPath(
  version: string,
  machine: Machine,
  note: (sentence: string) => void,
): Promise<Launch | undefined> {
  const command = which('tierwise', machine);
  if (command === undefined) {
    return undefined;
  }
  const { stdout } = await machine.run(command, ['--version'], { timeoutMs: VERSION_MS });
  const found = printedVersion(stdout);
  if (found === undefined) {
    note(`${command} is passed over: it does not tell its version.`);
    return undefined;
  }
  if (compare(version, found) === 'different') {
    note(`${command} is passed over: it is version ${found}, and this extension goes with ${version}.`);
    return undefined;
  }
  return { command, args: [], origin: 'path', version: found };
}

/** Why a server does not start; undefined when it tells its version as it should. */
export async function diagnose(launch: Launch, machine: Machine): Promise<SetupError | undefined> {
  const { status, stdout, stderr } = await machine.run(launch.command, [...launch.args, '--version'], {
    timeoutMs: VERSION_MS,
  });
  if (status === 0 && printedVersion(stdout) !== undefined) {
    return undefined;
  }
  const { command, origin } = launch;
  if (origin !== 'interpreter') {
    return new SetupError(
      `${command} does not run; remove it, and "Tierwise: Restart Server" sets up a private one.`,
      'logs',
      stderr,
    );
  }
  const chosen = `${command} (tierwise.interpreter)`;
  const sentence = stderr.includes('No module named')
    ? `${chosen} has no Tierwise: run "${command} -m pip install tierwise", or leave the setting empty.`
    : stderr.toLowerCase().includes('unknown option')
      ? `${chosen} is older than Python 3.11; choose a newer one or leave the setting empty.`
      : `${chosen} does not run Tierwise; the log holds what it said.`;
  return new SetupError(sentence, 'settings', stderr);
}
