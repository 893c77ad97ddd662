// The link and the exchange of @troupe/react: operations, a subscription that is cut, and a cache that events keep current.
import { strict as assert } from 'node:assert';
import { randomUUID } from 'node:crypto';
import { after, test } from 'node:test';

import { ApolloClient, gql, InMemoryCache } from '@apollo/client';
import { troupeLink, updateCache } from '@troupe/react/apollo';
import { troupeExchange, updates } from '@troupe/react/urql';
import { Client } from '@urql/core';
import { cacheExchange } from '@urql/exchange-graphcache';
import { pipe, subscribe } from 'wonka';

import { clientFor, TRANSPORTS } from './support/chat.js';
import { counted } from './support/model.js';
import { startProxy } from './support/proxy.js';
import { agentId, storedMessages } from './support/server.js';

const SEND = gql`
  mutation ($input: ChatInput!) {
    sendMessage(input: $input) { run { id conversation { id } } }
  }
`;
const HISTORY = gql`
  query ($id: ID!) {
    conversation(id: $id) { id messages(last: 20) { nodes { id text } } }
  }
`;
const EVENTS = gql`
  subscription ($conversationId: ID!, $after: String) {
    conversationEvents(conversationId: $conversationId, after: $after) {
      __typename
      runId
      cursor
      ... on MessageAdded { message { id text } }
      ... on RunSucceeded { message { id text } run { id status } }
    }
  }
`;

const CACHES = {
  apollo: (troupe) => {
    const client = new ApolloClient({ link: troupeLink(troupe), cache: new InMemoryCache() });
    after(() => client.stop());
    return {
      mutate: async (mutation, variables) => (await client.mutate({ mutation, variables })).data,
      watch: (query, variables, next) => client.watchQuery({ query, variables }).subscribe(({ data, error }) => next(data, error)),
      fails: (query) => client.query({ query }),
      follow: (query, variables, next) =>
        client.subscribe({ query, variables }).subscribe(({ data }) => {
          updateCache(client.cache, variables.conversationId, data.conversationEvents);
          next(data.conversationEvents);
        }),
    };
  },
  urql: (troupe) => {
    const client = new Client({ url: 'http://unused', preferGetMethod: false, exchanges: [cacheExchange({ updates }), troupeExchange(troupe)] });
    const orThrow = ({ data, error }) => {
      if (error) throw error;
      return data;
    };
    return {
      mutate: async (mutation, variables) => orThrow(await client.mutation(mutation, variables)),
      watch: (query, variables, next) => pipe(client.query(query, variables), subscribe(({ data, error }) => next(data, error))),
      fails: async (query) => orThrow(await client.query(query, {})),
      follow: (query, variables, next) => pipe(client.subscription(query, variables), subscribe(({ data }) => next(data.conversationEvents))),
    };
  },
};

for (const [name, make] of Object.entries(CACHES)) {
  for (const transport of TRANSPORTS) {
    test(`${name} over ${transport}: events fill the cache, also across a cut`, async () => {
      const proxy = await startProxy();
      after(proxy.close);
      const cache = make(clientFor(transport, { url: proxy.url }));
      const send = (message, conversationId) =>
        cache.mutate(SEND, { input: { message, conversationId, agentId: conversationId ? undefined : agent, clientMessageId: randomUUID() } });
      const agent = await agentId();
      const { sendMessage } = await send('count 2');
      const { id } = sendMessage.run.conversation;
      // the events begin with the run that is active, so the first answer comes from the history
      while ((await storedMessages(id)).length < 2);

      const texts = [];
      let shown = () => {};
      cache.watch(HISTORY, { id }, (data, error) => {
        assert.ifError(error);
        texts.splice(0, texts.length, ...(data?.conversation?.messages.nodes ?? []).map(({ text }) => text));
        shown();
      });
      const see = (expected) =>
        new Promise((resolve) => {
          shown = () => texts.length === expected.length && expected.every((text, n) => texts[n] === text) && resolve();
          shown();
        });
      const cursors = [];
      cache.follow(EVENTS, { conversationId: id }, ({ cursor }) => cursors.push(cursor));
      await see(['count 2', counted(2)]);

      await send('count 40', id);
      proxy.cutAll();
      await see(['count 2', counted(2), 'count 40', counted(40)]);
      assert.equal(new Set(cursors).size, cursors.length, 'no event came twice');
    });

    test(`${name} over ${transport}: an error has the code of the server`, async () => {
      const cache = make(clientFor(transport));
      await assert.rejects(cache.fails(gql`{ auditLog { totalCount } }`), (error) => {
        const [first] = error.graphQLErrors ?? error.errors;
        assert.ok(first, String(error));
        assert.equal(first.extensions.code, 'FORBIDDEN');
        return true;
      });
    });
  }
}
