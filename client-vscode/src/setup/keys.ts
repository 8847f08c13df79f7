// Keys of providers: kept by VS Code's secret storage, handed to the server in its environment, and nowhere else.
import * as vscode from 'vscode';
import { KEYS } from '../generated';

const NAMES = 'tierwise.keys';
const prefix = 'tierwise.key.';

export class Keys {
  constructor(
    private readonly secrets: vscode.SecretStorage,
    private readonly names: vscode.Memento,
    private readonly changed: () => Promise<void>,
  ) {}

  /** The variables for the server's environment. */
  async environment(): Promise<NodeJS.ProcessEnv> {
    const found: NodeJS.ProcessEnv = {};
    for (const name of this.stored) {
      const value = await this.secrets.get(prefix + name);
      if (value !== undefined) {
        found[name] = value;
      }
    }
    return found;
  }

  /** Ask for a key and keep it. */
  async enter(): Promise<void> {
    const name = await this.choose();
    if (name === undefined) {
      return;
    }
    const value = await vscode.window.showInputBox({
      title: name,
      prompt: "Kept in VS Code's secret storage and given to the Tierwise server only. No settings file ever holds it.",
      password: true,
      ignoreFocusOut: true,
      validateInput: (text) => (/\s/.test(text.trim()) ? 'A key has no spaces in it.' : undefined),
    });
    if (value === undefined || value.trim() === '') {
      return;
    }
    await this.secrets.store(prefix + name, value.trim());
    await this.names.update(NAMES, [...new Set([...this.stored, name])].sort());
    await this.changed();
    void vscode.window.showInformationMessage(`${name} is kept; the Tierwise server uses it from now on.`);
  }

  /** Forget a key. */
  async remove(): Promise<void> {
    if (this.stored.length === 0) {
      void vscode.window.showInformationMessage('Tierwise keeps no key here; keys in the environment are not its own.');
      return;
    }
    const name = await vscode.window.showQuickPick(this.stored, { title: 'Which key should be forgotten?' });
    if (name !== undefined) {
      await this.secrets.delete(prefix + name);
      await this.names.update(
        NAMES,
        this.stored.filter((other) => other !== name),
      );
      await this.changed();
    }
  }

  private get stored(): readonly string[] {
    return this.names.get<string[]>(NAMES, []);
  }

  private async choose(): Promise<string | undefined> {
    const picks: (vscode.QuickPickItem & { variable?: string })[] = KEYS.map(({ variable, providers }) => ({
      label: variable,
      description: [providers.join(', '), this.stored.includes(variable) ? 'kept' : '', given(variable)]
        .filter((word) => word !== '')
        .join(' · '),
      variable,
    }));
    picks.push({ label: 'Another variable…', description: 'api_key_env of a provider of your own' });
    const chosen = await vscode.window.showQuickPick(picks, {
      title: 'Which key?',
      placeHolder: 'The variable that the provider reads its key from',
      matchOnDescription: true,
    });
    if (chosen === undefined || chosen.variable !== undefined) {
      return chosen?.variable;
    }
    return vscode.window.showInputBox({
      title: 'Name of the environment variable',
      placeHolder: 'MY_PROVIDER_API_KEY',
      validateInput: (text) => (/^[A-Za-z_]\w*$/.test(text) ? undefined : 'Letters, digits and underscores.'),
    });
  }
}

function given(variable: string): string {
  return process.env[variable] === undefined ? '' : 'set in the environment';
}
