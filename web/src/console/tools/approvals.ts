// The tool calls that wait for the staff: the list as it was read, and what has changed since, live.
import { print } from 'graphql';
import { useCallback, useEffect, useMemo, useRef, useState } from 'react';
import { useClient, useQuery, type UseQueryState } from 'urql';

import { useSession } from '../api/session';
import {
  type ApprovalFragment,
  ApprovalsDocument,
  type ApprovalsSubscription,
  PendingApprovalsDocument,
  type PendingApprovalsQuery,
} from './operations.generated';

export interface Inbox {
  readonly result: UseQueryState<PendingApprovalsQuery>;
  readonly calls: readonly ApprovalFragment[];
  reload(): void;
}

type Changes = ReadonlyMap<string, ApprovalFragment>;

export function useInbox(): Inbox {
  const client = useClient();
  const { troupe } = useSession();
  const [changes, setChanges] = useState<Changes>(new Map());
  const [result] = useQuery({ query: PendingApprovalsDocument, variables: {} });
  // what has changed since the list was asked for the last time
  const since = useRef(new Map<string, ApprovalFragment>());
  const reload = useCallback(() => {
    const fresh = new Map<string, ApprovalFragment>();
    since.current = fresh;
    const list = client.query(PendingApprovalsDocument, {}, { requestPolicy: 'network-only' }).toPromise();
    // the new list has everything that came before it was asked for
    void list.then(({ data }) => data && since.current === fresh && setChanges(new Map(fresh)));
  }, [client]);
  useEffect(
    () =>
      troupe.subscribe<ApprovalsSubscription, object>(print(ApprovalsDocument), {}, {
        next: ({ toolApprovals: call }) => {
          since.current.set(call.id, call);
          setChanges((known) => new Map(known).set(call.id, call));
        },
        // changes have no cursor to resume after: what came during a cut is in the list only
        opened: reload,
        // a key that is refused is refused to the list too, which ends the session
        error: reload,
        complete: () => {},
      }),
    [troupe, reload],
  );
  const calls = useMemo(() => merged(result.data?.pendingApprovals.nodes ?? [], changes), [result.data, changes]);
  return { result, calls, reload };
}

export function useApprovalCount(): number {
  return useInbox().calls.length;
}

/** The calls that still wait, in the order in which they came. */
export function merged(listed: readonly ApprovalFragment[], changes: Changes): readonly ApprovalFragment[] {
  const ids = new Set(listed.map(({ id }) => id));
  const fresh = [...changes.values()].filter(({ id }) => !ids.has(id));
  return [...listed.map((call) => changes.get(call.id) ?? call), ...fresh].filter(({ status }) => status === 'AWAITING_APPROVAL');
}
