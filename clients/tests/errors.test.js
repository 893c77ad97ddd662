// Errors as a page shows them: the reason is there at the first refusal, and what cannot succeed is not repeated.
import { strict as assert } from 'node:assert';
import { describe, test } from 'node:test';

import { TroupeError } from '@troupe/client';
import WebSocket from 'ws';

import { answered, clientFor, listen, TRANSPORTS } from './support/chat.js';
import { admin, agentId, apiKey, createSession, expiredToken, storedMessages } from './support/server.js';

/** Nothing listens at this address. */
const NOWHERE = 'http://127.0.0.1:9/graphql';

/** A conversation that exists, of a person. */
async function begun(endUser) {
  const { sendMessage } = await admin('mutation($input: ChatInput!) { sendMessage(input: $input) { run { conversation { id } } } }', {
    input: { message: 'count 2', agentId: await agentId(), endUser, clientMessageId: `begin-${endUser}` },
  });
  return sendMessage.run.conversation.id;
}

/** Opens a conversation; the error must be on the screen without an attempt to connect again. */
async function assertShown(conversation, reason, text) {
  const connections = [];
  listen(conversation, () => connections.push(conversation.getSnapshot().connection));
  const { error } = await conversation.until((state) => state.error?.fatal === true);
  assert.equal(error.reason, reason, error.message);
  assert.match(error.message, text);
  assert.ok(!connections.includes('reconnecting'), `${reason}: ${connections}`);
}

/** Resolves when a client that repeats has done so several times. */
async function repeatedElsewhere(transport) {
  const { counts, ...options } = counting();
  const conversation = clientFor(transport, { token: 'any', url: NOWHERE, ...options }).conversation('conversation_x');
  await new Promise((resolve) => {
    const look = () => counts.requests + counts.sockets > 4 && resolve();
    listen(conversation, look);
  });
}

/** A WebSocket of a page of another origin. */
class ForeignSocket extends WebSocket {
  constructor(address, protocols) {
    super(address, protocols, { origin: 'https://evil.example' });
  }
}

/** Counts what is sent to the server. */
function counting() {
  const counts = { requests: 0, sockets: 0 };
  return {
    counts,
    fetch: (...args) => {
      counts.requests += 1;
      return fetch(...args);
    },
    webSocket: class extends WebSocket {
      constructor(...args) {
        super(...args);
        counts.sockets += 1;
      }
    },
  };
}

