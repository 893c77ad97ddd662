// Speaks to /graphql of the same origin: queries and mutations by POST, subscriptions over graphql-transport-ws.
import type { Fetcher, FetcherParams } from '@graphiql/toolkit';
import { getOperationAST, parse } from 'graphql';
import { type Client, createClient } from 'graphql-ws';

import { connectionPayload, headers, type Credentials } from '../credentials/credentials';

interface Sink {
  next(result: unknown): void;
  complete(): void;
}

/** One set of credentials, and the socket that was opened with them. */
export interface Connection {
  fetcher: Fetcher;
  close(): void;
}

/** `onEvent` sees every result of a subscription, and `null` when one begins. */
export function connect(credentials: Credentials, onEvent: (result: unknown) => void): Connection {
  const socket = createClient({
    url: new URL('/graphql', location.href.replace(/^http/, 'ws')).href,
    connectionParams: connectionPayload(credentials),
    // A silent retry would subscribe again, and `chat` without a clientMessageId would then send its message twice.
    retryAttempts: 0,
    lazyCloseTimeout: 10_000,
  });
  return {
    fetcher: (request, options) =>
      isSubscription(request) ? stream(socket, request, onEvent) : post(request, { ...headers(credentials), ...options?.headers }),
    close: () => void socket.dispose(),
  };
}

/** Asks once; the server answers errors as GraphQL results too. */
export async function post(request: FetcherParams, extraHeaders: Record<string, string>) {
  const response = await fetch('/graphql', {
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      accept: 'application/graphql-response+json, application/json;q=0.9',
      ...extraHeaders,
    },
    body: JSON.stringify(request),
  });
  const body = await response.text();
  try {
    return JSON.parse(body);
  } catch {
    throw new Error(`The server answered ${response.status} ${response.statusText}: ${body.slice(0, 300)}`);
  }
}

// An observable and not an async generator: stopping has to reach the server now, not at the next event.
function stream(socket: Client, request: FetcherParams, onEvent: (result: unknown) => void) {
  const subscribe = (sink: Sink) => {
    onEvent(null);
    const stop = socket.subscribe(
      { ...request, operationName: request.operationName ?? undefined },
      {
        next: (result) => {
          onEvent(result);
          sink.next(result);
        },
        complete: () => sink.complete(),
        error: (error) => {
          // As a result, because GraphiQL would show an Error with its stack.
          sink.next({ errors: Array.isArray(error) ? error : [{ message: explain(error) }] });
          sink.complete();
        },
      },
    );
    return { unsubscribe: stop };
  };
  return { subscribe } as Exclude<ReturnType<Fetcher>, Promise<unknown>>;
}

function explain(error: unknown): string {
  if (!(error instanceof CloseEvent)) return error instanceof Error ? error.message : 'The connection failed.';
  if (error.code === 4401 || error.code === 4403) return `The server does not accept this API key: ${error.reason}.`;
  return `The connection was closed: ${error.code} ${error.reason}`.trim();
}

function isSubscription({ query, operationName }: FetcherParams): boolean {
  try {
    return getOperationAST(parse(query), operationName)?.operation === 'subscription';
  } catch {
    return false; // Not GraphQL: let the server say what is wrong with it.
  }
}
