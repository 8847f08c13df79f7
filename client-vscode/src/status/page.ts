// The server's page in the editor's colours. Knows nothing of VS Code.

// Nothing is loaded and nothing runs: the page is made of figures, but names of models and files stand among them.
const POLICY = `<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'; img-src data:">`;

const STYLE = `<style>
  html, body { background: var(--vscode-editor-background); color: var(--vscode-editor-foreground); }
  body { font-family: var(--vscode-font-family); }
  body.vscode-dark, body.vscode-high-contrast { color-scheme: dark; }
  body.vscode-light, body.vscode-high-contrast-light { color-scheme: light; }
</style>`;

/** A page of its own, as one that follows the theme and runs nothing. */
export function themed(html: string): string {
  const policed = /<head[^>]*>/i.test(html) ? html.replace(/<head[^>]*>/i, (head) => head + POLICY) : POLICY + html;
  return /<\/head>/i.test(policed) ? policed.replace(/<\/head>/i, (end) => STYLE + end) : policed + STYLE;
}
