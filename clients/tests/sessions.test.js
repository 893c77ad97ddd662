// Sessions that are renewed while an answer streams: nothing is lost, and the connection stays.
import { strict as assert } from 'node:assert';
import { after, test } from 'node:test';

import WebSocket from 'ws';

import { HttpTransport } from '../client/dist/http.js';
import { publicSession } from '../client/dist/public-session.js';
import { answered, assertOneExactAnswer, clientFor, listen, TRANSPORTS, watchText } from './support/chat.js';
import { counted } from './support/model.js';
import { startProxy } from './support/proxy.js';
import { admin, agentId, createSession, url } from './support/server.js';

for (const transport of TRANSPORTS) {
  test(`${transport}: a session is renewed several times in one answer`, async () => {
    const proxy = await startProxy();
    after(proxy.close);
    let sessions = 0;
    let sockets = 0;
    const endUser = `renewed-${transport}`;
    const client = clientFor(transport, {
      url: proxy.url,
      getSession: async () => {
        sessions += 1;
        const { token } = await createSession({ endUser });
        // an earlier end than the real one, so that the test need not wait for it
        return { token, expiresAt: new Date(Date.now() + 900) };
      },
      webSocket: class extends WebSocket {
        constructor(...args) {
          super(...args);
          sockets += 1;
        }
      },
    });
    const conversation = client.conversation(null, { agentId: await agentId() });
    const interruptions = [];
    listen(conversation, () => interruptions.push(conversation.getSnapshot().connection));
    watchText(conversation, counted(150));
    await conversation.send('count 150');
    await assertOneExactAnswer(await answered(conversation), counted(150));
    assert.ok(sessions >= 3, `${sessions} sessions`);
    assert.ok(!interruptions.includes('reconnecting'), 'the stream was never interrupted');
    assert.equal(sockets, transport === 'websocket' ? 1 : 0);
  });
}

test('the token that a renewal replaced is refused, the new one is used', async () => {
  const tokens = [];
  const client = clientFor('sse', {
    getSession: async () => {
      const { token } = await createSession({ endUser: 'old-token' });
      tokens.push(token);
      return { token, expiresAt: new Date(Date.now() + 900) };
    },
  });
  const conversation = client.conversation(null, { agentId: await agentId() });
  listen(conversation);
  await conversation.send('count 100');
  await answered(conversation);
  assert.ok(tokens.length >= 2);
  const ask = (token) => fetch(url, { method: 'POST', headers: { 'content-type': 'application/json', authorization: `Bearer ${token}` }, body: '{"query":"{ viewer { role } }"}' });
  assert.equal((await ask(tokens[0])).status, 401);
  await conversation.send('count 2');
  await answered(conversation, 2);
});

/** Makes the agent public for the pages of this origin. */
async function openTo(origin) {
  const id = await agentId();
  const open = 'mutation($input: SetPublicAccessInput!) { setPublicAccess(input: $input) { agent { id } } }';
  await admin(open, { input: { agentId: id, origins: [origin], messagesPerMinute: 60, tokens: 1_000_000 } });
  return id;
}

for (const transport of TRANSPORTS) {
  test(`${transport}: the page of a public agent needs no session of a server`, async () => {
    const origin = 'https://shop.example';
    const client = clientFor(transport, {
      publicAgent: await openTo(origin),
      getSession: undefined,
      headers: { origin },
      webSocket: class extends WebSocket {
        constructor(address, protocols) {
          super(address, protocols, { origin });
        }
      },
    });
    const conversation = client.conversation();
    watchText(conversation, counted(20));
    await conversation.send('count 20');
    await assertOneExactAnswer(await answered(conversation), counted(20));
  });
}

test('the sessions of a page with a public agent are those of one person, until one cannot follow', async () => {
  const headers = { origin: 'https://shop.example' };
  const id = await openTo(headers.origin);
  const next = publicSession(new HttpTransport({ url, fetch, headers }), id, AbortSignal.timeout(60_000));
  const person = async ({ token }) => {
    const body = JSON.stringify({ query: '{ viewer { endUser { externalId } } }' });
    const response = await fetch(url, { method: 'POST', headers: { ...headers, 'content-type': 'application/json', authorization: `Bearer ${token}` }, body });
    return (await response.json()).data.viewer.endUser.externalId;
  };
  const first = await person(await next());
  assert.equal(await person(await next()), first);
  await admin('mutation($endUser: String!) { revokeSessions(input: {endUser: $endUser}) { revoked } }', { endUser: first });
  assert.notEqual(await person(await next()), first);
});
