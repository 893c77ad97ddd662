// npm `graphql-sse`: every operation as Server-Sent Events, on a connection of its own.
import { after } from 'node:test';

import { createClient } from 'graphql-sse';

import { runsEverything } from './scenario.js';
import { authorization, url } from './server.js';

const client = createClient({ url, headers: { authorization }, singleConnection: false, retryAttempts: 0 });
after(() => client.dispose());

async function collect(query, variables) {
  const results = [];
  for await (const { data, errors } of client.iterate({ query, variables })) {
    if (errors) throw new Error(JSON.stringify(errors));
    results.push(data);
  }
  return results;
}

runsEverything('graphql-sse', {
  execute: async (query, variables) => (await collect(query, variables))[0],
  subscribe: collect,
});
