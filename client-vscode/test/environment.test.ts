import assert from 'node:assert/strict';
import { test } from 'node:test';
import { serverEnvironment } from '../src/server/environment';
import { themed } from '../src/status/page';

const none = { proxy: '', noProxy: [] };

test("VS Code's proxy holds for the server, but never for models on this machine", () => {
  const made = serverEnvironment({ PATH: '/bin' }, { proxy: 'http://proxy:3128', noProxy: ['.inside'] }, {});
  assert.deepEqual(made, {
    PATH: '/bin',
    HTTP_PROXY: 'http://proxy:3128',
    HTTPS_PROXY: 'http://proxy:3128',
    NO_PROXY: 'localhost,127.0.0.1,::1,.inside',
  });
});

test('a proxy that the environment names already stays', () => {
  const base = { https_proxy: 'http://other:1' };
  assert.deepEqual(serverEnvironment(base, { proxy: 'http://proxy:3128', noProxy: [] }, {}), base);
});

test('a key that was entered counts more than one that was there', () => {
  assert.deepEqual(serverEnvironment({ A_KEY: 'old', B: 'b' }, none, { A_KEY: 'new' }), { A_KEY: 'new', B: 'b' });
});

test('a page of the server runs nothing and follows the theme', () => {
  for (const page of ['<!doctype html><html><head lang="x"><title>R</title></head><body>x</body></html>', '<p>x</p>']) {
    const made = themed(page);
    assert.ok(made.indexOf('Content-Security-Policy') < made.indexOf('<style>'));
    assert.match(made, /default-src 'none'/);
    assert.match(made, /var\(--vscode-editor-background\)/);
  }
});
