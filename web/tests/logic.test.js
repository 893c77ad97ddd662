// What the console computes without a browser.
import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { test } from 'node:test';

import { runnerImport } from 'vite';

const bare = { configFile: false, logLevel: 'error' };
/** For what needs the errors of our own package, which only the build knows. */
const pages = { ...bare, resolve: { alias: { '@troupe/client': new URL('../../clients/client/src/errors.ts', import.meta.url).pathname } } };
const load = async (path, config = bare) => (await runnerImport(new URL(`../src/console/${path}`, import.meta.url).pathname, config)).module;

const { kindOf, labelOf, withValue, isSame, ordered } = await load('agents/schema.ts');
const { stepsOf, spanOf } = await load('runs/timeline.ts');
const { refusalOf } = await load('tools/refusal.ts', pages);
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

test('a refused grant names its tools', () => {
  const refused = (...problems) => [{ message: 'input.tools[0]: …', extensions: { code: 'BAD_USER_INPUT', problems } }];
  const unknown = { path: 'input.tools[1]', message: 'the tier does not include it' };
  const error = refused({ ...unknown, path: 'input.tools[0]' }, unknown);
  assert.equal(refusalOf(error, ['find', 'get']).message, 'the tier does not include it (find, get)');
  const other = refused(unknown, { path: 'input.agentId', message: 'is not an id' });
  assert.equal(refusalOf(other, ['find', 'get']), other);
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

test('a link leads to none of our own pages, whoever’s key is in it', () => {
  globalThis.location = new URL('https://troupe.example/console/chat');
  try {
    for (const address of ['https://troupe.example/#key=x', 'HTTPS://troupe.example:443/console/settings', 'https:troupe.example', 'https://user@troupe.example/']) assert.equal(safeAddress(address), '', address);
    assert.equal(safeAddress('https://troupe.example.com/'), 'https://troupe.example.com/');
  } finally {
    delete globalThis.location;
  }
});

test('numbers are written as the language writes them', () => {
  assert.equal(formatFor('de-DE').number(1234.5), '1.234,5');
  assert.equal(formatFor('en-US').usd(0.00012), '$0.00012');
  assert.equal(formatFor('en-US').duration(2345), '2.3 s');
});

const { affected, byPlace, hasField, placeOf, schemaOf } = await load('versions/places.ts');
const tone = { type: 'string', enum: ['warm'] };
const wanted = { type: 'object', properties: { voice: { type: 'object', properties: { tone } }, products: { type: 'array', items: { type: 'object', properties: { name: { type: 'string' } } } }, free: { type: 'object' } } };

test('a problem with another version has its place, and those that refuse it come first', () => {
  assert.deepEqual(placeOf('configuration.voice.tone'), { place: 'settings', rest: 'voice.tone' });
  assert.deepEqual(placeOf('tier'), { place: 'tier', rest: '' });
  assert.equal(placeOf('news.of.tomorrow').place, 'other');
  const problems = [
    { path: 'skills.a', message: '', blocking: false },
    { path: 'configuration.products[0].name', message: '', blocking: true },
    { path: 'configuration.products[1].name', message: '', blocking: true },
    { path: 'configuration.old', message: '', blocking: true },
  ];
  assert.deepEqual([...byPlace(problems).keys()], ['settings', 'skills']);
  assert.deepEqual(affected(byPlace(problems).get('settings')), ['products', 'old']);
});

test('a setting that the wanted version does not have is shown as the present one has it', () => {
  const schema = schemaOf(['voice', 'old', 'gone'], { ...wanted, required: ['voice', 'products'] }, { properties: { old: tone, voice: { type: 'object' } } });
  assert.deepEqual(Object.keys(schema.properties), ['voice', 'old']);
  assert.equal(schema.properties.voice, wanted.properties.voice);
  assert.deepEqual(schema.required, ['voice']);
});

test('a problem without a field in the form is told from one with a field', () => {
  const value = { products: [{ name: 'Heron' }] };
  assert.ok(hasField(wanted, value, 'voice.tone'));
  assert.ok(hasField(wanted, value, 'products[0].name'));
  // another layer's value has no entry in the form
  assert.ok(!hasField(wanted, value, 'products[1].name'));
  assert.ok(!hasField(wanted, value, 'voice.speed'));
  assert.ok(!hasField(wanted, value, 'free.form'));
});

test('percent and numbers are read as people write them', async () => {
  const { numberOf, percentText, shareOf } = await load('ui/number.ts');
  assert.deepEqual(['', ' ', '1,5', '2', 'x'].map(numberOf), [null, null, 1.5, 2, NaN]);
  assert.equal(shareOf('7'), 0.07);
  assert.equal(percentText(0.07), '7');
  assert.equal(percentText(null), '');
});

test('a trial shows a limit as exceeded only when there is something to compare', async () => {
  const { figureRows } = await load('versions/figures.ts');
  const none = { runs: 0, failed: 0, failures: [], firstTokenP50Ms: null, firstTokenP95Ms: null, durationP95Ms: null, toolCalls: 0, toolFailures: 0, satisfaction: null, usage: { inputTokens: 0, outputTokens: 0, costUsd: 0 } };
  const limits = { maxErrorRate: 0.05, minSatisfaction: 0.8, maxFirstTokenMs: 100 };
  const exceeded = (candidate) => figureRows(none, candidate, limits, formatFor('en-US')).flatMap(({ name, limit }) => (limit?.isExceeded ? [name] : []));
  assert.deepEqual(exceeded(none), []);
  assert.deepEqual(exceeded({ ...none, runs: 10, failed: 1, firstTokenP95Ms: 101, satisfaction: 0.7 }), ['failed', 'firstToken', 'satisfaction']);
  assert.deepEqual(exceeded({ ...none, runs: 20, failed: 1, firstTokenP95Ms: 100, satisfaction: 0.8 }), []);
});

test('changes to a persona that another version has made pointless are dropped', async () => {
  const { NO_CHANGES, countOf, difference, inputOf, keptIn, withAdded, withAddedText, withRemoval, withText } = await load('persona/draft.ts');
  const [one, other] = [{ id: '1', text: 'soil' }, { id: '2', text: 'rain' }];
  let draft = withText(withRemoval(NO_CHANGES, '2', true), one, 'earth');
  draft = withAddedText(withAdded(draft, 'TONE'), 1, 'dry');
  assert.equal(countOf(draft), 3);
  assert.deepEqual(inputOf('a', 4, draft), { agentId: 'a', expectedVersion: 4, add: [{ kind: 'TONE', text: 'dry' }], replace: [{ id: '1', text: 'earth' }], removeIds: ['2'] });
  assert.equal(countOf(withText(draft, one, 'soil')), 2);
  const profile = { topics: [one], vocabulary: [], tone: [], positions: [], facts: [] };
  assert.equal(countOf(keptIn(draft, profile)), 2);
  assert.deepEqual(difference([one, { ...other, text: 'snow' }], [one, other]), { added: [{ id: '2', text: 'snow' }], removed: [other] });
});

test('budgets and ceilings are amounts with what is left, and what the month will take', async () => {
  const { boundsOf, forecast } = await load('settings/amounts.ts');
  const billing = { monthlyTokenBudget: 100, monthlyCostBudgetUsd: null, enforcement: 'WARN', ceilingTokens: null, ceilingCostUsd: 2, spentTokens: 120, reservedTokens: 5, spentUsd: 0.5 };
  assert.deepEqual(boundsOf(billing).map(({ kind, unit, left, held }) => [kind, unit, left, held]), [['own', 'tokens', -20, 5], ['ceiling', 'usd', 1.5, 0]]);
  assert.equal(forecast(100, new Date('2026-11-11T00:00:00Z')), 300);
  assert.equal(forecast(100, new Date('2026-11-01T12:00:00Z')), null);
});

test('a trial’s numbers are checked before one that runs is ended for them', async () => {
  const { inputOf } = await load('versions/trial-input.ts');
  const check = (fields) => {
    const { wrong, outside } = inputOf('agent_1', { version: '2.0.0', share: '10', maxErrorRate: '', minSatisfaction: '', maxFirstTokenMs: '', ...fields });
    return [wrong, outside];
  };
  assert.deepEqual(check({}), [[], []]);
  assert.deepEqual(check({ share: '100', maxErrorRate: '0', minSatisfaction: '100', maxFirstTokenMs: '600000' }), [[], []]);
  assert.deepEqual(check({ share: '' }), [[], ['share']]);
  assert.deepEqual(check({ share: '0', maxErrorRate: '-1', minSatisfaction: '101', maxFirstTokenMs: '1,5' }), [[], ['share', 'maxErrorRate', 'minSatisfaction', 'maxFirstTokenMs']]);
  assert.deepEqual(check({ share: 'x', maxErrorRate: '200' }), [['share'], ['maxErrorRate']]);
});

test('a file that waits when its page is left is not sent', async () => {
  const { upload } = await load('knowledge/upload.ts', pages);
  const sent = [];
  globalThis.XMLHttpRequest = class {
    constructor() {
      sent.push(this);
    }
  };
  try {
    const options = { agentId: 'agent_1', file: new Blob(['x']), credentials: { apiKey: 'k', accountId: '' }, onProgress: () => {}, signal: AbortSignal.abort() };
    await assert.rejects(upload(options), /not sent/);
    assert.deepEqual(sent, []);
  } finally {
    delete globalThis.XMLHttpRequest;
  }
});

test('the next version of a template is proposed, and parts that are no JSON are named', async () => {
  const { nextOf, publicationInput, publicationOf } = await load('operator/publication.ts');
  assert.deepEqual(['1.4.2', '10.0.0', 'beta'].map(nextOf), ['1.5.0', '10.1.0', 'beta']);
  const publication = publicationOf(null);
  assert.equal(publicationInput(publication).input.pricingTiers[0].name, 'standard');
  assert.deepEqual(publicationInput({ ...publication, skills: '[', configSchema: '' }), { input: null, wrong: ['configSchema', 'skills'] });
});

test('the answer of /readyz is read, and anything else is not', async () => {
  const { readinessOf } = await load('operator/readiness.ts');
  const checks = { redis: { ready: false, required: false, reason: 'gone' }, database: { ready: true, required: true } };
  const found = readinessOf({ ready: true, draining: false, checks });
  assert.deepEqual(found.checks.map(({ name, reason }) => [name, reason]), [['database', null], ['redis', 'gone']]);
  for (const other of [null, 'ok', {}, { ready: 'yes', checks }, { ready: true }]) assert.equal(readinessOf(other), null);
});

test('each file of tests in a browser is run', () => {
  const at = (path) => new URL(`browser/${path}`, import.meta.url);
  const run = ['one', 'other'].flatMap((half) => [...readFileSync(at(`halves/${half}.js`), 'utf8').matchAll(/'\.\.\/(.+)'/g)].map(([, name]) => name));
  assert.deepEqual(run.sort(), readdirSync(at('.')).filter((name) => name.endsWith('.test.js')).sort());
});
