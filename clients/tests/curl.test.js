// The examples for curl: a cut in the middle of an answer, and the same command again, after the last event.
import { strict as assert } from 'node:assert';
import { execFile } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';

import { counted, word } from './support/model.js';
import { startProxy } from './support/proxy.js';
import { admin, apiKey, origin } from './support/server.js';

/** What a script prints, and how it ends. */
function run(script, troupe, ...args) {
  const path = fileURLToPath(new URL(`../examples/${script}`, import.meta.url));
  const env = { ...process.env, TROUPE_URL: troupe, TROUPE_API_KEY: apiKey };
  return new Promise((resolve) => {
    execFile(path, args, { env }, (error, stdout, stderr) => resolve({ status: error ? error.code : 0, stdout, stderr }));
  });
}

/** The whole events in what was printed. */
function eventsOf(printed) {
  const blocks = printed.split('\n\n').slice(0, -1).map((block) => Object.fromEntries(block.split('\n').map((line) => line.split(/: ?(.*)/s, 2))));
  return blocks.filter(({ event }) => event);
}

const SCRIPTS = {
  'curl-graphql.sh': ({ data }) => JSON.parse(data).data.chat,
  'curl-rest.sh': ({ data, event }) => ({ __typename: event, ...JSON.parse(data) }),
};

describe('curl', { concurrency: true }, () => {
  for (const [script, chatOf] of Object.entries(SCRIPTS)) {
    test(`${script} goes on after a cut, and says nothing twice`, async () => {
      const proxy = await startProxy([word(15)]);
      const [message, key] = [`count 30 "in quotes" ${randomUUID()}`, randomUUID()];
      const first = await run(script, proxy.origin, message, key);
      proxy.close();
      assert.notEqual(first.status, 0, 'curl says that the stream was cut');
      const before = eventsOf(first.stdout);
      const second = await run(script, origin, message, key, before.at(-1).id);
      assert.deepEqual([second.status, second.stderr], [0, '']);
      const events = [...before, ...eventsOf(second.stdout)];
      assert.equal(events.at(-1).event, 'complete');
      const chat = events.slice(0, -1).map(chatOf);
      assert.equal(chat.filter(({ __typename }) => __typename === 'RunSucceeded').length, 1);
      // every piece once, so that no one needs its offset
      assert.equal(chat.map(({ __typename, text }) => (__typename === 'TokenDelta' ? text : '')).join(''), counted(30));
      const { conversations } = await admin('query($search: String) { conversations(filter: {search: $search}) { totalCount } }', { search: message });
      assert.equal(conversations.totalCount, 1);
    });
  }

  // a stream of GraphQL carries its errors itself; REST has a status for an error before the first event
  for (const [script, expected] of [['curl-graphql.sh', 0], ['curl-rest.sh', 22]]) {
    test(`${script} prints why it was refused`, async () => {
      const { status, stdout } = await run(script, origin, 'x'.repeat(32_001), randomUUID());
      assert.equal(status, expected);
      assert.match(stdout, /BAD_USER_INPUT/);
    });
  }
});
