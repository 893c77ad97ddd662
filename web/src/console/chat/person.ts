// The client of the person who chats: a session of an end user, as a customer's page has one.
import { TroupeClient, TroupeError } from '@troupe/client';
import { print } from 'graphql';
import { useEffect, useMemo, useState } from 'react';

import { useIsAtLeast, useSession } from '../api/session';
import { useStrings } from '../strings';
import { OpenSessionDocument, type OpenSessionMutation, type OpenSessionMutationVariables } from './operations.generated';

export interface Person {
  readonly client: TroupeClient;
  /** For a key that begins no sessions: the person in whose name it speaks. */
  readonly endUser: string | undefined;
  readonly mayWrite: boolean;
  /** Why the person may not write. */
  readonly notice: string;
}

/**
 * An administrator's key begins a session for one person, always the same one for the same key. A member's key speaks for
 * that person without a session, and a reader's key reads what everyone wrote.
 */
export function usePerson(): Person | null {
  const t = useStrings();
  const { troupe, viewer } = useSession();
  const [isAdmin, isMember] = [useIsAtLeast('ADMIN'), useIsAtLeast('MEMBER')];
  const endUser = `console-${viewer.apiKey?.id ?? 'operator'}`;
  const [client, setClient] = useState(isAdmin ? null : troupe);
  useEffect(() => {
    if (!isAdmin) return;
    const own = withSession(troupe, endUser);
    setClient(own);
    return () => own.close();
  }, [troupe, endUser, isAdmin]);
  return useMemo(
    () => client && { client, endUser: isAdmin || !isMember ? undefined : endUser, mayWrite: isMember, notice: t.chat.readOnly },
    [client, endUser, isAdmin, isMember, t],
  );
}

function withSession(troupe: TroupeClient, endUser: string): TroupeClient {
  const getSession = async () => {
    const input = { endUser, displayName: 'Console', expiresInSeconds: 1_800 };
    const { createSession } = await troupe.execute<OpenSessionMutation, OpenSessionMutationVariables>(print(OpenSessionDocument), { input }, { repeat: true });
    if (!createSession) throw new TroupeError('failed', 'no session was begun');
    return { token: createSession.token, expiresAt: createSession.session.expiresAt };
  };
  return new TroupeClient({ url: '/graphql', getSession });
}
