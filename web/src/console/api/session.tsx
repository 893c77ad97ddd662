// Who the console speaks as: the viewer behind the key, and the connection, for everything below.
import type { TroupeClient } from '@troupe/client';
import { createContext, useContext } from 'react';

import type { Credentials } from '../../credentials/credentials';
import type { ViewerQuery } from './operations.generated';

export type Viewer = ViewerQuery['viewer'];
export type Role = Viewer['role'];

export interface Session {
  readonly credentials: Credentials;
  readonly viewer: Viewer;
  /** The client with the key. */
  readonly troupe: TroupeClient;
  signOut(): void;
  /** Of an operator: acts in this account from now on, or in none. */
  actIn(accountId: string | null): Promise<void>;
}

export const SessionContext = createContext<Session | null>(null);

export function useSession(): Session {
  const session = useContext(SessionContext);
  if (!session) throw new Error('there is no session above this component');
  return session;
}

/** Whether the key is an operator's that acts in no account of a customer. */
export function useIsOutside(): boolean {
  const { viewer, credentials } = useSession();
  return viewer.role === 'OPERATOR' && credentials.accountId === '';
}

const RANKS: Readonly<Record<Role, number>> = { END_USER: 0, READER: 1, MEMBER: 2, ADMIN: 3, OWNER: 4, OPERATOR: 5 };

/** Whether the key's role includes this one. */
export function useIsAtLeast(role: Role): boolean {
  return RANKS[useSession().viewer.role] >= RANKS[role];
}
