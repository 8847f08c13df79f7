// How files are called in front of the user.
import * as path from 'node:path';
import * as vscode from 'vscode';

/** A sentence in which the files of the workspace are called as they are in it, not by their whole path. */
export function shortened(sentence: string): string {
  const folders = (vscode.workspace.workspaceFolders ?? []).map(({ uri }) => uri.fsPath + path.sep);
  return folders.reduce((text, folder) => text.replaceAll(folder, ''), sentence);
}

export function nameOf(uri: string): string {
  return vscode.workspace.asRelativePath(vscode.Uri.parse(uri));
}
