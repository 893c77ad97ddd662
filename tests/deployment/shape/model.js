// A model behind an OpenAI-compatible API that answers with numbered words at a pace.
import { createServer } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';

export const WORDS = 40;
export const PACE_MS = 50;

export async function startModel() {
  const server = createServer(async (request, response) => {
    request.resume();
    response.writeHead(200, { 'content-type': 'text/event-stream' });
    const send = (choice, rest) => response.write(`data: ${JSON.stringify({ choices: choice ? [{ index: 0, finish_reason: null, ...choice }] : [], ...rest })}\n\n`);
    for (let word = 1; word <= WORDS && !response.destroyed; word += 1) {
      send({ delta: { content: `word${word} ` } });
      await sleep(PACE_MS);
    }
    send({ delta: {}, finish_reason: 'stop' });
    send(undefined, { usage: { prompt_tokens: 10, completion_tokens: WORDS, total_tokens: WORDS + 10 } });
    response.end('data: [DONE]\n\n');
  });
  server.listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  return { url: `http://127.0.0.1:${server.address().port}/v1`, server };
}
