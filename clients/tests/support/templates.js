// Versions of a small template, published by the operator.
import { admin, operatorKey } from './server.js';

const PUBLISH = 'mutation($input: PublishAgentTemplateInput!) { publishAgentTemplate(input: $input) { template { id } } }';

/** A version whose setting `tone` takes these values. */
export function version(name, number, tones, more = {}) {
  const nothing = { type: 'object', additionalProperties: false, properties: {} };
  return {
    name,
    version: number,
    workflow: 'SupportAgentWorkflow',
    description: 'Greets people.',
    latencyClass: 'INTERACTIVE',
    configSchema: { ...nothing, properties: { tone: { description: 'The tone of every greeting.', enum: tones } } },
    contextSchema: nothing,
    pricingTiers: [{ name: 'standard', tools: [], vectorStore: 'EMBEDDED', models: ['default'] }],
    skills: [{ id: 'greetings', name: 'Greetings', description: 'Greets people.', examples: ['please greet me', 'a greeting, please', 'greet my cat'] }],
    systemPrompt: 'You are {{ agent.name }}.',
    ...more,
  };
}

export async function publish(...versions) {
  for (const input of versions) await admin(PUBLISH, { input }, operatorKey);
}
