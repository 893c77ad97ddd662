// Gives the client to the hooks below it.
import { TroupeClient } from '@troupe/client';
import { createContext, type ReactNode, useContext } from 'react';

const Context = createContext<TroupeClient | null>(null);

export function TroupeProvider({ client, children }: { readonly client: TroupeClient; readonly children: ReactNode }): ReactNode {
  return <Context.Provider value={client}>{children}</Context.Provider>;
}

/** The client of the next `TroupeProvider` above. */
export function useTroupe(): TroupeClient {
  const client = useContext(Context);
  if (!client) throw new Error('there is no TroupeProvider above this component');
  return client;
}
