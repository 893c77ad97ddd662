// The chat subscription, and the invariants of its event stream.
import { strict as assert } from 'node:assert';

export const CHAT = /* GraphQL */ `
  subscription Chat($input: ChatInput!) {
    chat(input: $input) {
      __typename
      runId
      cursor
      sequence
      ... on RunStarted { attempt }
      ... on MessageAdded { message { id role text } run { id status } }
      ... on ReasoningDelta { text }
      ... on TokenDelta { text offset utf16Offset }
      ... on RunSucceeded { message { id text } }
      ... on RunFailed { error { code message } }
    }
  }
`;

/** The concatenated tokens since the last start equal the stored message: nothing is lost, repeated or reordered. */
export function assertWholeAnswer(events) {
  const last = events.at(-1);
  assert.equal(last?.__typename, 'RunSucceeded', `the last event is ${JSON.stringify(last)}`);
  assert.equal(new Set(events.map(({ runId }) => runId)).size, 1, 'all events are of one run');
  let text = '';
  let deltas = 0;
  let sequence = 0;
  for (const event of events) {
    assert.ok(event.sequence > sequence, `sequence ${event.sequence} follows ${sequence}`);
    sequence = event.sequence;
    if (event.__typename === 'RunStarted') text = '';
    if (event.__typename !== 'TokenDelta') continue;
    assert.equal(event.offset, [...text].length, 'offset counts the code points before this text');
    assert.equal(event.utf16Offset, text.length, 'utf16Offset counts the units of JavaScript before this text');
    text += event.text;
    deltas += 1;
  }
  assert.ok(deltas > 1, `${deltas} TokenDelta`);
  assert.equal(text, last.message.text);
}
