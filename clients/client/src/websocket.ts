// Subscriptions over one WebSocket, by the protocol graphql-transport-ws.
import { createClient, type Client, type Sink } from 'graphql-ws';

import { TroupeError } from './errors.js';
import type { Request, Result, StreamSink, StreamTransport } from './transport.js';

/** A ping that is not answered within this time means that the connection is cut, in milliseconds. */
const PONG_MS = 5_000;

export class WebSocketTransport implements StreamTransport {
  readonly #client: Client;
  #token = '';
  #isOpen = false;

  constructor(url: string, webSocket: unknown) {
    let pong: ReturnType<typeof setTimeout> | undefined;
    this.#client = createClient({
      url,
      webSocketImpl: webSocket,
      connectionParams: () => ({ authorization: `Bearer ${this.#token}` }),
      // the client repeats, because it knows what to resume after
      retryAttempts: 0,
      lazyCloseTimeout: 1_000,
      keepAlive: 10_000,
      onNonLazyError: () => {},
      on: {
        connected: () => (this.#isOpen = true),
        closed: () => {
          this.#isOpen = false;
          clearTimeout(pong);
        },
        ping: (received) => {
          if (!received) pong = setTimeout(() => this.#client.terminate(), PONG_MS);
        },
        pong: (received) => {
          if (received) clearTimeout(pong);
        },
      },
    });
  }

  stream(request: Request, token: string, sink: StreamSink, signal: AbortSignal): Promise<void> {
    // a socket that is open stays in its session; the token is for the next one
    this.#token = token;
    const onConnected = this.#client.on('connected', () => sink.opened());
    if (this.#isOpen) sink.opened();
    return this.#run(request, (result) => sink.next(result), signal).finally(onConnected);
  }

  /** Fails unless the socket is open, because only that connection stays in the session that is renewed. */
  async execute(request: Request, signal: AbortSignal): Promise<Result> {
    if (!this.#isOpen) throw new TroupeError('network', 'the socket is not open');
    let found: Result | undefined;
    await this.#run(request, (result) => (found ??= result), signal);
    if (!found) throw new TroupeError('network', 'the socket was closed before the answer');
    if (found.errors) throw TroupeError.fromGraphQL(found.errors);
    return found;
  }

  close(): void {
    // the socket that it waits for may fail to open, which no one asks about any more
    void Promise.resolve(this.#client.dispose()).catch(() => {});
  }

  #run(request: Request, next: (result: Result) => void, signal: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      const sink: Sink<Result> = {
        next: (result) => next(result as Result),
        error: (thrown) => reject(TroupeError.from(thrown)),
        complete: () => (signal.aborted ? reject(signal.reason) : resolve()),
      };
      const stop = this.#client.subscribe<Result>(request as never, sink as never);
      signal.addEventListener('abort', stop, { once: true });
    });
  }
}
