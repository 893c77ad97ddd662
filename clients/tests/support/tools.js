// A tool server that answers one lookup, by MCP over HTTP, and an agent that may use it.
import { once } from 'node:events';
import { createServer } from 'node:http';
import { randomUUID } from 'node:crypto';

import { createClient } from 'graphql-sse';

import { admin, apiKey, url } from './server.js';

const LOOKUP = { name: 'lookup', description: 'Looks up the value of a key.', inputSchema: { type: 'object', properties: { key: { type: 'string' } }, required: ['key'] }, annotations: { readOnlyHint: true } };

/** Starts the tool server; a test may change the `tool` that it offers. */
export async function startTools() {
  const tool = { ...LOOKUP };
  const server = createServer(async (request, response) => {
    if (request.method !== 'POST') return response.writeHead(405).end();
    const chunks = [];
    for await (const chunk of request) chunks.push(chunk);
    const { id, method, params } = JSON.parse(Buffer.concat(chunks).toString());
    if (id === undefined) return response.writeHead(202).end();
    response.setHeader('content-type', 'application/json');
    response.end(JSON.stringify({ jsonrpc: '2.0', id, ...answer(tool, method, params) }));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return { tool, endpointUrl: `http://127.0.0.1:${server.address().port}/mcp`, close: () => (server.close(), server.closeAllConnections()) };
}

/** Starts the tool server, creates an agent that may use it, and has a document to cite, and returns the agent's id. */
export async function agentWithTool({ grant = { policy: 'AUTO' }, cites = true, name = 'Lookup' } = {}) {
  const { endpointUrl, close } = await startTools();
  const { registerMcpServer } = await admin('mutation($input: RegisterMcpServerInput!) { registerMcpServer(input: $input) { mcpServer { id } } }', {
    input: { name: `Lookup ${randomUUID().slice(0, 8)}`, type: 'lookup', endpointUrl, stateless: true },
  });
  const { agentTemplates } = await admin('{ agentTemplates(name: "digital_expert", first: 1) { nodes { name pricingTiers { name tools } } } }');
  const [template] = agentTemplates.nodes;
  const tier = template.pricingTiers.at(-1);
  const { createAgent } = await admin('mutation($input: CreateAgentInput!) { createAgent(input: $input) { agent { id } } }', {
    input: { template: template.name, tier: tier.name, name, slug: `lookup-${randomUUID().slice(0, 8)}` },
  });
  await admin('mutation($input: GrantToolsInput!) { grantTools(input: $input) { agent { id } } }', {
    input: { agentId: createAgent.agent.id, serverId: registerMcpServer.mcpServer.id, tools: ['lookup'], ...grant },
  });
  if (cites) await addDocument(createAgent.agent.id);
  return { id: createAgent.agent.id, server: registerMcpServer.mcpServer.id, close };
}

function answer(tool, method, params) {
  switch (method) {
    case 'initialize':
      return { result: { protocolVersion: params.protocolVersion, capabilities: { tools: {} }, serverInfo: { name: 'lookup', version: '1' } } };
    case 'tools/list':
      return { result: { tools: [tool] } };
    case 'tools/call':
      return { result: { content: [{ type: 'text', text: `the value of ${params.arguments.key} is 42` }] } };
    case 'ping':
      return { result: {} };
    default:
      return { error: { code: -32601, message: 'no such method' } };
  }
}

/** Gives the agent a document to cite, and waits until it is searchable. */
async function addDocument(agentId) {
  const text = 'The ferry from the harbour to the island takes two hours. It leaves at nine in the morning.';
  const { ingestDocument } = await admin('mutation($input: IngestDocumentInput!) { ingestDocument(input: $input) { document { id } } }', {
    input: { agentId, title: 'Timetable', text },
  });
  const progress = createClient({ url, headers: { authorization: `Bearer ${apiKey}` } });
  const query = 'subscription($id: ID!) { documentProgress(documentId: $id) { status error } }';
  // ends when the document is searchable, or has failed
  for await (const { data, errors } of progress.iterate({ query, variables: { id: ingestDocument.document.id } })) {
    if (errors) throw new Error(JSON.stringify(errors));
    if (data.documentProgress.status === 'FAILED') throw new Error(data.documentProgress.error);
  }
}
