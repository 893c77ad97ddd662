// The examples of docs/clients.md with the clients that people use, in their defaults, cut in the middle of an
// answer: one message, the exact text. `make test` tries six places; PLACES=20 ROUNDS=3 is the long form.
import { strict as assert } from 'node:assert';
import { randomUUID } from 'node:crypto';
import { after, describe, test } from 'node:test';

import { ApolloClient, ApolloLink, HttpLink, InMemoryCache } from '@apollo/client';
import { RetryLink } from '@apollo/client/link/retry';
import { GraphQLWsLink } from '@apollo/client/link/subscriptions';
import { Client, fetchExchange, subscriptionExchange } from '@urql/core';
import { createClient as createSseClient } from 'graphql-sse';
import { createClient } from 'graphql-ws';
import WebSocket from 'ws';

import * as apollo from '../examples/apollo.js';
import * as sse from '../examples/graphql-sse.js';
import * as ws from '../examples/graphql-ws.js';
import * as urql from '../examples/urql.js';
import { counted, word } from './support/model.js';
import { startProxy } from './support/proxy.js';
import { agentId, apiKey, conversationsOf, storedMessages } from './support/server.js';

const WORDS = 60;
const TEXT = counted(WORDS);
const { ROUNDS = 1, PLACES = 6 } = process.env;
const authorization = `Bearer ${apiKey}`;

const socket = ({ socketUrl: url }) => createClient({ url, webSocketImpl: WebSocket, connectionParams: { authorization } });
const cache = () => new InMemoryCache();

const CLIENTS = {
  'graphql-ws': (proxy) => [ws.ask, socket(proxy), (client) => client.dispose()],
  'graphql-sse': ({ url }) => [sse.ask, createSseClient({ url, headers: { authorization } }), (client) => client.dispose()],
  'Apollo Client over a WebSocket': (proxy) => {
    const own = socket(proxy);
    return [apollo.ask, new ApolloClient({ link: new GraphQLWsLink(own), cache: cache() }), () => own.dispose()];
  },
  'Apollo Client over HTTP': ({ url: uri }) => {
    const link = ApolloLink.from([new RetryLink(), new HttpLink({ uri, headers: { authorization } })]);
    return [apollo.ask, new ApolloClient({ link, cache: cache() }), (client) => client.stop()];
  },
  'urql over a WebSocket': (proxy) => {
    const own = socket(proxy);
    const exchange = subscriptionExchange({
      forwardSubscription: (request) => ({
        subscribe: (sink) => ({ unsubscribe: own.subscribe({ ...request, query: request.query ?? '' }, sink) }),
      }),
    });
    return [urql.ask, new Client({ url: proxy.url, exchanges: [exchange], preferGetMethod: false }), () => own.dispose()];
  },
  'urql over HTTP': ({ url }) => {
    const options = { url, exchanges: [fetchExchange], fetchSubscriptions: true, fetchOptions: { headers: { authorization } } };
    return [urql.ask, new Client({ ...options, preferGetMethod: false }), () => {}];
  },
};

async function askThrough(make, place) {
  const proxy = await startProxy([word(place)]);
  const [ask, client, end] = make(proxy);
  after(() => (end(client), proxy.close()));
  const endUser = randomUUID();
  const input = { message: `count ${WORDS}`, agentId: await agentId(), endUser, clientMessageId: randomUUID() };
  const shown = [];
  const text = await ask(client, input, (now) => shown.push(now));
  assert.equal(text, TEXT);
  assert.ok(shown.every((now) => TEXT.startsWith(now)), 'every text on the way is a beginning of the answer');
  assert.equal(proxy.cuts, 1, 'the connection was cut');
  const conversations = await conversationsOf(endUser);
  assert.equal(conversations.length, 1);
  assert.deepEqual((await storedMessages(conversations[0])).map((message) => message.text), [`count ${WORDS}`, TEXT]);
}

// all at once, because most of the time is the waiting of the clients before they try again; the long form one by one,
// because it would exceed the limits of an account
describe('recipes', { concurrency: Number(PLACES) <= 6 }, () => {
  for (const [name, make] of Object.entries(CLIENTS)) {
    for (let round = 1; round <= Number(ROUNDS); round += 1) {
      test(`${name}: a cut at each of ${PLACES} places (${round})`, async () => {
        await Promise.all(Array.from({ length: PLACES }, (_, n) => askThrough(make, 1 + Math.floor((n * 58) / PLACES))));
      });
    }
  }
});
