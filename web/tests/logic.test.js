// What the console computes without a browser.
import assert from 'node:assert/strict';
import { test } from 'node:test';

import { runnerImport } from 'vite';

const load = async (path) => (await runnerImport(new URL(`../src/console/${path}`, import.meta.url).pathname, { configFile: false, logLevel: 'error' })).module;

const { kindOf, labelOf, withValue, isSame, ordered } = await load('agents/schema.ts');
const { stepsOf, spanOf } = await load('runs/timeline.ts');
const { daysOf, rangeOf } = await load('usage/days.ts');
const { safeAddress } = await load('chat/markdown.ts');
const { formatFor } = await load('ui/format.ts');

test('each part of a schema has its kind of field', () => {
  assert.equal(kindOf({ enum: ['a', 'b'] }), 'choice');
  assert.equal(kindOf({ type: 'string', maxLength: 120 }), 'text');
  assert.equal(kindOf({ type: 'string', maxLength: 2000 }), 'long');
  assert.equal(kindOf({ type: 'string', maxLength: 500, format: 'uri' }), 'text');
  assert.equal(kindOf({ type: 'array', items: { type: 'string' } }), 'list');
  assert.equal(kindOf({ type: 'object', properties: {} }), 'group');
  assert.equal(kindOf({ type: 'object' }), 'json');
  assert.equal(kindOf({}), 'json');
  assert.equal(kindOf({ enum: [1, 2] }), 'json');
});

test('names become labels', () => {
  assert.equal(labelOf('maximumDiscountPercent'), 'Maximum discount percent');
  assert.equal(labelOf('bookingUrl'), 'Booking URL');
  assert.equal(labelOf('sales_agent'), 'Sales agent');
  assert.equal(labelOf('crmIntegration'), 'CRM integration');
});

test('single values come before groups', () => {
  const properties = { voice: { type: 'object', properties: {} }, name: { type: 'string' }, topics: { type: 'array', items: {} } };
  assert.deepEqual(ordered({ properties }).map(([name]) => name), ['name', 'voice', 'topics']);
});

test('what is emptied is left out, and what is false or zero is kept', () => {
  assert.deepEqual(withValue({ a: 1 }, 'b', 'x'), { a: 1, b: 'x' });
  assert.deepEqual(withValue({ a: 1, b: 'x' }, 'b', ''), { a: 1 });
  assert.deepEqual(withValue({ a: 1, b: {} }, 'b', {}), { a: 1 });
  assert.deepEqual(withValue({}, 'b', false), { b: false });
  assert.deepEqual(withValue({}, 'b', 0), { b: 0 });
  assert.ok(isSame({ a: 1, b: { c: 2, d: [1, 2] } }, { b: { d: [1, 2], c: 2 }, a: 1 }));
  assert.ok(!isSame({ a: [1, 2] }, { a: [2, 1] }));
});

test('a timeline has every step in order, and its span covers the last', () => {
  const at = (ms) => new Date(Date.UTC(2026, 0, 1) + ms).toISOString();
  const call = { id: 'c', tool: 'find', status: 'SUCCEEDED', requestedAt: at(400), durationMs: 5000 };
  const run = {
    status: 'SUCCEEDED',
    createdAt: at(0),
    startedAt: at(100),
    finishedAt: at(2000),
    route: { agent: { name: 'Sales' } },
    message: { sources: [] },
    toolCalls: [call],
    usage: { firstTokenMs: 900 },
  };
  const steps = stepsOf(run);
  assert.deepEqual(steps.map(({ kind, at: ms }) => [kind, ms]), [['created', 0], ['started', 100], ['routed', 100], ['tool', 400], ['firstToken', 1000], ['ended', 2000]]);
  assert.equal(spanOf(steps), 5400);
  assert.deepEqual(stepsOf({ ...run, startedAt: null, finishedAt: null, toolCalls: [] }).map(({ kind }) => kind), ['created']);
});

test('a period has all its days, also those on which nothing was used', () => {
  const rows = [{ key: '2026-03-02', usage: { inputTokens: 5, outputTokens: 1 } }];
  const days = daysOf(rows, '2026-03-01T10:00:00Z', '2026-03-03T10:00:00Z');
  assert.deepEqual(days.map(({ day, input }) => [day, input]), [['2026-03-01', 0], ['2026-03-02', 5], ['2026-03-03', 0]]);
  const { from, to } = rangeOf(7, Date.parse('2026-03-08T10:20:00Z'));
  assert.deepEqual([from, to], ['2026-03-01T11:00:00.000Z', '2026-03-08T11:00:00.000Z']);
});

test('links lead to web pages and mail only', () => {
  for (const address of ['https://example.com/a?b#c', 'http://example.com/', 'mailto:a@example.com']) assert.equal(safeAddress(address), address);
  const refused = ['javascript:alert(1)', 'JAVASCRIPT:alert(1)', ' java\nscript:alert(1)', 'data:text/html,x', 'vbscript:x', 'file:///etc/passwd', 'blob:https://x/1', '//evil.example', '/console/settings', '#key=x', 'ws://x/', 'intent://x', ''];
  for (const address of refused) assert.equal(safeAddress(address), '', address);
});

test('numbers are written as the language writes them', () => {
  assert.equal(formatFor('de-DE').number(1234.5), '1.234,5');
  assert.equal(formatFor('en-US').usd(0.00012), '$0.00012');
  assert.equal(formatFor('en-US').duration(2345), '2.3 s');
});
