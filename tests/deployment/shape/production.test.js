// The production shape of compose.yaml, started without Docker: messages through both web processes and the proxy, and the
// end of a process under way.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { after, before, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { answer, CHAT, Client, FOLLOW, overSocket } from './client.js';
import { PACE_MS, startModel, WORDS } from './model.js';
import { Production, until } from './processes.js';

const WHOLE = Array.from({ length: WORDS }, (_, index) => `word${index + 1}`).join(' ');
let model, production, owner, agent;

const message = () => ({ input: { message: 'Count, please.', agentId: agent, clientMessageId: randomUUID() } });
async function collect(events) {
  const all = [];
  for await (const event of events) all.push(event);
  return all;
}
function assertWhole(events) {
  const { attempts, text, stored, last } = answer(events);
  assert.equal(last.__typename, 'RunSucceeded', JSON.stringify(last));
  assert.deepEqual(attempts, [1]);
  assert.equal(text.trim(), WHOLE);
  assert.equal(stored.trim(), text.trim());
}

before(async () => {
  model = await startModel();
  production = new Production({ TROUPE_OPENAI_BASE_URL: model.url, TROUPE_OPENAI_API_KEY: 'key-of-no-provider', TROUPE_CHAT_MODEL: 'counting' });
  await production.startAll();
  const operator = new Client(production.address('web-1'), production.operatorKey);
  const { createAccount } = await operator.execute('mutation { createAccount(input: {name: "Shape", tier: PREMIUM}) { ownerKey } }');
  owner = new Client(production.address('web-1'), createAccount.ownerKey);
  const create = 'mutation { createAgent(input: {template: "support_agent", tier: "standard", name: "Support", activate: true}) { agent { id } } }';
  agent = (await owner.execute(create)).createAgent.agent.id;
});

after(async () => {
  await production?.stop();
  model?.server.close();
  model?.server.closeAllConnections();
});

test('a check before a start finds no error', () => {
  for (const role of ['serve', 'worker']) {
    const service = role === 'serve' ? 'web-1' : role;
    const report = execFileSync(process.env.TROUPE, ['check', '--role', role, '--connect'], { env: production.environment(service), encoding: 'utf8', stdio: 'pipe' });
    assert.ok(!/^error/m.test(report), report);
  }
});

test('a message to one web process is followed at the other', async () => {
  const events = [];
  let follower;
  for await (const event of owner.subscribe(CHAT, message())) {
    events.push(event);
    follower ??= collect(owner.at(production.address('web-2')).subscribe(FOLLOW, { runId: event.runId }));
  }
  assertWhole(events);
  assertWhole(await follower);
});

test('the worker reads a document that a web process accepted', async () => {
  const ingest = `mutation($input: IngestDocumentInput!) { ingestDocument(input: $input) { document { id } } }`;
  const input = { agentId: agent, title: 'Hours', source: 'hours.md', text: '# Hours\n\nThe shop is open from nine to five.' };
  const { ingestDocument } = await owner.execute(ingest, { input });
  const { id } = ingestDocument.document;
  const state = 'query($id: ID!) { node(id: $id) { ... on Document { status } } }';
  await until('the document is searchable', async () => (await owner.at(production.address('web-2')).execute(state, { id })).node.status === 'READY');
});

for (const [transport, read] of [
  ['server-sent events', (client, input) => collect(client.subscribe(CHAT, input))],
  ['a WebSocket', async (client, input) => (await overSocket(client, CHAT, input)).events],
]) {
  test(`the proxy passes tokens on as they come over ${transport}`, async (context) => {
    if (!production.proxy) return context.skip('caddy is not on PATH');
    const events = await read(owner.at(production.proxy), message());
    assertWhole(events);
    const { tokens } = answer(events);
    const spread = tokens.at(-1).at - tokens[0].at;
    assert.ok(spread > (WORDS * PACE_MS) / 2, `all tokens arrived within ${spread} ms`);
  });
}

test('a web process that is asked to end finishes its answer, and no request fails meanwhile', async () => {
  const through = owner.at(production.proxy ?? production.address('web-2'));
  let ask;
  const asked = new Promise((resolve) => (ask = resolve));
  let requests = 0;
  const others = asked.then(async () => {
    let status;
    production.end('web-1').then((code) => (status = code));
    while (status === undefined) {
      await through.execute('{ viewer { role } }');
      requests += 1;
      await sleep(10);
    }
    return status;
  });
  const events = [];
  for await (const event of owner.subscribe(CHAT, message())) {
    events.push(event);
    if (event.__typename === 'TokenDelta') ask();
  }
  assertWhole(events);
  assert.equal(await others, 0, production.log('web-1'));
  assert.ok(requests > 10, `${requests} requests`);
  assertWhole(await collect(through.subscribe(CHAT, message())));
});
