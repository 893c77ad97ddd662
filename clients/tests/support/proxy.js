// A TCP proxy in front of the server that cuts connections in the middle of an answer.
import { createServer, connect } from 'node:net';
import { once } from 'node:events';

import { origin } from './server.js';

/**
 * Starts a proxy that cuts the connection on which each of `words` of an answer comes for the first time, in the middle of
 * the word, in order.
 */
export async function startProxy(words = []) {
  const { hostname, port } = new URL(origin);
  const sockets = new Set();
  const left = words.map((word) => Buffer.from(`${word} `));
  let cuts = 0;
  const server = createServer((client) => {
    const upstream = connect(Number(port), hostname);
    const cut = () => [client, upstream].forEach((socket) => socket.destroy());
    for (const socket of [client, upstream]) {
      sockets.add(socket);
      socket.setNoDelay(true);
      socket.on('error', cut).on('close', () => (sockets.delete(socket), cut()));
    }
    client.pipe(upstream);
    let held = Buffer.alloc(0);
    upstream.on('data', (data) => {
      const [next] = left;
      if (!next || client.destroyed) return client.write(data);
      // a word may come in two pieces
      const known = Buffer.concat([held, data]);
      const at = known.indexOf(next);
      if (at < 0) {
        held = known.subarray(Math.max(0, known.length - next.length + 1));
        return client.write(data);
      }
      left.shift();
      cuts += 1;
      client.end(data.subarray(0, Math.max(0, at + 1 - held.length)), () => upstream.destroy());
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const base = `http://127.0.0.1:${server.address().port}`;
  return {
    origin: base,
    url: `${base}/graphql`,
    socketUrl: `${base}/graphql`.replace(/^http/, 'ws'),
    /** The number of cuts so far. */
    get cuts() {
      return cuts;
    },
    /** Cuts every connection now. */
    cutAll: () => sockets.forEach((socket) => socket.destroy()),
    close: () => {
      server.close();
      sockets.forEach((socket) => socket.destroy());
    },
  };
}
