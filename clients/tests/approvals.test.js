// Tool calls that ask the person: refused, approved, and shown with their arguments.
import { strict as assert } from 'node:assert';
import { after, test } from 'node:test';

import { answered, clientFor, listen } from './support/chat.js';
import { agentWithTool } from './support/tools.js';

test('a person refuses one tool call and approves the next', async () => {
  const agent = await agentWithTool({ grant: { policy: 'APPROVE', approver: 'END_USER' }, cites: false });
  after(agent.close);
  const conversation = clientFor('websocket').conversation(null, { agentId: agent.id });
  listen(conversation);
  const calls = (state) => state.messages.flatMap(({ parts }) => parts).filter(({ type }) => type === 'tool').map(({ toolCall }) => toolCall);
  const waiting = (state) => calls(state).find(({ status }) => status === 'AWAITING_APPROVAL');
  for (const [number, decide] of [[1, conversation.deny], [2, conversation.approve]]) {
    await conversation.send('Please look it up.');
    const call = waiting(await conversation.until((state) => state.error ?? waiting(state)));
    assert.deepEqual(call.approval.arguments, [{ name: 'key', text: 'answer' }]);
    await decide(call);
    assert.equal((await answered(conversation, number)).error, null);
  }
  const ended = await conversation.until((state) => !waiting(state));
  assert.deepEqual(calls(ended).map(({ status }) => status), ['DENIED', 'SUCCEEDED']);
});
