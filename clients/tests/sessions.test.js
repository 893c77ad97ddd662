// Sessions that are renewed while an answer streams: nothing is lost, and the connection stays.
import { strict as assert } from 'node:assert';
import { after, test } from 'node:test';

import WebSocket from 'ws';

import { answered, assertOneExactAnswer, clientFor, listen, TRANSPORTS, watchText } from './support/chat.js';
import { counted } from './support/model.js';
import { startProxy } from './support/proxy.js';
import { agentId, createSession, url } from './support/server.js';

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
