// Keeps documents as any language server does, and answers every ghost-text request at once with nothing asked.
const { createConnection, ProposedFeatures, TextDocuments, TextDocumentSyncKind } = require('vscode-languageserver/node');
const { TextDocument } = require('vscode-languageserver-textdocument');

const connection = createConnection(ProposedFeatures.all, process.stdin, process.stdout);
const documents = new TextDocuments(TextDocument);
connection.onInitialize(() => ({
  capabilities: { textDocumentSync: TextDocumentSyncKind.Incremental, inlineCompletionProvider: {} },
}));
connection.onRequest('textDocument/inlineCompletion', ({ textDocument, position }) => {
  const document = documents.get(textDocument.uri);
  document.offsetAt(position);
  return { items: [{ insertText: 'value' }] };
});
documents.listen(connection);
connection.listen();
