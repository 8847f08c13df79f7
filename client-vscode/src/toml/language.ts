// Settings files in the editor: completion, hovers and problems from the schema. A bundle of its own, loaded with the
// first such file.
import * as vscode from 'vscode';
import { PROFILES } from '../generated';
import { problems } from './check';
import { offers } from './offers';
import { place } from './place';
import { at } from './schema';

const LANGUAGE = 'tierwise-settings';
const CHECK_MS = 200;

/** Start; what is given back ends it. */
export function startLanguage(): vscode.Disposable {
  const found = vscode.languages.createDiagnosticCollection('Tierwise settings');
  const alarms = new Map<string, NodeJS.Timeout>();
  const check = (document: vscode.TextDocument): void => {
    clearTimeout(alarms.get(document.uri.toString()));
    if (document.languageId === LANGUAGE) {
      found.set(
        document.uri,
        problems(document.getText()).map((each) => diagnostic(document, each)),
      );
    }
  };
  const later = (document: vscode.TextDocument): void => {
    clearTimeout(alarms.get(document.uri.toString()));
    alarms.set(
      document.uri.toString(),
      setTimeout(() => check(document), CHECK_MS),
    );
  };
  vscode.workspace.textDocuments.forEach(check);
  return vscode.Disposable.from(
    found,
    new vscode.Disposable(() => alarms.forEach((alarm) => clearTimeout(alarm))),
    vscode.workspace.onDidOpenTextDocument(check),
    vscode.workspace.onDidChangeTextDocument(({ document }) => document.languageId === LANGUAGE && later(document)),
    vscode.workspace.onDidCloseTextDocument(({ uri }) => found.delete(uri)),
    vscode.languages.registerCompletionItemProvider(LANGUAGE, { provideCompletionItems }, '[', '.', '"', '='),
    vscode.languages.registerHoverProvider(LANGUAGE, { provideHover }),
  );
}

function provideCompletionItems(document: vscode.TextDocument, position: vscode.Position): vscode.CompletionItem[] {
  const here = place(document.getText(new vscode.Range(new vscode.Position(0, 0), position)));
  if (here === undefined) {
    return [];
  }
  const rest = /^[\w-]*/.exec(document.lineAt(position).text.slice(position.character))?.[0].length ?? 0;
  const range = new vscode.Range(position.translate(0, -here.word.length), position.translate(0, rest));
  return offers(here, { profile: PROFILES.map(({ name }) => name) }).map(
    ({ label, text, detail, description, isTable }) => {
      const kind = here.kind === 'value' ? vscode.CompletionItemKind.EnumMember : vscode.CompletionItemKind.Property;
      const item = new vscode.CompletionItem(label, isTable ? vscode.CompletionItemKind.Struct : kind);
      item.insertText = new vscode.SnippetString(text);
      item.range = range;
      item.filterText = label.startsWith('[') ? label.slice(1, -1) : label;
      item.detail = detail;
      item.documentation = description;
      if (here.kind === 'key' && /"\$0"|\[\$0\]/.test(text)) {
        item.command = { title: 'Suggest values', command: 'editor.action.triggerSuggest' };
      }
      return item;
    },
  );
}

function provideHover(document: vscode.TextDocument, position: vscode.Position): vscode.Hover | undefined {
  const range = document.getWordRangeAtPosition(position, /[\w-]+/);
  const here = range && place(document.getText(new vscode.Range(new vscode.Position(0, 0), range.end)));
  if (here === undefined || here.kind === 'value') {
    return undefined;
  }
  const schema = at([...here.path, here.word]);
  return schema?.description === undefined ? undefined : new vscode.Hover(schema.description, range);
}

function diagnostic(document: vscode.TextDocument, { from, to, message }: ReturnType<typeof problems>[number]) {
  const range = new vscode.Range(document.positionAt(from), document.positionAt(to));
  const made = new vscode.Diagnostic(range, message, vscode.DiagnosticSeverity.Error);
  made.source = 'Tierwise';
  return made;
}
