// Markdown of a model is inert: no element but those of Markdown, nothing that loads, no address but of web and mail.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';

import { createElement } from 'react';
import { renderToStaticMarkup } from 'react-dom/server';
import { createServer } from 'vite';

import { PAYLOADS } from './payloads.js';

// of our own package only the errors are needed
const alias = { '@troupe/client': fileURLToPath(new URL('../../clients/client/src/errors.ts', import.meta.url)) };
const server = await createServer({ configFile: false, resolve: { alias }, server: { middlewareMode: true, ws: false }, appType: 'custom', logLevel: 'error', optimizeDeps: { noDiscovery: true } });
const { Markdown } = await server.ssrLoadModule('/src/console/chat/Markdown.tsx');
const { LanguageContext } = await server.ssrLoadModule('/src/console/strings/index.ts');
const { ToastProvider } = await server.ssrLoadModule('/src/console/ui/Toasts.tsx');
const { en } = await server.ssrLoadModule('/src/console/strings/en/index.ts');
await server.close();

const render = (text, numbers = []) =>
  renderToStaticMarkup(
    createElement(LanguageContext.Provider, { value: { code: 'en', strings: en } }, createElement(ToastProvider, null, createElement(Markdown, { text, numbers }))),
  ).replace(/<div class="toasts".*$/, '');

const ELEMENTS = new Set(
  'div p span a em strong del code pre ul ol li blockquote hr br h2 h3 h4 table thead tbody tr th td sup section input button svg path rect'.split(' '),
);

function assertInert(html, payload) {
  for (const [, name, attributes] of html.matchAll(/<([a-z0-9-]+)((?:\s+[^\s=>]+(?:="[^"]*")?)*)\s*\/?>/gi)) {
    assert.ok(ELEMENTS.has(name.toLowerCase()), `${payload} made <${name}>`);
    for (const [, attribute, value = ''] of attributes.matchAll(/([^\s=]+)(?:="([^"]*)")?/g)) {
      assert.ok(!/^on|^style$|^src|^action$|^formaction$|^data$/i.test(attribute), `${payload} made ${attribute}`);
      if (attribute === 'href') assert.match(value, /^(https?:|mailto:)/, payload);
      if (name === 'input' && attribute === 'type') assert.equal(value, 'checkbox', payload);
    }
  }
}

test(`${PAYLOADS.length} hostile texts are inert`, () => {
  assert.ok(PAYLOADS.length >= 40);
  for (const payload of PAYLOADS) {
    assertInert(render(payload), payload);
    // the answer grows by tokens, so each beginning of it is shown too
    for (let end = 1; end < payload.length; end += 7) assertInert(render(payload.slice(0, end)), payload.slice(0, end));
  }
});

test('links open elsewhere and tell nothing of this page', () => {
  assert.match(render('[x](https://example.com/)'), /<a href="https:\/\/example.com\/" target="_blank" rel="noopener noreferrer nofollow"/);
  assert.match(render('a@example.com'), /href="mailto:a@example.com"/);
});

test('Markdown is shown: lists, tables, code', () => {
  const html = render('# Title\n\n- one\n- two\n\n| a |\n|---|\n| b |\n\n```\ncode\n```\n\n**bold**');
  for (const part of ['<h3>Title</h3>', '<li>one</li>', '<td>b</td>', '<code>code', '<strong>bold</strong>']) assert.ok(html.includes(part), html);
});

test('a mark becomes a button where there is a citation, and stays text elsewhere', () => {
  const html = render('It costs 265 euros. [1] And [7].', [1]);
  assert.match(html, /<button[^>]*class="cite"[^>]*>1<\/button>/);
  assert.ok(html.includes('[7]'), html);
});
