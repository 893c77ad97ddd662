// npm `@urql/core`: POST with subscriptions by fetch (Server-Sent Events), and over a WebSocket.
import { after } from 'node:test';

import { Client, fetchExchange, subscriptionExchange } from '@urql/core';
import { createClient } from 'graphql-ws';
import { onEnd, pipe, subscribe as listen } from 'wonka';
import WebSocket from 'ws';

import { runsEverything } from './scenario.js';
import { authorization, socketUrl, url } from './server.js';

const socket = createClient({
  url: socketUrl,
  webSocketImpl: WebSocket,
  connectionParams: { authorization },
  retryAttempts: 0,
});
after(() => socket.dispose());

// Subscriptions are forwarded as in urql's documentation.
const overSocket = subscriptionExchange({
  forwardSubscription: (request) => ({
    subscribe: (sink) => ({ unsubscribe: socket.subscribe({ ...request, query: request.query ?? '' }, sink) }),
  }),
});

runsEverything('@urql/core over HTTP', operations({ exchanges: [fetchExchange], fetchSubscriptions: true }));
runsEverything('@urql/core over HTTP and WebSocket', operations({ exchanges: [fetchExchange, overSocket] }));

function operations(options) {
  const client = new Client({ url, fetchOptions: { headers: { authorization } }, preferGetMethod: false, ...options });
  return {
    execute: async (document, variables) => {
      const isQuery = document.trimStart().startsWith('query');
      const { data, error } = await (isQuery ? client.query(document, variables) : client.mutation(document, variables));
      if (error) throw error;
      return data;
    },
    subscribe: (document, variables) =>
      new Promise((resolve, reject) => {
        const results = [];
        pipe(
          client.subscription(document, variables),
          onEnd(() => resolve(results)),
          listen(({ data, error, hasNext }) => {
            if (error) reject(error);
            // The last result of a stream may contain nothing but its end.
            else if (hasNext || data !== results.at(-1)) results.push(data);
          }),
        );
      }),
  };
}
