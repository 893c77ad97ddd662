// A scripted model behind an OpenAI-compatible API: what the person asks says what it answers.
import { createServer } from 'node:http';
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';

/** The n-th word of an answer, from 1: of characters of one to four bytes, so that every kind of offset is tested. */
export function word(n) {
  return `${['w', 'é', '漢', '😀'][n % 4]}${n}`;
}

/** The answer to "count N". */
export function counted(n) {
  return Array.from({ length: n }, (_, index) => word(index + 1)).join(' ');
}

export async function startModel() {
  const server = createServer((request, response) => void answer(request, response).catch(() => response.destroy()));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return { url: `http://127.0.0.1:${server.address().port}/v1`, close: () => server.close() };
}

async function answer(request, response) {
  const chunks = [];
  for await (const chunk of request) chunks.push(chunk);
  const { messages = [], stream, tools = [], response_format: format } = JSON.parse(Buffer.concat(chunks).toString() || '{}');
  if (request.headers.authorization?.startsWith('Bearer sk-wrong')) {
    response.writeHead(401, { 'content-type': 'application/json' });
    response.end('{"error":{"message":"Incorrect API key provided.","type":"invalid_request_error","code":"invalid_api_key"}}');
    return;
  }
  const { pieces, toolCall } = format?.json_schema ? extraction(messages, format.json_schema.schema) : script(messages, tools);
  if (!stream) {
    response.setHeader('content-type', 'application/json');
    response.end(JSON.stringify({ id: 'x', object: 'chat.completion', choices: [{ index: 0, message: { role: 'assistant', content: pieces.join('') }, finish_reason: 'stop' }], usage: USAGE }));
    return;
  }
  if (messages.some(({ role, content }) => role === 'system' && content.includes('You always fail.'))) {
    response.writeHead(400, { 'content-type': 'application/json' });
    response.end('{"error":{"message":"no such parameter"}}');
    return;
  }
  response.setHeader('content-type', 'text/event-stream');
  const send = (delta, finish_reason = null, usage) =>
    response.write(`data: ${JSON.stringify({ id: 'x', object: 'chat.completion.chunk', choices: [{ index: 0, delta, finish_reason }], usage })}\n\n`);
  send({ role: 'assistant' });
  if (toolCall) send({ tool_calls: [{ index: 0, id: 'call_1', type: 'function', function: toolCall }] });
  for (const piece of pieces) {
    if (response.destroyed) return;
    send({ content: piece });
    await sleep(15);
  }
  send({}, toolCall ? 'tool_calls' : 'stop', USAGE);
  response.end('data: [DONE]\n\n');
}

/** What a workflow asks the model to find in what the person wrote: "my name is …", and nothing else. */
function extraction(messages, schema) {
  const name = /my name is (\w+)/i.exec(JSON.stringify(messages.filter(({ role }) => role === 'user')))?.[1];
  return { pieces: [JSON.stringify({ ...unknown(schema), ...(name && schema.properties?.name && { name }) })] };
}

/** The value of a schema that says least. */
function unknown(schema) {
  const types = [schema.type].flat();
  if (schema.anyOf) return unknown(schema.anyOf.find(({ type }) => type === 'null') ?? schema.anyOf[0]);
  if (schema.enum) return schema.enum.find((one) => one === null || one === 'UNKNOWN') ?? schema.enum.at(-1);
  if (types.includes('null')) return null;
  if (types.includes('object')) return Object.fromEntries((schema.required ?? []).map((name) => [name, unknown(schema.properties[name])]));
  if (types.includes('array')) return [];
  return { string: '', boolean: false }[types[0]] ?? 0;
}

const USAGE = { prompt_tokens: 10, completion_tokens: 10, total_tokens: 20 };

function script(messages, tools) {
  const last = messages.at(-1);
  const asked = messages.findLast(({ role }) => role === 'user')?.content ?? '';
  const text = typeof asked === 'string' ? asked : asked.map((part) => part.text ?? '').join('');
  const count = /count (\d+)/.exec(text);
  if (count) return { pieces: counted(Number(count[1])).split(/(?<= )/) };
  if (text.startsWith('echo\n')) return { pieces: text.slice('echo\n'.length).match(/[^]{1,40}/gu) };
  const target = /hand me to ([a-z-]+)/.exec(text)?.[1];
  const handOff = tools.find(({ function: { name, parameters } }) => name === 'hand_off' && parameters.properties.to.enum.includes(target));
  if (handOff) return { pieces: [], toolCall: { name: 'hand_off', arguments: JSON.stringify({ to: target, reason: 'It knows more about this.' }) } };
  if (/look it up/.test(text)) {
    if (last.role === 'tool') return { pieces: ['The ', 'tool ', 'says ', 'so.'] };
    const tool = tools.find(({ function: { name } }) => /lookup/.test(name));
    if (tool) return { pieces: [], toolCall: { name: tool.function.name, arguments: '{"key":"answer"}' } };
  }
  if (/cite/.test(text)) return { pieces: ['The ferry ', 'takes two hours ', '[1].'] };
  return { pieces: ['Hello ', 'there.'] };
}
