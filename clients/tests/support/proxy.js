// A TCP proxy in front of the server that cuts connections in the middle of an answer.
import { createServer, connect } from 'node:net';
import { once } from 'node:events';

import { origin } from './server.js';

const PIECE = 'TokenDelta';

/**
 * Starts a proxy that cuts each time the number of pieces of text that have passed reaches one of `places`, in the middle
 * of what the server sends just then. Connections before and after a cut share the count.
 */
export async function startProxy(places = []) {
  const { hostname, port } = new URL(origin);
  const sockets = new Set();
  const left = [...places];
  let passed = 0;
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
    upstream.on('data', (data) => {
      if (client.destroyed) return;
      let at = -1;
      while ((at = data.indexOf(PIECE, at + 1)) >= 0) {
        passed += 1;
        if (passed !== left[0]) continue;
        left.shift();
        cuts += 1;
        client.write(data.subarray(0, at + 3));
        return client.destroySoon();
      }
      client.write(data);
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
