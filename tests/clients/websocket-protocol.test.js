// The graphql-transport-ws protocol, case by case, on a plain socket: https://github.com/enisdenjo/graphql-ws
import { strict as assert } from 'node:assert';
import { afterEach, test } from 'node:test';

import { authorization } from './server.js';
import { Socket, within } from './socket.js';

const LIVE = 'subscription { agentChanged { id } }'; // stays open for as long as nobody changes an agent
const VIEWER = '{ viewer { role } }';

let socket;
afterEach(() => socket.close());

async function open() {
  return (socket = await Socket.open());
}

async function ready() {
  return (socket = await Socket.ready());
}

test('the subprotocol graphql-transport-ws is chosen among others', async () => {
  socket = new Socket(['something-else', 'graphql-transport-ws']);
  await new Promise((resolve, reject) => socket.raw.once('open', resolve).once('error', reject));
  assert.equal(socket.raw.protocol, 'graphql-transport-ws');
});

for (const [name, protocols] of [
  ['the old subprotocol graphql-ws', ['graphql-ws']],
  ['an unknown subprotocol', ['something-else']],
  ['a missing subprotocol', []],
]) {
  test(`${name} is refused with 406, 400 or close code 4406`, async () => {
    socket = new Socket(protocols);
    const { status, code } = await within(socket.end, 'a refusal');
    assert.ok(status === 406 || status === 400 || code === 4406, JSON.stringify({ status, code }));
  });
}

test('a socket without connection_init is closed with 4408', async () => {
  await open();
  await socket.assertCloses(4408);
});

test('subscribing before the acknowledgement is closed with 4401', async () => {
  await open();
  socket.subscribe('a', VIEWER);
  await socket.assertCloses(4401);
});

test('a second connection_init is closed with 4429', async () => {
  await ready();
  socket.send({ type: 'connection_init', payload: { authorization } });
  await socket.assertCloses(4429);
});

for (const [name, payload] of [
  ['an unknown key', { authorization: 'Bearer troupe_wrong' }],
  ['something that is no key', { authorization: 'wrong' }],
]) {
  test(`connection_init with ${name} is closed with 4401`, async () => {
    await open();
    socket.send({ type: 'connection_init', payload });
    await socket.assertCloses(4401);
  });
}

for (const [name, message] of [
  ['text that is not JSON', '{ "type": '],
  ['JSON that is not an object', '[]'],
  ['a message without a type', '{}'],
  ['an unknown type', '{"type": "start"}'],
  ['subscribe without an id', { type: 'subscribe', payload: { query: VIEWER } }],
  ['subscribe with an empty id', { id: '', type: 'subscribe', payload: { query: VIEWER } }],
  ['subscribe without a payload', { id: 'a', type: 'subscribe' }],
  ['subscribe without a query', { id: 'a', type: 'subscribe', payload: {} }],
  ['subscribe with a number as its query', { id: 'a', type: 'subscribe', payload: { query: 1 } }],
  ['subscribe with text as its variables', { id: 'a', type: 'subscribe', payload: { query: VIEWER, variables: 'x' } }],
  ['complete without an id', { type: 'complete' }],
]) {
  test(`${name} is closed with 4400`, async () => {
    await ready();
    socket.send(message);
    await socket.assertCloses(4400);
  });
}

test('connection_init with a payload that is not an object is closed with 4400', async () => {
  await open();
  socket.send({ type: 'connection_init', payload: 'text' });
  await socket.assertCloses(4400);
});

test('an id in use is closed with 4409', async () => {
  await ready();
  socket.subscribe('same', LIVE);
  socket.subscribe('same', LIVE);
  await socket.assertCloses(4409);
});

test('a ping is answered with its payload, before and after the handshake', async () => {
  await open();
  socket.send({ type: 'ping', payload: { n: 1 } });
  assert.deepEqual(await socket.next(), { type: 'pong', payload: { n: 1 } });
  socket.send({ type: 'connection_init', payload: { authorization } });
  assert.equal((await socket.next()).type, 'connection_ack');
  socket.send({ type: 'ping' });
  assert.equal((await socket.next()).type, 'pong');
});

test('a pong that nobody asked for is ignored', async () => {
  await ready();
  socket.send({ type: 'pong', payload: { n: 1 } });
  await socket.assertQuiet();
});

test('a query answers next and complete', async () => {
  await ready();
  socket.subscribe('q', VIEWER);
  const next = await socket.next();
  assert.equal(next.type, 'next');
  assert.equal(next.id, 'q');
  assert.ok(next.payload.data.viewer.role);
  assert.deepEqual(await socket.next(), { id: 'q', type: 'complete' });
});

test('variables, operationName and null in their place are understood', async () => {
  await ready();
  const query = 'query A { viewer { role } } query B($n: Int) { agents(first: $n) { totalCount } }';
  socket.subscribe('b', query, { operationName: 'B', variables: { n: 1 }, extensions: null });
  assert.ok('agents' in (await socket.next()).payload.data);
  assert.equal((await socket.next()).type, 'complete');
  socket.subscribe('c', VIEWER, { operationName: null, variables: null });
  assert.ok((await socket.next()).payload.data.viewer);
});

for (const [name, query, rest] of [
  ['a syntax error', '{ viewer'],
  ['an unknown field', '{ viewer { nothing } }'],
  ['an unknown operation name', 'query A { viewer { role } }', { operationName: 'B' }],
  ['an ambiguous operation', 'query A { viewer { role } } query B { viewer { role } }'],
  ['an unknown subscription', 'subscription { nothing }'],
  ['two fields at the root of a subscription', 'subscription { a: agentChanged { id } b: agentChanged { id } }'],
]) {
  test(`${name} answers an error message and leaves the socket and the id usable`, async () => {
    await ready();
    socket.subscribe('a', query, rest);
    const { id, type, payload } = await socket.next();
    assert.deepEqual({ id, type }, { id: 'a', type: 'error' });
    assert.ok(Array.isArray(payload) && payload.length > 0 && payload[0].message, JSON.stringify(payload));
    await socket.assertQuiet(); // no `complete` follows an `error`
    socket.subscribe('a', VIEWER);
    assert.equal((await socket.next()).type, 'next');
  });
}

test('an id can be used again after the client completed it', async () => {
  await ready();
  for (let i = 0; i < 3; i += 1) {
    socket.subscribe('again', LIVE);
    socket.send({ id: 'again', type: 'complete' });
  }
  await socket.assertQuiet(); // the server does not answer a client's `complete`
});

test('an id can be used again after the server completed it', async () => {
  await ready();
  for (let i = 0; i < 3; i += 1) {
    socket.subscribe('again', VIEWER);
    assert.equal((await socket.next()).type, 'next');
    assert.equal((await socket.next()).type, 'complete');
  }
});

test('completing an operation that does not exist is ignored', async () => {
  await ready();
  socket.send({ id: 'nothing', type: 'complete' });
  await socket.assertQuiet();
});

test('operations of one socket do not wait for each other', async () => {
  await ready();
  socket.subscribe('live', LIVE);
  socket.subscribe('q', VIEWER);
  assert.deepEqual([(await socket.next()).id, (await socket.next()).id], ['q', 'q']);
});

test('a fragment at the root of a subscription is understood', async () => {
  await ready();
  socket.subscribe('f', 'subscription { ...F } fragment F on Subscription { agentChanged { id } }');
  await socket.assertQuiet();
});
