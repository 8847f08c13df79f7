// Asks for a new name: to be typed, or taken from the server's suggestions, which come while one may type already.
import * as vscode from 'vscode';

interface Row extends vscode.QuickPickItem {
  readonly name: string;
}

/** The new name; undefined when none was given. `suggested` may fail or never come. */
export function askNewName(old: string, suggested: Promise<readonly string[]>): Promise<string | undefined> {
  const box = vscode.window.createQuickPick<Row>();
  box.title = `Rename ${old} everywhere`;
  box.placeholder = 'A new name, in code, comments, documents and related names. Shown before it is applied.';
  box.value = old;
  let names: readonly string[] = [];
  const show = (): void => {
    const typed = box.value.trim();
    const first = typed === '' || typed === old ? [] : [row(typed, 'as typed')];
    box.items = [...first, ...names.filter((name) => name !== typed).map((name) => row(name, 'suggested'))];
  };
  box.busy = true;
  suggested
    .then((found) => (names = found))
    .catch(() => undefined) // it is a help, not the matter
    .finally(() => {
      box.busy = false;
      show();
    });
  return new Promise((resolve) => {
    box.onDidChangeValue(show);
    box.onDidAccept(() => {
      const name = (box.selectedItems[0]?.name ?? box.value).trim();
      if (name !== '') {
        resolve(name);
        box.hide();
      }
    });
    box.onDidHide(() => {
      resolve(undefined);
      box.dispose();
    });
    show();
    box.show();
  });
}

function row(name: string, description: string): Row {
  return { label: name, description, name, alwaysShow: true };
}
