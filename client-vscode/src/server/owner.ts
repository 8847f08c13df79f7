// The one owner of the server's process: finds it, starts it, starts it again, and ends it, one after the other.
import { existsSync, readdirSync } from 'node:fs';
import { homedir } from 'node:os';
import * as path from 'node:path';
import * as vscode from 'vscode';
import type { ProgressBoard } from '../progress';
import { Serial } from '../serial';
import { setting } from '../settings';
import type { ServerState } from '../status/usage';
import type { Hooks, TierwiseClient } from './client';
import { CrashPolicy } from './crashes';
import { serverEnvironment } from './environment';
import { diagnose, fromInterpreter, fromPath } from './find';
import { existing, install, type Bundle } from './install';
import { SetupError, type Launch } from './launch';
import { thisMachine, type Machine, type RunResult } from './machine';
import { compare } from './version';

export interface Wiring {
  readonly context: vscode.ExtensionContext;
  readonly log: vscode.LogOutputChannel;
  readonly progress: ProgressBoard;
  /** Variables with keys, for the server's environment. */
  readonly keys: () => Promise<NodeJS.ProcessEnv>;
  readonly hooks: Hooks;
  /** A server is there; what is given back is disposed of when it goes. */
  readonly connected: (client: TierwiseClient) => vscode.Disposable;
}

const SETTINGS = 'Open Settings';
const LOGS = 'Show Logs';
const AGAIN = 'Try Again';

export class ServerOwner implements vscode.Disposable {
  private readonly jobs = new Serial();
  private readonly changed = new vscode.EventEmitter<void>();
  private readonly crashes = new CrashPolicy(Date.now);
  private readonly bundle: Bundle;
  private client: TierwiseClient | undefined;
  private connection: vscode.Disposable | undefined;
  private found: Launch | undefined;
  /** The setting, as it was when the server was looked for. */
  private interpreter = '';
  private alarm: NodeJS.Timeout | undefined;
  private disposed = false;
  private now: { state: ServerState; problem: string } = { state: 'stopped', problem: '' };

  /** Fires when the server comes, goes, or fails. */
  readonly onDidChange = this.changed.event;

  constructor(private readonly wiring: Wiring) {
    const { version } = wiring.context.extension.packageJSON as { version: string };
    this.bundle = bundleOf(wiring.context.asAbsolutePath('server'), version);
  }

  get state(): ServerState {
    return this.now.state;
  }

  /** Why there is no server, in a sentence; empty while there is one. */
  get problem(): string {
    return this.now.problem;
  }

  /** The client of a server that can be asked. */
  get running(): TierwiseClient | undefined {
    return this.state === 'running' ? this.client : undefined;
  }

  /** Start the server unless it runs. Never rejects: what goes wrong is said, and stands in `problem`. */
  start(): Promise<void> {
    return this.jobs.run('start', () => (this.running === undefined ? this.bringUp() : Promise.resolve()));
  }

  /** The settings changed: another interpreter is another server. */
  async settingsChanged(): Promise<void> {
    if (setting('interpreter', '') !== this.interpreter) {
      await this.restart();
    }
  }

  /** End the server and start it, however it is found now. */
  restart(): Promise<void> {
    return this.jobs.run('restart', async () => {
      this.crashes.reset();
      await this.takeDown();
      await this.bringUp();
    });
  }

  stop(): Promise<void> {
    return this.jobs.run('stop', () => this.takeDown());
  }

  /** Run another verb of the server's program to its end. */
  async verb(args: readonly string[], timeoutMs: number, signal?: AbortSignal): Promise<RunResult> {
    const { command, args: before } = this.found ?? (await this.find());
    const machine = thisMachine(await this.environment());
    return machine.run(command, [...before, ...args], {
      cwd: this.folder(),
      timeoutMs,
      ...(signal !== undefined && { signal }),
    });
  }

  dispose(): void {
    this.disposed = true;
    clearTimeout(this.alarm);
    void this.stop().finally(() => this.changed.dispose());
  }

  private async bringUp(): Promise<void> {
    if (this.disposed) {
      return;
    }
    clearTimeout(this.alarm);
    this.become('starting');
    try {
      const launch = (this.found = await this.find());
      await this.connect(launch);
    } catch (error) {
      this.fail(error);
    }
  }

  private async connect(launch: Launch): Promise<void> {
    const { log, progress, hooks, connected } = this.wiring;
    const { makeClient } = await import('./client'); // large, and only needed now
    const env = await this.environment();
    log.info(`Starting ${[launch.command, ...launch.args, 'serve'].join(' ')}`);
    const client = makeClient({ launch, env, cwd: homedir(), log, progress, hooks, lost: () => this.lost(client) });
    this.client = client;
    this.connection = connected(client);
    try {
      await client.begin(hooks);
    } catch (error) {
      this.release();
      await client.end();
      throw (await diagnose(launch, thisMachine(env))) ?? error;
    }
    if (this.client === client) {
      this.become('running');
      this.checkVersion(client.initializeResult?.serverInfo?.version ?? 'unknown', launch);
    }
  }

