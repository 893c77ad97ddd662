// The packages' own streams, cut at twenty places of an answer: one message, the exact text, nothing shown twice.
import { strict as assert } from 'node:assert';
import { after, test } from 'node:test';

import { answered, assertOneExactAnswer, clientFor, listen, TRANSPORTS, watchText } from './support/chat.js';
import { counted, word } from './support/model.js';
import { startProxy } from './support/proxy.js';
import { agentId } from './support/server.js';

const WORDS = 60;
const TEXT = counted(WORDS);
const PLACES = Array.from({ length: 20 }, (_, n) => 1 + n * 3);

async function answerThrough(transport, places) {
  const proxy = await startProxy(places.map(word));
  after(proxy.close);
  const conversation = clientFor(transport, { url: proxy.url }).conversation(null, { agentId: await agentId() });
  watchText(conversation, TEXT);
  await conversation.send(`count ${WORDS}`);
  const state = await answered(conversation);
  assert.equal(proxy.cuts, places.length, 'the cuts happened');
  await assertOneExactAnswer(state, TEXT);
}

for (const transport of TRANSPORTS) {
  test(`${transport}: one cut at each of twenty places`, async () => {
    await Promise.all(PLACES.map((place) => answerThrough(transport, [place])));
  });

  test(`${transport}: three cuts in one answer`, async () => {
    await answerThrough(transport, [5, 20, 35]);
  });

  test(`${transport}: a cut of everything while a message is being sent sends it once`, async () => {
    const proxy = await startProxy();
    after(proxy.close);
    const conversation = clientFor(transport, { url: proxy.url }).conversation(null, { agentId: await agentId() });
    listen(conversation);
    const sent = conversation.send('count 8');
    for (let n = 0; n < 5; n += 1) {
      await new Promise(setImmediate);
      proxy.cutAll();
    }
    await sent;
    await assertOneExactAnswer(await answered(conversation), counted(8));
  });
}
