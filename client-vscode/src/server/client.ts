// The connection to the server. A bundle of its own, loaded when the server is started: nothing here holds state that
// other parts share.
import * as vscode from 'vscode';
import {
  CloseAction,
  ErrorAction,
  LanguageClient,
  type ClientCapabilities,
  type ConfigurationParams,
  type InitializeParams,
  type LanguageClientOptions,
  type Middleware,
  type WorkspaceEdit,
} from 'vscode-languageclient/node';
import type { ProgressBoard } from '../progress';
import { serverSection, setting } from '../settings';
import type { Launch } from './launch';

/** What the parts of the extension do with what passes between VS Code and the server. */
export interface Hooks {
  wantsGhostText(document: vscode.TextDocument): boolean;
  /** Ghost text that VS Code was given. */
  offered(
    document: vscode.TextDocument,
    position: vscode.Position,
    items: readonly vscode.InlineCompletionItem[],
  ): void;
  /** One of the server's commands is to run; undefined: it is the server's alone. */
  command(name: string, args: unknown[]): Promise<unknown> | undefined;
  codeAction(action: vscode.CodeAction): void;
  /** Whether the edit was applied. */
  applyEdit(params: { readonly label?: string; readonly edit: WorkspaceEdit }): Promise<boolean>;
}

export interface ClientWishes {
  readonly launch: Launch;
  readonly env: NodeJS.ProcessEnv;
  readonly cwd: string;
  readonly log: vscode.LogOutputChannel;
  readonly progress: ProgressBoard;
  readonly hooks: Hooks;
  /** The server's process, or the connection to it, has ended without being asked to. */
  readonly lost: () => void;
}

/** Longer than any machine needs; a program that says nothing at all is no Tierwise server. */
const INITIALIZE_MS = 60_000;
const STOP_MS = 2_000;
const EXECUTE = 'workspace/executeCommand';

type Feature = Parameters<LanguageClient['registerFeature']>[0];

/**
 * Features of the client that something of ours takes the place of: rename (see rename.ts), and the registration of the
 * server's commands, which fails as a whole when one of their names is taken.
 */
const REPLACED = new Set(['textDocument/rename', EXECUTE]);

export class TierwiseClient extends LanguageClient {
  private commands: vscode.Disposable | undefined;

  override registerFeature(feature: Feature): void {
    const method = 'registrationType' in feature ? feature.registrationType.method : '';
    // Names of the workspace in the list of suggestions would say twice what ghost text says.
    const unwanted = method === 'textDocument/completion' && !setting('suggestions.words', false);
    if (!REPLACED.has(method) && !unwanted) {
      super.registerFeature(feature);
    }
  }

  /** Whether the server has a command. */
  offers(command: string): boolean {
    return this.initializeResult?.capabilities.executeCommandProvider?.commands.includes(command) ?? false;
  }

  /** Run a command of the server. */
  execute<R>(command: string, args: readonly unknown[], token?: vscode.CancellationToken): Promise<R> {
    const params = { command, arguments: args };
    // An undefined token would be taken for a second parameter.
    return token === undefined ? this.sendRequest<R>(EXECUTE, params) : this.sendRequest<R>(EXECUTE, params, token);
  }

  /** Have the server ask for the settings again, and for the state of trust with them. */
  async tellSettings(): Promise<void> {
    if (this.isRunning()) {
      await this.sendNotification('workspace/didChangeConfiguration', { settings: null });
    }
  }

  /** Start, and let VS Code run the server's commands. Rejects when there is no server on the other side. */
  async begin(hooks: Hooks): Promise<void> {
    let alarm: NodeJS.Timeout | undefined;
    const late = new Promise<never>((_resolve, reject) => {
      alarm = setTimeout(() => reject(new Error('it does not answer')), INITIALIZE_MS);
    });
    try {
      await Promise.race([this.start(), late]);
    } catch (error) {
      this.serverProcess?.kill();
      throw error;
    } finally {
      clearTimeout(alarm);
    }
    const known = new Set(await vscode.commands.getCommands(true));
    const offered = this.initializeResult?.capabilities.executeCommandProvider?.commands ?? [];
    const run = (name: string, args: unknown[]): Promise<unknown> =>
      hooks.command(name, args) ?? this.execute<unknown>(name, args);
    this.commands = vscode.Disposable.from(
      ...offered
        .filter((name) => !known.has(name))
        .map((name) => vscode.commands.registerCommand(name, (...args: unknown[]) => run(name, args))),
    );
  }

