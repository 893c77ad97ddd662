// npm `graphql-ws`: every operation over one WebSocket, by the graphql-transport-ws protocol.
import { after } from 'node:test';

import { createClient } from 'graphql-ws';
import WebSocket from 'ws';

import { runsEverything } from './scenario.js';
import { authorization, socketUrl } from './server.js';

const client = createClient({
  url: socketUrl,
  webSocketImpl: WebSocket,
  connectionParams: { authorization },
  retryAttempts: 0,
});
after(() => client.dispose());

async function collect(query, variables) {
  const results = [];
  for await (const { data, errors } of client.iterate({ query, variables })) {
    if (errors) throw new Error(JSON.stringify(errors));
    results.push(data);
  }
  return results;
}

runsEverything('graphql-ws', {
  execute: async (query, variables) => (await collect(query, variables))[0],
  subscribe: collect,
});
