// docs/clients.md, the pages of docs/clients and the READMEs of the packages: their examples are files that tests run, their
// operations are valid.
import { strict as assert } from 'node:assert';
import { randomUUID } from 'node:crypto';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { test } from 'node:test';

import { buildSchema, parse, validate } from 'graphql';

import { ask } from '../examples/client.js';
import { clientFor, TRANSPORTS } from './support/chat.js';
import { counted } from './support/model.js';
import { agentId, apiKey, storedMessages } from './support/server.js';

const root = new URL('../../', import.meta.url);
const GUIDES = ['nextjs', 'relay', 'browser', 'curl'].map((name) => `docs/clients/${name}.md`);
const PAGES = ['docs/clients.md', ...GUIDES, 'clients/client/README.md', 'clients/react/README.md', 'clients/python/README.md'];
const read = (name) => readFileSync(new URL(name, root), 'utf8');

for (const page of PAGES) {
  test(`${page} shows its examples as they are run`, () => {
    const shown = [...read(page).matchAll(/<!-- (\S+) -->\n```\w+\n([^]*?)```/g)];
    assert.ok(shown.length > 0);
    for (const [, name, text] of shown) assert.equal(text, read(name), name);
  });
}

test('the operations in docs/clients.md are valid', () => {
  const schema = buildSchema(read('schema.graphql'));
  const operations = [...read('docs/clients.md').matchAll(/```graphql\n([^]*?)```/g)];
  assert.ok(operations.length >= 3);
  for (const [, text] of operations) assert.deepEqual(validate(schema, parse(text)), [], text);
});

test('the list of the examples names every guide', () => {
  const guides = readdirSync(new URL('docs/clients/', root)).filter((name) => name !== 'README.md');
  assert.deepEqual(guides.sort(), GUIDES.map((page) => page.split('/').at(-1)).sort());
  for (const guide of guides) assert.ok(read('docs/clients/README.md').includes(`](${guide})`), guide);
});

test('the links of these pages lead somewhere', () => {
  for (const page of [...PAGES, 'docs/clients/README.md']) {
    for (const [, link] of read(page).matchAll(/\]\((?!http|#)([^)#]+)/g)) assert.ok(existsSync(new URL(link, new URL(page, root))), `${page}: ${link}`);
  }
});

for (const transport of TRANSPORTS) {
  test(`${transport}: the example of @troupe/client, on a server with an API key`, async () => {
    const client = clientFor(transport, { token: apiKey });
    const shown = [];
    const state = await ask(client, await agentId(), 'count 12', ({ messages }) => shown.push(messages.at(-1)?.text));
    assert.equal(state.messages.at(-1).text, counted(12));
    assert.ok(shown.length > 3);
    assert.equal((await storedMessages(state.id)).length, 2);
  });
}

test('a second reader of a conversation sees it whole, with older pages', async () => {
  const endUser = randomUUID();
  const first = await ask(clientFor('sse', { endUser }), await agentId(), 'count 3', () => {});
  const client = clientFor('websocket', { endUser });
  const conversation = client.conversation(first.id, { pageSize: 1 });
  const stop = conversation.subscribe(() => {});
  await conversation.until(({ messages }) => messages.length === 1);
  assert.equal(conversation.getSnapshot().hasOlder, true);
  await conversation.loadOlder();
  const { messages, hasOlder } = conversation.getSnapshot();
  assert.deepEqual([messages.map(({ text }) => text), hasOlder], [['count 3', counted(3)], false]);
  assert.equal(client.conversation(first.id), conversation, 'one conversation is one object');
  stop();
});