  /** Stop, whatever state it is in, and give everything back. */
  async end(): Promise<void> {
    this.commands?.dispose();
    const child = this.serverProcess;
    try {
      await this.dispose(STOP_MS);
    } catch {
      child?.kill(); // it hangs, or is only half there
    }
  }

  /** What the protocol's client has to say goes to the log only: who asked for something says what went wrong. */
  override error(message: string, data?: unknown): void {
    super.error(message, data, false);
  }

  protected override fillInitializeParams(params: InitializeParams): void {
    super.fillInitializeParams(params);
    const capabilities: ClientCapabilities = params.capabilities;
    capabilities.experimental = { tierwise: true, tierwiseRename: true };
    capabilities.textDocument = { ...capabilities.textDocument, rename: { prepareSupport: true } };
  }
}

/** A client for a server that is yet to be started. */
export function makeClient(wishes: ClientWishes): TierwiseClient {
  const { launch, env, cwd, log, lost } = wishes;
  const options: LanguageClientOptions = {
    documentSelector: [{ scheme: 'file' }, { scheme: 'untitled' }],
    outputChannel: log,
    traceOutputChannel: log,
    initializationOptions: () => ({ tierwise: serverSection(undefined), trusted: vscode.workspace.isTrusted }),
    initializationFailedHandler: () => false,
    errorHandler: {
      error: () => ({ action: ErrorAction.Continue, handled: true }),
      closed: () => {
        lost();
        return { action: CloseAction.DoNotRestart, handled: true, message: 'The connection to the server has ended.' };
      },
    },
    stdioOptions: {
      stdout: () => undefined, // the protocol's
      stderr: (stream) => stream.setEncoding('utf8').on('data', (text: string) => log.info(text.trimEnd())),
    },
    middleware: middleware(wishes, () => client),
  };
  const run = { command: launch.command, args: [...launch.args, 'serve'], options: { env, cwd } };
  const client = new TierwiseClient('tierwise', 'Tierwise', run, options);
  return client;
}

function middleware({ hooks, progress }: ClientWishes, client: () => TierwiseClient): Middleware {
  return {
    provideInlineCompletionItems: async (document, position, context, token, next) => {
      if (!hooks.wantsGhostText(document)) {
        return [];
      }
      const found = await next(document, position, context, token);
      if (found != null && !token.isCancellationRequested) {
        hooks.offered(document, position, Array.isArray(found) ? found : found.items);
      }
      return found;
    },
    provideCodeActions: async (document, range, context, token, next) => {
      const found = await next(document, range, context, token);
      found?.filter((each) => each instanceof vscode.CodeAction).forEach((action) => hooks.codeAction(action));
      return found;
    },
    // An action that can be chosen has its command, which fills it in and shows what it would do.
    resolveCodeAction: (action) => action,
    handleWorkDoneProgress: (token, step, next) =>
      progress.handle(
        token,
        step,
        () => next(token, step),
        (method, params) => void client().sendNotification(method, params),
      ),
    workspace: {
      configuration: ({ items }: ConfigurationParams) =>
        items.map(({ scopeUri }) =>
          serverSection(scopeUri === undefined ? undefined : client().protocol2CodeConverter.asUri(scopeUri)),
        ),
      didChangeConfiguration: () => client().tellSettings(),
      handleApplyEdit: async ({ label, edit }) => ({
        applied: await hooks.applyEdit({ edit, ...(label !== undefined && { label }) }),
      }),
    },
  };
}
