// One subscription that survives cuts: it is sent again, after the last event that was received.
import { backoffMs, pause } from './backoff.js';
import { TroupeError } from './errors.js';
import type { Credential } from './session.js';
import type { Request, Result, StreamTransport } from './transport.js';

/** An error of the server's own is not waited out for longer than this many attempts. */
const MOST_FAILURES = 5;

export interface SubscriptionSink<Data> {
  next(data: Data): void;
  /** The last event; the subscription has ended. */
  error(error: TroupeError): void;
  complete(): void;
  /** The server has accepted the connection. */
  opened?(): void;
  /** The connection was cut and is tried again. */
  interrupted?(error: TroupeError): void;
}

export class Subscription<Data> {
  readonly #abort = new AbortController();
  /** The cursor to resume after. */
  #after: unknown;
  #attempts = 0;
  #refusals = 0;

  constructor(
    private readonly transport: StreamTransport,
    private readonly credential: Credential,
    private readonly request: Request,
    private readonly sink: SubscriptionSink<Data>,
  ) {
    this.#after = request.variables['after'];
    void this.#run();
  }

  close(): void {
    this.#abort.abort(new TroupeError('network', 'the subscription was closed'));
  }

  async #run(): Promise<void> {
    const { signal } = this.#abort;
    while (!signal.aborted) {
      try {
        await this.#attempt();
        if (!signal.aborted) this.sink.complete();
        return;
      } catch (thrown) {
        if (signal.aborted) return;
        const error = TroupeError.from(thrown);
        if (error.fatal) return this.sink.error(error);
        this.#attempts += 1;
        if (error.reason === 'failed' && this.#attempts >= MOST_FAILURES) return this.sink.error(error);
        this.sink.interrupted?.(error);
        await pause(error.retryAfterMs ?? backoffMs(this.#attempts), signal).catch(() => {});
      }
    }
  }

  /** Sends the operation once. A credential that was refused is replaced once, at once. */
  async #attempt(): Promise<void> {
    const token = await this.credential.token();
    try {
      await this.#stream(token);
    } catch (thrown) {
      const error = TroupeError.from(thrown);
      const isRefusal = error.code === 'UNAUTHENTICATED' && error.reason !== 'session-revoked';
      if (!isRefusal || this.#abort.signal.aborted || !this.credential.refuse(token)) throw isRefusal ? error.asFatal() : error;
      this.#refusals += 1;
      // the new session was refused as well: another one would be too
      if (this.#refusals > 1) throw error.asFatal();
      return this.#attempt();
    }
  }

  async #stream(token: string): Promise<void> {
    const attempt = new AbortController();
    const abort = (): void => attempt.abort(this.#abort.signal.reason);
    if (this.#abort.signal.aborted) abort();
    this.#abort.signal.addEventListener('abort', abort);
    const variables = this.#after === undefined ? this.request.variables : { ...this.request.variables, after: this.#after };
    try {
      attempt.signal.throwIfAborted();
      await this.transport.stream(
        { ...this.request, variables },
        token,
        {
          opened: () => {
            this.#refusals = 0;
            this.sink.opened?.();
          },
          next: (result, id) => {
            if (attempt.signal.aborted) return;
            if (result.errors?.length) attempt.abort(TroupeError.fromGraphQL(result.errors));
            else this.#deliver(result, id);
          },
        },
        attempt.signal,
      );
      attempt.signal.throwIfAborted();
    } finally {
      this.#abort.signal.removeEventListener('abort', abort);
    }
  }

  #deliver(result: Result, id: string | undefined): void {
    if (!result.data) return;
    this.#attempts = 0;
    const [field] = Object.values(result.data);
    const cursor = id || (field as { cursor?: unknown } | null)?.cursor;
    if (typeof cursor === 'string') this.#after = cursor;
    this.sink.next(result.data as Data);
  }
}
