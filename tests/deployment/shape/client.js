// GraphQL over HTTP, server-sent events and WebSockets.
export class Client {
  constructor(url, key) {
    this.url = url;
    this.key = key;
  }

  at(url) {
    return new Client(url, this.key);
  }

  request(query, variables, accept) {
    const headers = { 'content-type': 'application/json', authorization: `Bearer ${this.key}`, accept };
    return fetch(`${this.url}/graphql`, { method: 'POST', headers, body: JSON.stringify({ query, variables }) });
  }

  async execute(query, variables = {}) {
    const answer = await (await this.request(query, variables, 'application/json')).json();
    if (answer.errors) throw new Error(JSON.stringify(answer.errors));
    return answer.data;
  }

  // The events of a subscription, each with the time at which it arrived.
  async *subscribe(query, variables) {
    const response = await this.request(query, variables, 'text/event-stream');
    let rest = '';
    for await (const chunk of response.body.pipeThrough(new TextDecoderStream())) {
      rest += chunk;
      const blocks = rest.split('\n\n');
      rest = blocks.pop();
      for (const block of blocks) {
        const data = block.split('\n').find((line) => line.startsWith('data: {'));
        if (!data) continue;
        const { data: fields, errors } = JSON.parse(data.slice(6));
        if (errors) throw new Error(JSON.stringify(errors));
        yield { at: performance.now(), ...Object.values(fields)[0] };
      }
    }
  }
}

// The events of one subscription over a WebSocket (graphql-transport-ws), and the code with which the socket was closed.
export function overSocket({ url, key }, query, variables) {
  const socket = new WebSocket(`${url.replace('http', 'ws')}/graphql`, 'graphql-transport-ws');
  const events = [];
  const send = (message) => socket.send(JSON.stringify(message));
  socket.onopen = () => send({ type: 'connection_init', payload: { authorization: `Bearer ${key}` } });
  socket.onmessage = ({ data }) => {
    const { type, payload } = JSON.parse(data);
    if (type === 'connection_ack') send({ id: '1', type: 'subscribe', payload: { query, variables } });
    if (type === 'next') events.push({ at: performance.now(), ...Object.values(payload.data)[0] });
    if (type === 'error' || type === 'complete') socket.close(1000);
  };
  return new Promise((resolve) => (socket.onclose = ({ code }) => resolve({ events, code })));
}

const EVENT = `__typename runId
  ... on RunStarted { attempt }
  ... on TokenDelta { text offset }
  ... on RunSucceeded { message { text } }
  ... on RunFailed { error { code message } }`;

export const CHAT = `subscription($input: ChatInput!) { chat(input: $input) { ${EVENT} } }`;
export const FOLLOW = `subscription($runId: ID!) { runEvents(runId: $runId) { ${EVENT} } }`;

// What a reader of these events has put together.
export function answer(events) {
  const attempts = events.filter(({ __typename }) => __typename === 'RunStarted').map(({ attempt }) => attempt);
  const begin = events.findLastIndex(({ __typename }) => __typename === 'RunStarted');
  const tokens = events.slice(begin).filter(({ __typename }) => __typename === 'TokenDelta');
  return { attempts, text: tokens.map(({ text }) => text).join(''), stored: events.at(-1)?.message?.text, last: events.at(-1), tokens };
}
