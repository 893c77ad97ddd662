// Apollo Client over a Troupe client: a link with its sessions and its resuming, and a cache that events keep current.
import { type ApolloCache, ApolloLink, CombinedGraphQLErrors, type Reference, type StoreObject } from '@apollo/client';
import { TroupeClient, TroupeError } from '@troupe/client';
import { type DocumentNode, Kind, type OperationDefinitionNode, print } from 'graphql';
import { Observable } from 'rxjs';

/** Sends every operation by the client: renewed sessions, and subscriptions that go on after a cut. */
export function troupeLink(client: TroupeClient): ApolloLink {
  return new ApolloLink(
    ({ query, variables }) =>
      new Observable((observer) => {
        const kind = kindOf(query);
        if (kind === 'subscription') {
          return client.subscribe<Record<string, unknown>, Record<string, unknown>>(print(query), variables, {
            next: (data) => observer.next({ data }),
            error: (error) => observer.error(forApollo(error)),
            complete: () => observer.complete(),
          });
        }
        const abort = new AbortController();
        client
          .execute<Record<string, unknown>, Record<string, unknown>>(print(query), variables, { signal: abort.signal, repeat: kind === 'query' })
          .then(
            (data) => (observer.next({ data }), observer.complete()),
            (thrown: unknown) => observer.error(forApollo(TroupeError.from(thrown))),
          );
        return () => abort.abort();
      }),
  );
}

interface EventLike {
  readonly __typename?: string;
  readonly message?: { readonly __typename?: string; readonly id?: string } | null;
}

/**
 * Adds the message of an event to `Conversation.messages` in the cache; for `onData` of `useSubscription`. What an event
 * contains of runs, messages and tool calls, Apollo updates by itself.
 */
export function updateCache(cache: ApolloCache, conversationId: string, event: EventLike | undefined): void {
  const { message } = event ?? {};
  if (!message?.id) return;
  const id = cache.identify({ __typename: 'Conversation', id: conversationId });
  const node = cache.identify({ __typename: 'Message', id: message.id });
  if (!id || !node) return;
  cache.modify({
    id,
    fields: {
      messages: (connection: Reference | StoreObject, { readField }) => {
        const nodes = readField<readonly Reference[]>('nodes', connection);
        if (!nodes || nodes.some((known) => readField('id', known) === message.id)) return connection;
        return { ...connection, nodes: [...nodes, { __ref: node }] };
      },
    },
  });
}

/** `ErrorLink` and hooks of Apollo see the error of the server as they see it from Apollo's own links. */
function forApollo(error: TroupeError): Error {
  if (!error.code) return error;
  return new CombinedGraphQLErrors({ errors: [{ message: error.message, extensions: { ...error.extensions, code: error.code } }] });
}

function kindOf(document: DocumentNode): string | undefined {
  const operation = document.definitions.find((node): node is OperationDefinitionNode => node.kind === Kind.OPERATION_DEFINITION);
  return operation?.operation;
}
