// Queries and mutations by POST, and subscriptions as Server-Sent Events in the answer to a POST.
import { createParser } from 'eventsource-parser';

import { TroupeError } from './errors.js';
import type { Request, Result, StreamSink, StreamTransport } from './transport.js';

/** The server sends a comment at least this often, by its setting http.keep_alive_ms; twice and a little more is a cut. */
const SILENCE_MS = 30_000;

export interface HttpOptions {
  readonly url: string;
  readonly fetch: typeof fetch;
  readonly headers: Readonly<Record<string, string>>;
}

export class HttpTransport implements StreamTransport {
  readonly #options: HttpOptions;

  constructor(options: HttpOptions) {
    this.#options = options;
  }

  /** Without a token, the request is that of a caller without credentials. */
  async post(request: Request, token: string | undefined, signal: AbortSignal): Promise<Result> {
    const accept = 'application/graphql-response+json, application/json;q=0.9';
    const response = await this.#send(request, token, accept, signal);
    return resultOf(response);
  }

  async stream(request: Request, token: string, sink: StreamSink, signal: AbortSignal): Promise<void> {
    const cut = new AbortController();
    const abort = (): void => cut.abort(signal.reason);
    signal.addEventListener('abort', abort);
    try {
      const response = await this.#send(request, token, 'text/event-stream', cut.signal);
      if (!isEventStream(response)) {
        const { errors = [] } = await resultOf(response);
        throw TroupeError.fromGraphQL(errors, response.headers.get('retry-after'));
      }
      if (response.ok) sink.opened();
      await readEvents(response, sink, cut);
    } finally {
      signal.removeEventListener('abort', abort);
      cut.abort();
    }
  }

  close(): void {
    // each stream has a connection of its own, which its signal closes
  }

  async #send(request: Request, token: string | undefined, accept: string, signal: AbortSignal): Promise<Response> {
    const { url, fetch, headers } = this.#options;
    const authorization: Record<string, string> = token === undefined ? {} : { authorization: `Bearer ${token}` };
    try {
      return await fetch(url, {
        method: 'POST',
        headers: { ...headers, accept, 'content-type': 'application/json', ...authorization },
        body: JSON.stringify(request),
        signal,
      });
    } catch (thrown) {
      if (signal.aborted) throw signal.reason;
      throw new TroupeError('network', 'the server cannot be reached', { cause: thrown });
    }
  }
}

/** The GraphQL result in a response, also of a refusal; an error with the status where there is none. */
async function resultOf(response: Response): Promise<Result> {
  let body: unknown;
  try {
    body = await response.json();
  } catch (thrown) {
    const message = response.ok ? 'the answer was cut' : `the server answers with status ${response.status}`;
    throw new TroupeError(response.ok ? 'network' : 'unavailable', message, { cause: thrown });
  }
  const result = body as Result;
  if (result.errors) throw TroupeError.fromGraphQL(result.errors, response.headers.get('retry-after'));
  return result;
}

function isEventStream(response: Response): boolean {
  return response.headers.get('content-type')?.startsWith('text/event-stream') ?? false;
}

async function readEvents(response: Response, sink: StreamSink, cut: AbortController): Promise<void> {
  let completed = false;
  const parser = createParser({
    onEvent: ({ event, data, id }) => {
      if (event === 'complete') completed = true;
      else if (event === 'next') sink.next(JSON.parse(data) as Result, id);
    },
  });
  const decoder = new TextDecoder();
  const reader = response.body!.getReader();
  let timer: ReturnType<typeof setTimeout> | undefined;
  try {
    while (!completed) {
      timer = setTimeout(() => cut.abort(new TroupeError('network', 'the stream fell silent')), SILENCE_MS);
      const { done, value } = await reader.read();
      clearTimeout(timer);
      if (done) throw new TroupeError('network', 'the stream was cut');
      parser.feed(decoder.decode(value, { stream: true }));
    }
  } catch (thrown) {
    if (cut.signal.aborted) throw cut.signal.reason;
    throw thrown instanceof TroupeError ? thrown : new TroupeError('network', 'the stream was cut', { cause: thrown });
  } finally {
    clearTimeout(timer);
  }
}