describe('errors', { concurrency: true }, () => {
  for (const transport of TRANSPORTS) {
    test(`${transport}: a wrong key is shown, and not sent again`, async () => {
      const { counts, ...options } = counting();
      const conversation = clientFor(transport, { token: 'troupe_wrong', ...options }).conversation(await begun('wrong-key'));
      await assertShown(conversation, 'wrong-key', /API key is unknown/);
      const before = { ...counts };
      await repeatedElsewhere(transport);
      assert.deepEqual(counts, before);
    });

    test(`${transport}: a session that has expired and is not replaced is shown`, async () => {
      const endUser = `expired-${transport}`;
      const id = await begun(endUser);
      const token = await expiredToken(endUser);
      const conversation = clientFor(transport, { getSession: () => token }).conversation(id);
      await assertShown(conversation, 'session-expired', /expired/);
    });

    test(`${transport}: a session that expires is replaced when getSession gives another`, async () => {
      const endUser = `replaced-${transport}`;
      const id = await begun(endUser);
      const tokens = [await expiredToken(endUser), (await createSession({ endUser })).token];
      const conversation = clientFor(transport, { getSession: () => tokens.shift() }).conversation(id);
      listen(conversation);
      const state = await conversation.until(({ connection, messages }) => connection === 'open' && messages.length > 0);
      assert.equal(state.error, null);
    });

    test(`${transport}: a session that is revoked in the middle of a stream is shown`, async () => {
      const endUser = `revoked-${transport}`;
      const id = await begun(endUser);
      const session = await createSession({ endUser });
      const conversation = clientFor(transport, { getSession: () => session }).conversation(id);
      listen(conversation);
      await conversation.until(({ connection, messages }) => connection === 'open' && messages.length > 0);
      await admin('mutation($id: ID!) { revokeSessions(input: {sessionId: $id}) { revoked } }', { id: session.id });
      await assertShown(conversation, 'session-revoked', /revoked/);
    });

    test(`${transport}: a page of another origin is told why it is refused`, async () => {
      const endUser = `origin-${transport}`;
      const id = await begun(endUser);
      const foreign = { headers: { origin: 'https://evil.example' }, webSocket: ForeignSocket };
      await assertShown(clientFor(transport, { endUser, ...foreign }).conversation(id), 'forbidden-origin', /does not allow pages of the origin/);
    });

    test(`${transport}: a conversation of another person is not found`, async () => {
      const conversation = clientFor(transport, { endUser: 'somebody' }).conversation(await begun('somebody-else'));
      await assertShown(conversation, 'not-found', /no such conversation|does not exist/);
    });

    test(`${transport}: a message over the rate is shown with the time to wait, and can be sent again`, async () => {
      const { counts, ...options } = counting();
      const client = clientFor(transport, { endUser: `rate-${transport}`, session: { messagesPerMinute: 1 }, ...options });
      const conversation = client.conversation(null, { agentId: await agentId() });
      listen(conversation);
      await conversation.send('count 2');
      const { requests } = counts;
      await conversation.send('count 3');
      assert.ok(counts.requests - requests <= 1, 'it was not sent again');
      const { error, messages } = conversation.getSnapshot();
      assert.equal(error.reason, 'rate-limited');
      assert.ok(error.retryAfterMs > 0 && error.retryAfterMs <= 60_000, `${error.retryAfterMs} ms`);
      const failed = messages.find(({ text }) => text === 'count 3');
      assert.deepEqual([failed.status, failed.error.reason], ['failed', 'rate-limited']);
    });

    test(`${transport}: getSession that fails is shown`, async () => {
      const getSession = () => Promise.reject(new Error('please log in again'));
      const conversation = clientFor(transport, { getSession }).conversation(await begun('no-session'));
      listen(conversation);
      const { error } = await conversation.until((state) => state.error !== null);
      assert.equal(error.reason, 'unavailable');
      assert.match(error.message, /please log in again/);
    });

    test(`${transport}: a server that is not there is shown, and tried again`, async () => {
      const conversation = clientFor(transport, { url: NOWHERE }).conversation('conversation_x');
      listen(conversation);
      const { error } = await conversation.until((state) => state.error !== null && state.connection === 'reconnecting');
      assert.deepEqual([error.reason, error.fatal], ['network', false]);
    });
  }

  test('an operation that is too complex is refused with its cost', async () => {
    const { counts, ...options } = counting();
    const client = clientFor('sse', { token: apiKey, ...options });
    const nested = '{ conversations(first: 100) { nodes { messages(first: 100) { nodes { id } } } } }';
    await assert.rejects(client.execute(nested, {}, { repeat: true }), (error) => {
      assert.ok(error instanceof TroupeError);
      assert.deepEqual([error.reason, error.fatal], ['too-complex', true]);
      assert.ok(error.extensions.cost > error.extensions.limit);
      return true;
    });
    assert.equal(counts.requests, 1);
  });

  test('a client needs exactly one credential', () => {
    assert.throws(() => clientFor('sse', { token: 'a', getSession: () => 'b' }), /exactly one/);
  });

  test('a message that failed is sent again with the same key', async () => {
    let isDown = true;
    const client = clientFor('sse', {
      fetch: (address, init) => (isDown && /mutation SendMessage/.test(init.body) ? Promise.resolve(Response.json({ errors: [{ message: 'no', extensions: { code: 'CONFLICT' } }] })) : fetch(address, init)),
    });
    const conversation = client.conversation(null, { agentId: await agentId() });
    listen(conversation);
    await conversation.send('count 4');
    const [failed] = conversation.getSnapshot().messages;
    assert.equal(failed.status, 'failed');
    isDown = false;
    await conversation.retry(failed.key);
    const state = await answered(conversation);
    assert.equal(state.messages[0].key, failed.key);
    assert.equal((await storedMessages(state.id)).length, 2);
  });
});
