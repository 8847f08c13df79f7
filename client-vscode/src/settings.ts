// What the user set, as the server is told it. The extension's manifest declares the settings; this reads them.
import * as vscode from 'vscode';
import { SERVER_SETTINGS } from './generated';
import { section, type Inspected } from './section';

export const SECTION = 'tierwise';

export const TIERS = ['fast', 'balanced', 'frontier'];

/** The editor's section for a folder (or for the window), with the state of trust that the server goes by. */
export function serverSection(scope: vscode.Uri | undefined): Record<string, unknown> {
  const configuration = vscode.workspace.getConfiguration(SECTION, scope ?? null);
  const look = (key: string): Inspected => ({ value: configuration.get(key), ...configuration.inspect(key) });
  return { ...section(SERVER_SETTINGS, look), trusted: vscode.workspace.isTrusted };
}

/** One of the extension's own settings, or one of the server's as VS Code sees it. */
export function setting<T>(key: string, fallback: T, scope?: vscode.ConfigurationScope): T {
  return vscode.workspace.getConfiguration(SECTION, scope ?? null).get<T>(key) ?? fallback;
}

/** Change a setting where it is set already (folder or workspace), else for the user. */
export async function changeSetting(key: string, value: unknown, scope?: vscode.ConfigurationScope): Promise<void> {
  const configuration = vscode.workspace.getConfiguration(SECTION, scope ?? null);
  const found = configuration.inspect(key);
  const target =
    found?.workspaceFolderValue !== undefined
      ? vscode.ConfigurationTarget.WorkspaceFolder
      : found?.workspaceValue !== undefined
        ? vscode.ConfigurationTarget.Workspace
        : vscode.ConfigurationTarget.Global;
  await configuration.update(key, value, target);
}
