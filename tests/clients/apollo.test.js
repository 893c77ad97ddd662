// npm `@apollo/client` 4: POST with subscriptions over a WebSocket, and with multipart subscriptions over HTTP.
import { after } from 'node:test';

import { ApolloClient, ApolloLink, gql, HttpLink, InMemoryCache } from '@apollo/client';
import { GraphQLWsLink } from '@apollo/client/link/subscriptions';
import { OperationTypeNode } from 'graphql';
import { createClient } from 'graphql-ws';
import WebSocket from 'ws';

import { runsEverything } from './scenario.js';
import { authorization, socketUrl, url } from './server.js';

const http = () => new HttpLink({ uri: url, headers: { authorization } });

const socket = createClient({
  url: socketUrl,
  webSocketImpl: WebSocket,
  connectionParams: { authorization },
  retryAttempts: 0,
});
after(() => socket.dispose());

const overSocket = ApolloLink.split(
  ({ operationType }) => operationType === OperationTypeNode.SUBSCRIPTION,
  new GraphQLWsLink(socket),
  http(),
);

runsEverything('@apollo/client over HTTP and WebSocket', operations(overSocket));
runsEverything('@apollo/client over HTTP with multipart subscriptions', operations(http()));

function operations(link) {
  const client = new ApolloClient({ link, cache: new InMemoryCache() });
  after(() => client.stop());
  return {
    execute: async (document, variables) => {
      const operation = gql(document);
      const isQuery = operation.definitions[0].operation === OperationTypeNode.QUERY;
      const { data } = isQuery
        ? await client.query({ query: operation, variables, fetchPolicy: 'network-only' })
        : await client.mutate({ mutation: operation, variables });
      return data;
    },
    subscribe: (document, variables) =>
      new Promise((resolve, reject) => {
        const results = [];
        client.subscribe({ query: gql(document), variables, fetchPolicy: 'no-cache' }).subscribe({
          next: ({ data, error }) => (error ? reject(error) : results.push(data)),
          error: reject,
          complete: () => resolve(results),
        });
      }),
  };
}
