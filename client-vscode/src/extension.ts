// Puts the extension together. Everything is made here, once, and given back to VS Code to dispose of.
import * as vscode from 'vscode';
import { Actions } from './actions';
import { AnswerPanel } from './answers/panel';
import type { Delta } from './answers/conversation';
import { GhostReports } from './ghost/reports';
import { GhostText } from './ghost/switch';
import { guardedWith } from './guarded';
import { registerMenu } from './menu';
import { NextEdits } from './next/board';
import { ProgressBoard } from './progress';
import { ProposalBoard } from './proposals/board';
import type { WireEdit } from './proposals/plan';
import type { Verdict } from './proposals/verdict';
import { registerProposals } from './proposals/view';
import { QueueTree } from './queue/view';
import { RenameManners, type EditorRename } from './rename';
import type { TierwiseClient } from './server/client';
import { ServerOwner } from './server/owner';
import { SECTION } from './settings';
import { Keys } from './setup/keys';
import { registerWelcome } from './setup/welcome';
import { StatusBar } from './status/bar';
import type { Usage } from './status/usage';
import { Texts } from './texts';
import { SettingsFiles } from './toml/watch';
import { registerVerbs } from './verbs';

let owner: ServerOwner | undefined;

export function activate(context: vscode.ExtensionContext): void {
  const log = vscode.window.createOutputChannel('Tierwise', { log: true });
  const icon = iconOf(context);
  const ghost = new GhostText();
  const proposals = new ProposalBoard();
  const texts = new Texts();
  const progress = new ProgressBoard((title, message) => panel.takesProgress(title, message));
  const keys = new Keys(context.secrets, context.globalState, () => server.restart());
  const server: ServerOwner = new ServerOwner({
    context,
    log,
    progress,
    keys: () => keys.environment(),
    hooks: {
      wantsGhostText: (document) => ghost.wanted(document),
      offered: (document, position, items) => reports.offered(document, position, items),
      command: (name, args) => {
        if (name === 'tierwise.accepted') {
          reports.accepted();
        }
        return actions.command(name, args);
      },
      codeAction: (action) => actions.codeAction(action),
      applyEdit: ({ label, edit }) => actions.applyEdit(label, edit as WireEdit),
    },
    connected: (client) => listen(client, panel, bar, queue, renames, proposals),
  });
  owner = server;
  const guarded = guardedWith(log);
  const renames = new RenameManners(server);
  const reports: GhostReports = new GhostReports(server);
  const actions: Actions = new Actions(server, proposals, () => panel, renames, guarded);
  const panel: AnswerPanel = new AnswerPanel(context.extensionUri, icon, (subject, question, token) =>
    actions.ask(subject, question, token),
  );
  const bar: StatusBar = new StatusBar(server, ghost);
  const queue: QueueTree = new QueueTree(server, texts, guarded);

  context.subscriptions.push(
    log,
    ghost,
    proposals,
    texts,
    progress,
    panel,
    bar,
    queue,
    renames,
    reports,
    new NextEdits(server, (document) => ghost.wanted(document)),
    new SettingsFiles(),
    registerProposals(proposals),
    registerMenu(server, bar, ghost),
    registerVerbs(server, bar, texts, guarded, icon),
    registerWelcome(server, keys, guarded),
    actions.register(),
    server,
    ...reactions(server, queue),
    vscode.commands.registerCommand('tierwise.restartServer', () => server.restart()),
    vscode.commands.registerCommand('tierwise.showLogs', () => log.show()),
    vscode.commands.registerCommand('tierwise.setKey', () => keys.enter()),
    vscode.commands.registerCommand('tierwise.removeKey', () => keys.remove()),
  );
  void server.start(); // not awaited: what VS Code waits for ends here
}

export async function deactivate(): Promise<void> {
  await owner?.stop();
  owner = undefined;
}

/** What changes outside and the server must hear of, or be started anew for. */
function reactions(server: ServerOwner, queue: QueueTree): vscode.Disposable[] {
  return [
    vscode.workspace.onDidGrantWorkspaceTrust(() => void server.running?.tellSettings()),
    vscode.workspace.onDidChangeConfiguration((event) => {
      if (event.affectsConfiguration(`${SECTION}.interpreter`)) {
        void server.settingsChanged();
      }
    }),
    server.onDidChange(() => {
      queue.refresh();
      void vscode.commands.executeCommand('setContext', 'tierwise.running', server.state === 'running');
    }),
  ];
}

/** What a server tells and asks without being asked. */
function listen(
  client: TierwiseClient,
  panel: AnswerPanel,
  bar: StatusBar,
  queue: QueueTree,
  renames: RenameManners,
  proposals: ProposalBoard,
): vscode.Disposable {
  return vscode.Disposable.from(
    client.onRequest('tierwise/editorRename', (question: EditorRename) => renames.answer(question)),
    client.onNotification('tierwise/answer', (delta: Delta) => panel.hear(delta)),
    client.onNotification('tierwise/verdict', (verdict: Verdict) => proposals.hear(verdict)),
    client.onNotification('tierwise/usage', (usage: Usage) => {
      bar.hear(usage);
      if (usage.outcome === 'queued') {
        queue.refresh();
      }
    }),
  );
}

function iconOf({ extensionUri }: vscode.ExtensionContext): { light: vscode.Uri; dark: vscode.Uri } {
  const picture = (theme: string): vscode.Uri => vscode.Uri.joinPath(extensionUri, 'media', `icon-${theme}.svg`);
  return { light: picture('light'), dark: picture('dark') };
}
