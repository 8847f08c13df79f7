// The server's page in the editor's colours. Knows nothing of VS Code.

// Nothing is loaded and nothing runs: the page is made of figures, but names of models and files stand among them.
const POLICY = `<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'; img-src data:">`;

// The page's own names of colours, as the theme has them.
const STYLE = `<style>
  body {
    --paper: var(--vscode-editor-background);
    --card: var(--vscode-editorWidget-background);
    --ink: var(--vscode-editor-foreground);
    --soft: var(--vscode-descriptionForeground);
    --line: var(--vscode-widget-border, var(--vscode-panel-border));
    --accent: var(--vscode-textLink-foreground);
    --c0: var(--vscode-charts-green);
    --c1: var(--vscode-charts-blue);
    --c2: var(--vscode-charts-purple);
    --c3: var(--vscode-charts-orange);
    --c4: var(--vscode-charts-red);
    --c5: var(--vscode-disabledForeground, var(--vscode-descriptionForeground));
    background: var(--paper);
    color: var(--ink);
    font-family: var(--vscode-font-family);
  }
  svg text { font-family: var(--vscode-font-family); }
  body.vscode-dark, body.vscode-high-contrast { color-scheme: dark; }
  body.vscode-light, body.vscode-high-contrast-light { color-scheme: light; }
</style>`;

/** A page of its own, as one that follows the theme and runs nothing. */
export function themed(html: string): string {
  const policed = /<head[^>]*>/i.test(html) ? html.replace(/<head[^>]*>/i, (head) => head + POLICY) : POLICY + html;
  return /<\/head>/i.test(policed) ? policed.replace(/<\/head>/i, (end) => STYLE + end) : policed + STYLE;
}