  /** The server has ended by itself. */
  private lost(client: TierwiseClient): void {
    if (this.client !== client || this.state !== 'running') {
      return; // one that we end, or one that never began: `connect` says why
    }
    this.release();
    setTimeout(() => void client.end()); // once the client itself knows
    if (!this.crashes.mayRestart()) {
      this.fail(new SetupError('The Tierwise server ended five times within three minutes; the log says why.', 'logs'));
      return;
    }
    this.wiring.log.warn(`The server ended; it is started again in ${this.crashes.delayMs} ms.`);
    this.become('starting');
    this.alarm = setTimeout(() => void this.start(), this.crashes.delayMs);
  }

  private async takeDown(): Promise<void> {
    clearTimeout(this.alarm);
    const { client } = this;
    this.release();
    this.become('stopped');
    await client?.end();
  }

  private release(): void {
    this.client = undefined;
    this.connection?.dispose();
    this.connection = undefined;
    this.wiring.progress.dispose();
  }

  /** The server's program: of the setting, on the search path, or our own, which is made where it is not there yet. */
  private async find(): Promise<Launch> {
    const machine = thisMachine(await this.environment());
    this.interpreter = setting('interpreter', '');
    const interpreter = expanded(this.interpreter, machine);
    if (interpreter !== '') {
      return fromInterpreter(interpreter, machine);
    }
    const note = (sentence: string): void => this.wiring.log.warn(sentence);
    const onPath = await fromPath(this.bundle.version, machine, note);
    const storage = this.wiring.context.globalStorageUri.fsPath;
    return onPath ?? (await existing(this.bundle, { storage, machine })) ?? this.setUp(storage, machine);
  }

  private async setUp(storage: string, machine: Machine): Promise<Launch> {
    const options = {
      location: vscode.ProgressLocation.Notification,
      title: 'Tierwise sets up its server, once',
      cancellable: true,
    };
    return vscode.window.withProgress(options, async (progress, token) => {
      const stop = new AbortController();
      token.onCancellationRequested(() => stop.abort());
      const say = (step: string): void => {
        this.wiring.log.info(`Setting up: ${step}`);
        progress.report({ message: step });
      };
      return install(this.bundle, { storage, machine, say, signal: stop.signal });
    });
  }

  private async environment(): Promise<NodeJS.ProcessEnv> {
    const http = vscode.workspace.getConfiguration('http');
    const proxy = { proxy: http.get('proxy', ''), noProxy: http.get<string[]>('noProxy', []) };
    return serverEnvironment(process.env, proxy, await this.wiring.keys());
  }

  /** Where other verbs run: in the workspace once it is trusted, as they read the settings of the folder they are in. */
  private folder(): string {
    const first = vscode.workspace.workspaceFolders?.[0];
    return vscode.workspace.isTrusted && first?.uri.scheme === 'file' ? first.uri.fsPath : homedir();
  }

  private checkVersion(theirs: string, { origin, command }: Launch): void {
    const ours = this.bundle.version;
    this.wiring.log.info(`Server ${theirs}, extension ${ours}`);
    if (compare(ours, theirs) === 'different') {
      const help =
        origin === 'interpreter'
          ? `update it ("${command} -m pip install tierwise==${ours}"), or leave tierwise.interpreter empty`
          : 'restart it';
      void this.offer(
        vscode.window.showWarningMessage,
        `The Tierwise server is version ${theirs}, this extension is ${ours}: ${help}.`,
        SETTINGS,
      );
    }
  }

  private fail(error: unknown): void {
    const { log } = this.wiring;
    const sentence =
      error instanceof SetupError ? error.message : `The Tierwise server does not start: ${wordsOf(error)}.`;
    log.error(sentence);
    if (error instanceof SetupError && error.details !== '') {
      log.error(error.details);
    }
    this.become('failed', sentence);
    const remedy = error instanceof SetupError ? error.remedy : 'logs';
    const buttons = { settings: [SETTINGS, LOGS], again: [AGAIN, LOGS], logs: [LOGS, AGAIN] }[remedy];
    void this.offer(vscode.window.showErrorMessage, sentence, ...buttons);
  }

  private async offer(
    show: (sentence: string, ...buttons: string[]) => Thenable<string | undefined>,
    sentence: string,
    ...buttons: string[]
  ): Promise<void> {
    const chosen = await show(sentence, ...buttons);
    if (chosen === SETTINGS) {
      await vscode.commands.executeCommand('workbench.action.openSettings', 'tierwise.interpreter');
    } else if (chosen === LOGS) {
      this.wiring.log.show();
    } else if (chosen === AGAIN) {
      await this.restart();
    }
  }

  private become(state: ServerState, problem = ''): void {
    this.now = { state, problem };
    if (!this.disposed) {
      this.changed.fire();
    }
  }
}

function bundleOf(folder: string, version: string): Bundle {
  const wheel = existsSync(folder) ? readdirSync(folder).find((name) => /^tierwise-.*\.whl$/.test(name)) : undefined;
  const wheels = path.join(folder, 'wheels');
  return {
    version,
    wheel: wheel && path.join(folder, wheel),
    wheels: existsSync(wheels) ? wheels : undefined,
  };
}

/** A path of the settings, with the two shorthands that people use in them. */
function expanded(file: string, { home }: Machine): string {
  const folder = vscode.workspace.workspaceFolders?.[0]?.uri.fsPath ?? home;
  return file
    .trim()
    .replace(/^~(?=[/\\])/, home)
    .replace('${workspaceFolder}', folder);
}

function wordsOf(error: unknown): string {
  return (error instanceof Error ? error.message : String(error)).replace(/\.$/, '');
}
