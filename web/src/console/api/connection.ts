// One API key's connection: urql for the pages, over our own client, which renews, resumes and repeats.
import { TroupeClient, TroupeError } from '@troupe/client';
import { troupeExchange } from '@troupe/react/urql';
import { cacheExchange, Client, mapExchange } from 'urql';

import { type Credentials, headers } from '../../credentials/credentials';

export interface Connection {
  readonly troupe: TroupeClient;
  readonly urql: Client;
  close(): void;
}

/** `onRefused` is called when the server does not accept the key any more. */
export function connect(credentials: Credentials, onRefused: (error: TroupeError) => void): Connection {
  const troupe = clientFor(credentials);
  const refused = mapExchange({
    onError: ({ graphQLErrors }) => {
      const error = graphQLErrors.find(({ extensions }) => extensions['code'] === 'UNAUTHENTICATED');
      if (error) onRefused(TroupeError.fromGraphQL([error]));
    },
  });
  const urql = new Client({
    url: '/graphql',
    exchanges: [cacheExchange, refused, troupeExchange(troupe)],
    preferGetMethod: false,
    requestPolicy: 'cache-and-network',
  });
  return { troupe, urql, close: () => troupe.close() };
}

export function clientFor(credentials: Credentials): TroupeClient {
  const { accountId } = credentials;
  return new TroupeClient({
    url: '/graphql',
    token: credentials.apiKey,
    headers: headers({ apiKey: '', accountId }),
    // only a header says in which account an operator acts
    ...(accountId && { transport: 'sse' as const }),
  });
}

export const ADDITIONAL = (...types: string[]): { additionalTypenames: string[] } => ({ additionalTypenames: types });
