// urql over a Troupe client: an exchange with its sessions and its resuming, and updates for the normalized cache.
import { TroupeClient, TroupeError } from '@troupe/client';
import { type Exchange, gql, makeErrorResult, makeResult, type Operation } from '@urql/core';
import type { Cache, UpdatesConfig } from '@urql/exchange-graphcache';
import { print } from 'graphql';
import { filter, make, merge, mergeMap, pipe, takeUntil } from 'wonka';

/** Takes the place of `fetchExchange` and `subscriptionExchange`. */
export function troupeExchange(client: TroupeClient): Exchange {
  return ({ forward }) =>
    (operations) => {
      const results = pipe(
        operations,
        filter(({ kind }) => kind !== 'teardown'),
        mergeMap((operation) => {
          const ended = pipe(
            operations,
            filter(({ kind, key }) => kind === 'teardown' && key === operation.key),
          );
          return pipe(resultsOf(client, operation), takeUntil(ended));
        }),
      );
      const forwarded = pipe(
        operations,
        filter(({ kind }) => kind === 'teardown'),
        forward,
      );
      return merge([results, forwarded]);
    };
}

function resultsOf(client: TroupeClient, operation: Operation) {
  const query = print(operation.query);
  const variables = (operation.variables ?? {}) as Record<string, unknown>;
  return make<ReturnType<typeof makeResult>>(({ next, complete }) => {
    const fail = (thrown: unknown): void => {
      next(failure(operation, TroupeError.from(thrown)));
      complete();
    };
    if (operation.kind === 'subscription') {
      return client.subscribe<Record<string, unknown>, Record<string, unknown>>(query, variables, {
        next: (data) => next(makeResult(operation, { data, hasNext: true })),
        error: fail,
        complete,
      });
    }
    const abort = new AbortController();
    const options = { signal: abort.signal, repeat: operation.kind === 'query' };
    client.execute<Record<string, unknown>, Record<string, unknown>>(query, variables, options).then((data) => {
      next(makeResult(operation, { data }));
      complete();
    }, fail);
    return () => abort.abort();
  });
}

/** For `cacheExchange({ updates })` of `@urql/exchange-graphcache`: events add their messages to the conversation. */
export const updates: UpdatesConfig = {
  Subscription: {
    conversationEvents: (result, variables, cache) => {
      const { message } = (result['conversationEvents'] ?? {}) as { message?: { id?: string } | null };
      const { conversationId } = variables as { conversationId: string };
      if (message?.id) addMessage(cache, conversationId, message.id);
    },
  },
};

const MESSAGE = gql`
  fragment _ on Message {
    id
  }
`;

function addMessage(cache: Cache, conversationId: string, messageId: string): void {
  if (!cache.readFragment(MESSAGE, { id: messageId })) return;
  const entity = cache.keyOfEntity({ __typename: 'Conversation', id: conversationId });
  if (!entity) return;
  const fields = cache.inspectFields(entity).filter(({ fieldName }) => fieldName === 'messages');
  for (const { fieldKey } of fields) {
    const connection = cache.resolve(entity, fieldKey) as string | null;
    const nodes = connection && (cache.resolve(connection, 'nodes') as string[] | null);
    const node = cache.keyOfEntity({ __typename: 'Message', id: messageId });
    if (!connection || !nodes || !node || nodes.includes(node)) continue;
    cache.link(connection, 'nodes', [...nodes, node]);
  }
}

/** urql's results carry the error of the server as they carry it from urql's own exchanges. */
function failure(operation: Operation, error: TroupeError): ReturnType<typeof makeResult> {
  const { code, message, extensions } = error;
  return code ? makeResult(operation, { errors: [{ message, extensions: { ...extensions, code } }] }) : makeErrorResult(operation, error);
}
