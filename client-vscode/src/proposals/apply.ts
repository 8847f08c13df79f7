// Applies planned changes as one edit of the workspace: one undo step. What moved on since is never overwritten.
import * as vscode from 'vscode';
import type { Edit, FilePlan } from './plan';

/** Apply them; false, with a message, when a file is no longer what the change was made for. */
export async function apply(files: readonly FilePlan[]): Promise<boolean> {
  const edit = new vscode.WorkspaceEdit();
  for (const file of files) {
    const target = vscode.Uri.parse(file.target);
    if (file.source === undefined) {
      edit.createFile(target, { overwrite: false, contents: new TextEncoder().encode(file.after) });
      continue;
    }
    const source = vscode.Uri.parse(file.source);
    const document = await vscode.workspace.openTextDocument(source);
    if (document.getText() !== file.before) {
      const name = vscode.workspace.asRelativePath(source);
      void vscode.window.showWarningMessage(
        `${name} changed since the edit was proposed; nothing was applied. Ask again.`,
      );
      return false;
    }
    edit.set(source, file.edits.map(converted));
    if (file.source !== file.target) {
      edit.renameFile(source, target, { overwrite: false });
    }
  }
  // Several files, or files that are made or moved, are a refactoring: VS Code then saves those that were clean before,
  // as files.refactoring.autoSave says.
  const isRefactoring = files.length > 1 || files.some((file) => file.source !== file.target);
  const applied = await vscode.workspace.applyEdit(edit, { isRefactoring });
  if (!applied) {
    void vscode.window.showWarningMessage(
      'VS Code could not apply the edit; is one of its files read-only, or there already?',
    );
  }
  return applied;
}

function converted({ range, newText }: Edit): vscode.TextEdit {
  const { start, end } = range;
  return vscode.TextEdit.replace(new vscode.Range(start.line, start.character, end.line, end.character), newText);
}
