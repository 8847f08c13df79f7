// The first steps: the walkthrough's commands.
import * as vscode from 'vscode';
import type { Guarded } from '../guarded';
import type { ServerOwner } from '../server/owner';
import type { Keys } from './keys';

const SAMPLE = `# Put the cursor behind the last line and type a few letters: ghost text appears, Tab takes it.
# Select the function and press Ctrl+I (Cmd+I) to change it by an instruction, or use the light bulb.


def greet_visitor(visitor_name, visitor_language):
    if visitor_language == "en":
        return f"Welcome, {visitor_name}"
    if visitor_language == "fr":
        return f"Bienvenue, {visitor_name}"


def part_from_visitor(visitor_name, visitor_language):
    if visitor_language == "en":
        return f"Goodbye, {visitor_name}"
`;

export function registerWelcome(owner: ServerOwner, keys: Keys, guarded: Guarded): vscode.Disposable {
  const register = vscode.commands.registerCommand;
  return vscode.Disposable.from(
    register('tierwise.openSettings', () =>
      vscode.commands.executeCommand('workbench.action.openSettings', '@ext:tierwise.tierwise'),
    ),
    register('tierwise.walkthrough', () =>
      vscode.commands.executeCommand('workbench.action.openWalkthrough', 'tierwise.tierwise#tierwise.start', false),
    ),
    register('tierwise.tryIt', tryIt),
    register('tierwise.findModels', () => guarded(() => findModels(owner, keys))),
  );
}

async function tryIt(): Promise<void> {
  const document = await vscode.workspace.openTextDocument({ language: 'python', content: SAMPLE });
  const editor = await vscode.window.showTextDocument(document);
  const end = document.lineAt(document.lineCount - 1).range.end;
  editor.selection = new vscode.Selection(end, end);
  editor.revealRange(new vscode.Range(end, end));
}

interface Profiles {
  readonly active: string;
}

/** Say which models can be used as things are; where there are none, what to do. */
async function findModels(owner: ServerOwner, keys: Keys): Promise<void> {
  await owner.start();
  const { status, stdout, stderr } = await owner.verb(['profiles', '--json'], 15_000);
  if (status !== 0) {
    throw new Error(stderr.trim() || 'The Tierwise server does not say which models it has.');
  }
  const { active } = JSON.parse(stdout) as Profiles;
  if (active !== 'embedded') {
    void vscode.window.showInformationMessage(`Tierwise uses the profile "${active}": its models are there.`);
    return;
  }
  const chosen = await vscode.window.showInformationMessage(
    'No key and no model server on this machine was found. Ghost text works without one; edits and answers need a model.',
    'Enter a Key',
    'Look Again',
  );
  if (chosen === 'Enter a Key') {
    await keys.enter();
  } else if (chosen === 'Look Again') {
    await findModels(owner, keys);
  }
}
