// How the server is started, and what it is called when that cannot be. Knows nothing of VS Code.

export interface Launch {
  readonly command: string;
  /** What stands before the verb. */
  readonly args: readonly string[];
  /** Who chose it: the setting, the search path, or this extension, which installed it. */
  readonly origin: 'interpreter' | 'path' | 'private';
  /** Its version, where it is known before it is started. */
  readonly version?: string;
}

/** What helps: a look at the settings, at the log, or another try once something is installed. */
export type Remedy = 'settings' | 'logs' | 'again';

/** Why there is no server: one sentence that says what to do, and what programs said about it. */
export class SetupError extends Error {
  constructor(
    message: string,
    readonly remedy: Remedy,
    readonly details = '',
  ) {
    super(message);
  }
}
