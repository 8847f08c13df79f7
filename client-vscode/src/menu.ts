// The menu behind the status bar item, and the choices of profile and tier.
import * as vscode from 'vscode';
import type { GhostText } from './ghost/switch';
import { PROFILES } from './generated';
import type { ServerOwner } from './server/owner';
import { changeSetting, setting, TIERS } from './settings';
import type { StatusBar } from './status/bar';
import { troubles } from './status/troubles';

interface Profile {
  readonly name: string;
  readonly description: string;
}

type Row = vscode.QuickPickItem & { command?: string };

const WORK: readonly { label: string; tasks: readonly string[] }[] = [
  { label: 'Ghost text', tasks: ['complete'] },
  { label: 'Edits', tasks: ['edit', 'fix', 'simplify', 'docstring', 'types', 'extract', 'tests'] },
  { label: 'Explanations and reviews', tasks: ['explain', 'review'] },
];

export function registerMenu(owner: ServerOwner, bar: StatusBar, ghost: GhostText): vscode.Disposable {
  const register = vscode.commands.registerCommand;
  return vscode.Disposable.from(
    register('tierwise.menu', () => menu(owner, bar, ghost)),
    register('tierwise.chooseProfile', () => chooseProfile(owner)),
    register('tierwise.chooseTier', chooseTier),
    register('tierwise.snooze', () => ghost.snooze()),
    register('tierwise.pause', () => ghost.pause()),
    register('tierwise.resume', () => ghost.resume()),
    register('tierwise.toggleLanguage', () => ghost.toggleLanguage()),
  );
}

async function menu(owner: ServerOwner, bar: StatusBar, ghost: GhostText): Promise<void> {
  const status = await bar.look();
  const language = vscode.window.activeTextEditor?.document.languageId;
  const rows: Row[] = troubles(status).map(({ sentence }) => ({
    label: `$(warning) ${sentence.replaceAll('`', '')}`,
    command: 'tierwise.status.show',
  }));
  if (owner.state !== 'running') {
    rows.push({ label: `$(error) ${owner.problem || `The server is ${owner.state}`}`, command: 'tierwise.showLogs' });
  }
  rows.push(
    separator('Ghost text'),
    ghost.isPaused
      ? { label: '$(debug-start) Resume ghost text', command: 'tierwise.resume' }
      : { label: '$(debug-pause) Pause ghost text', command: 'tierwise.pause' },
    { label: '$(bell-slash) Snooze…', command: 'tierwise.snooze' },
  );
  if (language !== undefined) {
    const off = setting('completion.disabled_languages', [] as string[]).includes(language);
    rows.push({
      label: `$(circle-slash) ${off ? 'Enable' : 'Disable'} for ${language}`,
      command: 'tierwise.toggleLanguage',
    });
  }
  rows.push(
    separator('Models'),
    { label: '$(account) Switch profile…', description: status.profile ?? '', command: 'tierwise.chooseProfile' },
    { label: '$(layers) Tier for a kind of work…', command: 'tierwise.chooseTier' },
    { label: '$(key) Enter a key…', command: 'tierwise.setKey' },
    separator('What it did'),
    { label: '$(graph) Report: requests, speed, cost', command: 'tierwise.showReport' },
    { label: '$(info) Status', command: 'tierwise.status.show' },
    { label: '$(inbox) Queue of unresolved work', command: 'tierwise.queue.focus' },
    separator('Server'),
    { label: '$(pulse) Doctor: what is configured and reachable', command: 'tierwise.doctor' },
    { label: '$(output) Show logs', command: 'tierwise.showLogs' },
    { label: '$(refresh) Restart', command: 'tierwise.restartServer' },
    { label: '$(gear) Settings', command: 'tierwise.openSettings' },
  );
  const chosen = await vscode.window.showQuickPick(rows, { title: 'Tierwise', matchOnDescription: true });
  if (chosen?.command !== undefined) {
    await vscode.commands.executeCommand(chosen.command);
  }
}

/** The shipped profiles and the user's own, as the server knows them; the shipped ones while there is no server. */
async function chooseProfile(owner: ServerOwner): Promise<void> {
  const now = setting('profile', 'auto', scope());
  const picks = (await profiles(owner)).map(({ name, description }) => ({
    label: name === now ? `$(check) ${name}` : name,
    detail: description,
    name,
  }));
  const chosen = await vscode.window.showQuickPick(picks, { title: 'Which profile?', matchOnDetail: true });
  if (chosen !== undefined) {
    await changeSetting('profile', chosen.name, scope());
  }
}

async function profiles(owner: ServerOwner): Promise<readonly Profile[]> {
  if (owner.state !== 'running') {
    return PROFILES;
  }
  const { status, stdout } = await owner.verb(['profiles', '--json'], 10_000);
  try {
    const listed = (JSON.parse(stdout) as { profiles?: Profile[] }).profiles;
    return status === 0 && listed !== undefined ? listed : PROFILES;
  } catch {
    return PROFILES; // a server of another version
  }
}

/** Bind a kind of work to a tier, or leave it to the classifier again. */
async function chooseTier(): Promise<void> {
  const work = await vscode.window.showQuickPick(WORK, { title: 'A tier for which work?' });
  if (work === undefined) {
    return;
  }
  const automatic = { label: 'automatic', detail: 'By the difficulty of each request' };
  const tier = await vscode.window.showQuickPick([automatic, ...TIERS.map((label) => ({ label }))], {
    title: `Tier for: ${work.label.toLowerCase()}`,
  });
  if (tier === undefined) {
    return;
  }
  const tasks = structuredClone(setting<Record<string, Record<string, unknown>>>('tasks', {}, scope()));
  for (const task of work.tasks) {
    const rest = Object.fromEntries(Object.entries(tasks[task] ?? {}).filter(([key]) => key !== 'tier'));
    tasks[task] = tier === automatic ? rest : { ...rest, tier: tier.label };
  }
  const left = Object.entries(tasks).filter(([, choices]) => Object.keys(choices).length > 0);
  await changeSetting('tasks', left.length === 0 ? undefined : Object.fromEntries(left), scope());
}

function separator(label: string): Row {
  return { label, kind: vscode.QuickPickItemKind.Separator };
}

function scope(): vscode.ConfigurationScope | undefined {
  return vscode.window.activeTextEditor?.document ?? vscode.workspace.workspaceFolders?.[0];
}
