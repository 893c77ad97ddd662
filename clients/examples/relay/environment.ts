// Relay's network: queries and mutations by POST, subscriptions over one WebSocket, which go on after a cut.
import { createClient } from 'graphql-ws';
import { Environment, type FetchFunction, type GraphQLResponse, Network, Observable, type SubscribeFunction } from 'relay-runtime';

export function createEnvironment(url: string, token: () => Promise<string>): Environment {
  const socket = createClient({
    url: url.replace(/^http/, 'ws'),
    connectionParams: async () => ({ authorization: `Bearer ${await token()}` }),
  });

  const post: FetchFunction = async ({ name: operationName, text: query }, variables) => {
    const headers = { authorization: `Bearer ${await token()}`, 'content-type': 'application/json' };
    const response = await fetch(url, { method: 'POST', headers, body: JSON.stringify({ operationName, query, variables }) });
    return response.json();
  };

  const subscribe: SubscribeFunction = ({ name: operationName, text: query }, variables) =>
    Observable.create<GraphQLResponse>((sink) => {
      let { after } = variables;
      const next = (result: unknown) => {
        after = cursorOf(result) ?? after;
        sink.next(result as GraphQLResponse);
      };
      // graphql-ws reads the variables again for each attempt
      const request = { operationName, query: query!, variables: { ...variables, get after() { return after; } } };
      return socket.subscribe(request, { next, error: (thrown) => sink.error(errorOf(thrown)), complete: () => sink.complete() });
    });

  return new Environment({ network: Network.create(post, subscribe) });
}

/** The cursor of an event, where the subscription selects it. */
function cursorOf(result: unknown): unknown {
  const { data } = result as { data?: Record<string, { cursor?: unknown }> };
  return Object.values(data ?? {})[0]?.cursor;
}

/** graphql-ws fails with the GraphQL errors of the operation, with the close event of the socket, or with an error. */
function errorOf(thrown: unknown): Error {
  if (thrown instanceof Error) return thrown;
  const { message, reason } = (Array.isArray(thrown) ? thrown[0] : thrown) as { message?: string; reason?: string };
  return new Error(message ?? reason ?? 'the socket was closed');
}
