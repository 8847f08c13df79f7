// A model's Markdown as HTML that is safe to show. Knows nothing of VS Code.
//
// The text is a stranger's: HTML in it is shown as text, images are not loaded (their address could carry something
// away), and only links that open in a browser are links.
import hljs from 'highlight.js/lib/core';
import bash from 'highlight.js/lib/languages/bash';
import cpp from 'highlight.js/lib/languages/cpp';
import csharp from 'highlight.js/lib/languages/csharp';
import css from 'highlight.js/lib/languages/css';
import diff from 'highlight.js/lib/languages/diff';
import go from 'highlight.js/lib/languages/go';
import java from 'highlight.js/lib/languages/java';
import javascript from 'highlight.js/lib/languages/javascript';
import json from 'highlight.js/lib/languages/json';
import python from 'highlight.js/lib/languages/python';
import rust from 'highlight.js/lib/languages/rust';
import sql from 'highlight.js/lib/languages/sql';
import typescript from 'highlight.js/lib/languages/typescript';
import xml from 'highlight.js/lib/languages/xml';
import yaml from 'highlight.js/lib/languages/yaml';
import MarkdownIt from 'markdown-it';

const LANGUAGES = {
  bash,
  cpp,
  csharp,
  css,
  diff,
  go,
  java,
  javascript,
  json,
  python,
  rust,
  sql,
  typescript,
  xml,
  yaml,
};

export interface Rendered {
  readonly html: string;
  /** The code blocks in order, as they are copied and inserted. */
  readonly blocks: readonly string[];
}

/** Render an answer, whole or still growing: a code block that is not closed yet is shown as one. */
export function render(text: string): Rendered {
  const blocks: string[] = [];
  return { html: parser().render(text, { blocks }), blocks };
}

let made: InstanceType<typeof MarkdownIt> | undefined;

function parser(): InstanceType<typeof MarkdownIt> {
  if (made === undefined) {
    for (const [name, language] of Object.entries(LANGUAGES)) {
      hljs.registerLanguage(name, language);
    }
    made = new MarkdownIt({ html: false, linkify: false, typographer: false });
    made.disable('image');
    made.validateLink = (url) => /^(https?:\/\/|mailto:)/i.test(url);
    made.renderer.rules.fence = (tokens, index, _options, env) => {
      const token = tokens[index];
      return codeBlock(token?.content ?? '', token?.info ?? '', blocksOf(env));
    };
    made.renderer.rules.code_block = (tokens, index, _options, env) =>
      codeBlock(tokens[index]?.content ?? '', '', blocksOf(env));
  }
  return made;
}

/** Where a rendering collects its code blocks: what `render` handed in. */
function blocksOf(env: unknown): string[] {
  return (env as { blocks: string[] }).blocks;
}

function codeBlock(code: string, info: string, blocks: string[]): string {
  const language = info.trim().split(/\s+/)[0]?.toLowerCase() ?? '';
  const known = language !== '' && hljs.getLanguage(language) !== undefined;
  const inner = known ? hljs.highlight(code, { language, ignoreIllegals: true }).value : escape(code);
  const number = blocks.push(code) - 1;
  return (
    `<div class="code"><div class="bar"><span>${escape(language)}</span>` +
    `<button data-do="copyCode" data-block="${number}">Copy</button>` +
    `<button data-do="insertCode" data-block="${number}">Insert</button></div>` +
    `<pre><code>${inner}</code></pre></div>\n`
  );
}

function escape(text: string): string {
  return text.replace(/[&<>"]/g, (sign) => ({ '&': '&amp;', '<': '&lt;', '>': '&gt;' })[sign] ?? '&quot;');
}
