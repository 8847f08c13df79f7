import assert from 'node:assert/strict';
import { test } from 'node:test';
import { render } from '../src/answers/markdown';

const HOSTILE = [
  '<script>alert(1)</script>',
  '<img src=x onerror=alert(1)>',
  '<iframe src="https://example.com"></iframe>',
  '[click](javascript:alert(1))',
  '[click](command:workbench.action.terminal.new)',
  '[click](data:text/html;base64,PHNjcmlwdD4=)',
  '[click](vscode://file/etc/passwd)',
  '![picture](https://example.com/?secret=1)',
  '```"><script>alert(1)</script>\nx\n```',
  '<a href="x" onclick="alert(1)">x</a>',
  '[x](https://example.com "\\"><script>alert(1)</script>")',
];

for (const text of HOSTILE) {
  test(`nothing of ${text.slice(0, 40)} is alive`, () => {
    const { html } = render(text);
    const tags = html.match(/<\/?[a-z][^>]*>/gi) ?? [];
    for (const tag of tags) {
      assert.match(tag, /^<\/?(p|a|div|span|button|pre|code|em|strong|blockquote)\b/i);
      assert.doesNotMatch(tag.replace(/(title|href)="[^"]*"/g, ''), /\son\w+=|src=/i);
    }
    assert.doesNotMatch(html, /href="(?!https?:|mailto:)/i);
  });
}

test('links that open in a browser stay links', () => {
  assert.match(render('[docs](https://example.com/a?b=1)').html, /<a href="https:\/\/example\.com\/a\?b=1">docs<\/a>/);
});

test('code blocks are collected as they are copied, and coloured where the language is known', () => {
  const { html, blocks } = render('Look:\n\n```python\nif a < b:\n    pass\n```\n\n```nolang\n<b>\n```\n');
  assert.deepEqual(blocks, ['if a < b:\n    pass\n', '<b>\n']);
  assert.match(html, /class="hljs-keyword">if</);
  assert.match(html, /a &lt; b/);
  assert.match(html, /data-block="1"/);
  assert.match(html, /&lt;b&gt;/);
});

test('a block that is not closed yet is shown as one', () => {
  assert.deepEqual(render('```ts\nconst a = 1;').blocks, ['const a = 1;']);
});
