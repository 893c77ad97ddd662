// The steps that the tests of the packages share.
import { strict as assert } from 'node:assert';
import { after } from 'node:test';
import { randomUUID } from 'node:crypto';

import { TroupeClient } from '@troupe/client';
import WebSocket from 'ws';

import { createSession, storedMessages, url } from './server.js';

export const TRANSPORTS = ['websocket', 'sse'];

/** A client for a new person, which ends with the tests of the file. */
export function clientFor(transport, options = {}) {
  const endUser = options.endUser ?? randomUUID();
  const client = new TroupeClient({
    url,
    transport,
    webSocket: WebSocket,
    ...(!options.token && { getSession: () => createSession({ endUser, ...options.session }) }),
    ...options,
  });
  after(() => client.close());
  return client;
}

/** Listens to a store for the rest of the test file's time. */
export function listen(store, listener = () => {}) {
  const stop = store.subscribe(listener);
  after(stop);
  return stop;
}

/** Resolves when the last message is an answer that is finished. */
export function answered(conversation, count = 1) {
  return conversation.until(({ messages, error }) => {
    if (error?.fatal) throw error;
    const answers = messages.filter(({ role }) => role === 'ASSISTANT');
    return answers.length >= count && answers.every(({ status }) => status !== 'waiting' && status !== 'streaming');
  });
}

/** One message and one answer, exactly this text, here and on the server. */
export async function assertOneExactAnswer(state, text) {
  assert.deepEqual(
    state.messages.map(({ role, status }) => [role, status]),
    [
      ['USER', 'complete'],
      ['ASSISTANT', 'complete'],
    ],
  );
  assert.equal(state.messages[1].text, text);
  const onServer = await storedMessages(state.id);
  assert.deepEqual(onServer.map(({ role }) => role), ['USER', 'ASSISTANT']);
  assert.equal(onServer[1].text, text);
}

/** Checks that the text on the screen is always a beginning of the answer, and never shrinks but for a new attempt. */
export function watchText(conversation, text) {
  let shown = '';
  const stop = listen(conversation, () => {
    const answer = conversation.getSnapshot().messages.find(({ role }) => role === 'ASSISTANT');
    if (!answer) return;
    assert.ok(text.startsWith(answer.text), `shown: ${answer.text}`);
    assert.ok(answer.text.length >= shown.length, `"${shown}" became "${answer.text}"`);
    shown = answer.text;
  });
  return stop;
}
