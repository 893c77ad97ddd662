// The tool calls that wait for the staff: the list as it was read, and what has changed since, live.
import { useCallback, useMemo, useState } from 'react';
import { useQuery, useSubscription, type UseQueryState } from 'urql';

import { type ApprovalFragment, ApprovalsDocument, type ApprovalsSubscription, PendingApprovalsDocument, type PendingApprovalsQuery } from './operations.generated';

export interface Inbox {
  readonly result: UseQueryState<PendingApprovalsQuery>;
  readonly calls: readonly ApprovalFragment[];
  reload(): void;
}

type Changes = ReadonlyMap<string, ApprovalFragment>;

export function useInbox(): Inbox {
  const [changes, setChanges] = useState<Changes>(new Map());
  const [result, execute] = useQuery({ query: PendingApprovalsDocument, variables: {} });
  const take = useCallback((_: undefined, { toolApprovals }: ApprovalsSubscription) => {
    setChanges((known) => new Map(known).set(toolApprovals.id, toolApprovals));
    return undefined;
  }, []);
  useSubscription({ query: ApprovalsDocument, variables: {} }, take);
  const calls = useMemo(() => merged(result.data?.pendingApprovals.nodes ?? [], changes), [result.data, changes]);
  const reload = useCallback(() => execute({ requestPolicy: 'network-only' }), [execute]);
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
