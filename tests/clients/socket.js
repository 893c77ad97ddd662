// A plain WebSocket for the protocol checks: its messages in order, and its end.
import { strict as assert } from 'node:assert';
import { once } from 'node:events';

import WebSocket from 'ws';

import { authorization, socketUrl } from './server.js';

const PATIENCE = 60_000;

export class Socket {
  #inbox = [];
  #wake = () => {};

  constructor(protocols = ['graphql-transport-ws']) {
    this.raw = new WebSocket(socketUrl, protocols);
    // A refused upgrade is an expected outcome here.
    this.raw.on('error', () => {});
    this.raw.on('message', (data) => {
      this.#inbox.push(JSON.parse(data));
      this.#wake();
    });
    /** Resolves to `{status}` of a refused upgrade, or to `{code, reason}` of a closed socket. */
    this.end = new Promise((resolve) => {
      this.raw.on('unexpected-response', (_, response) => {
        resolve({ status: response.statusCode });
        response.destroy();
      });
      this.raw.on('close', (code, reason) => resolve({ code, reason: String(reason) }));
    });
  }

  static async open() {
    const socket = new Socket();
    await once(socket.raw, 'open');
    return socket;
  }

  /** Opens a socket and completes the handshake. */
  static async ready() {
    const socket = await Socket.open();
    socket.send({ type: 'connection_init', payload: { authorization } });
    assert.equal((await socket.next()).type, 'connection_ack');
    return socket;
  }

  send(message) {
    this.raw.send(typeof message === 'string' ? message : JSON.stringify(message));
  }

  subscribe(id, query, rest = {}) {
    this.send({ id, type: 'subscribe', payload: { query, ...rest } });
  }

  /** The next message; the server's own pings, which it may send at any time, are answered and skipped. */
  async next() {
    for (;;) {
      while (this.#inbox.length === 0) await within(new Promise((resolve) => (this.#wake = resolve)), 'a message');
      const message = this.#inbox.shift();
      if (message.type !== 'ping') return message;
      this.send({ type: 'pong' });
    }
  }

  /** Checks that the socket is open and no message is pending: the pong is the next message. */
  async assertQuiet() {
    this.send({ type: 'ping', payload: { quiet: true } });
    assert.deepEqual(await this.next(), { type: 'pong', payload: { quiet: true } });
  }

  async assertCloses(code) {
    const end = await within(this.end, `close ${code}`);
    assert.equal(end.code, code, JSON.stringify(end));
  }

  close() {
    this.raw.terminate();
  }
}

export function within(promise, what) {
  let timer;
  const late = new Promise((_, reject) => {
    timer = setTimeout(() => reject(new Error(`${what} did not come within ${PATIENCE / 1000} s`)), PATIENCE);
  });
  return Promise.race([promise, late]).finally(() => clearTimeout(timer));
}
