// The part of Pinecone's API that the move of an agent's vectors takes, in memory. Writes wait while `/hold` holds them.
import { once } from 'node:events';
import { createServer } from 'node:http';

export async function startPinecone() {
  const indexes = new Map();
  const gate = new Gate();
  const server = createServer((request, response) => {
    void answer(request, indexes, gate)
      .then(({ status = 200, body = {} }) => {
        response.writeHead(status, { 'content-type': 'application/json' });
        response.end(JSON.stringify(body));
      })
      .catch(() => response.destroy());
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return { url: `http://127.0.0.1:${server.address().port}`, close: () => (server.close(), server.closeAllConnections()) };
}

class Gate {
  #opened = Promise.resolve();
  #open = () => {};

  hold() {
    this.#opened = new Promise((resolve) => {
      this.#open = resolve;
    });
  }

  release() {
    this.#open();
  }

  passed() {
    return this.#opened;
  }
}

async function answer(request, indexes, gate) {
  const { pathname, searchParams } = new URL(request.url, `http://${request.headers.host}`);
  const chunks = [];
  for await (const chunk of request) chunks.push(chunk);
  const text = Buffer.concat(chunks).toString();
  if (pathname === '/hold') return gate.hold(), {};
  if (pathname === '/release') return gate.release(), {};
  if (!request.headers['api-key']) return { status: 401 };
  const given = text ? JSON.parse(text) : {};
  if (pathname.startsWith('/indexes')) return control(request, pathname.slice('/indexes/'.length), given, indexes);
  // every index is at the same address, because a namespace belongs to one agent
  return data(`${request.method} ${pathname}`, { ...given, ...Object.fromEntries(searchParams), ids: given.ids ?? searchParams.getAll('ids') }, indexes, gate);
}

function control(request, name, given, indexes) {
  if (request.method === 'POST') {
    if (indexes.has(given.name)) return { status: 409, body: { error: { code: 'ALREADY_EXISTS', message: 'exists' } } };
    indexes.set(given.name, { dimension: given.dimension, namespaces: new Map() });
    name = given.name;
  } else if (!name) return { body: { indexes: [...indexes.keys()].map((name) => ({ name })) } };
  const index = indexes.get(name);
  if (!index) return { status: 404, body: { error: { code: 'NOT_FOUND', message: 'no such index' } } };
  return { status: request.method === 'POST' ? 201 : 200, body: { name, dimension: index.dimension, metric: 'cosine', host: request.headers.host, status: { ready: true, state: 'Ready' } } };
}

async function data(what, given, indexes, gate) {
  const [index] = indexes.values();
  const vectors = index.namespaces.get(given.namespace) ?? new Map();
  switch (what) {
    case 'POST /vectors/upsert':
      await gate.passed();
      for (const vector of given.vectors) vectors.set(vector.id, vector);
      index.namespaces.set(given.namespace, vectors);
      return { body: { upsertedCount: given.vectors.length } };
    case 'GET /vectors/fetch':
      return { body: { namespace: given.namespace, vectors: Object.fromEntries(given.ids.flatMap((id) => (vectors.has(id) ? [[id, vectors.get(id)]] : []))) } };
    case 'POST /vectors/delete':
      for (const id of given.ids) vectors.delete(id);
      return {};
    case 'POST /query':
      return { body: { matches: nearest(vectors, given) } };
    case 'POST /describe_index_stats':
      return { body: { dimension: index.dimension, namespaces: Object.fromEntries([...index.namespaces].map(([name, held]) => [name, { vectorCount: held.size }])) } };
    default:
      if (what.startsWith('DELETE /namespaces/')) return index.namespaces.delete(decodeURIComponent(what.slice('DELETE /namespaces/'.length))), {};
      return { status: 404 };
  }
}

/** The vectors have length 1, so that the product is the cosine. */
function nearest(vectors, { vector, topK }) {
  const score = ({ values }) => values.reduce((sum, value, at) => sum + value * vector[at], 0);
  const found = [...vectors.values()].map((one) => ({ id: one.id, score: score(one), metadata: one.metadata }));
  return found.sort((one, other) => other.score - one.score).slice(0, topK);
}
