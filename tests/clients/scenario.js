// The scenario of every client library: a query, a mutation, and a chat to its end.
import { strict as assert } from 'node:assert';
import { randomUUID } from 'node:crypto';
import { test } from 'node:test';

import { assertWholeAnswer, CHAT } from './chat.js';

const DISCOVER = /* GraphQL */ `
  query Discover {
    viewer { role account { id name } }
    agents(first: 5) { nodes { id slug name status } }
    agentTemplates(first: 1) { nodes { id name pricingTiers { name } } }
  }
`;

const CREATE = /* GraphQL */ `
  mutation Create($input: CreateAgentInput!) {
    createAgent(input: $input) { agent { id slug } }
  }
`;

const DELETE = /* GraphQL */ `
  mutation Delete($input: DeleteAgentInput!) {
    deleteAgent(input: $input) { deletedId }
  }
`;

// A small model on a busy CPU is slow; a test that hangs should still end.
const CHAT_TIMEOUT = 180_000;

/**
 * Declares the tests of one client. `execute(document, variables)` resolves to `data`;
 * `subscribe(document, variables)` resolves to the list of `data` once the server has completed the subscription.
 */
export function runsEverything(name, { execute, subscribe }) {
  test(`${name} runs a query`, async () => {
    const { viewer, agents } = await execute(DISCOVER, {});
    assert.ok(viewer.account.id);
    assert.ok(agents.nodes.length > 0, 'the demo account has agents');
  });

  test(`${name} runs mutations`, async () => {
    const { agentTemplates } = await execute(DISCOVER, {});
    const [template] = agentTemplates.nodes;
    const slug = `check-${randomUUID().slice(0, 8)}`;
    const input = { template: template.name, tier: template.pricingTiers[0].name, name: 'Client check', slug, activate: false };
    const { createAgent } = await execute(CREATE, { input });
    assert.equal(createAgent.agent.slug, slug);
    const { deleteAgent } = await execute(DELETE, { input: { id: createAgent.agent.id } });
    assert.equal(deleteAgent.deletedId, createAgent.agent.id);
  });

  test(`${name} streams a chat to its end`, { timeout: CHAT_TIMEOUT }, async () => {
    const { agents } = await execute(DISCOVER, {});
    const agent = agents.nodes.find(({ status }) => status === 'ACTIVE');
    const input = { message: 'Say hello in five words.', agentId: agent.id, clientMessageId: randomUUID() };
    const results = await subscribe(CHAT, { input });
    assertWholeAnswer(results.map(({ chat }) => chat));
  });
}
