// The tool calls that wait for the staff: the list as it was read, and what has changed since, live.
import type { TroupeClient } from '@troupe/client';
import { print } from 'graphql';
import { useMemo, useSyncExternalStore } from 'react';
import { type Client, useClient, useQuery, type UseQueryState } from 'urql';

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

const NONE: Changes = new Map();

/** What has changed since the list was read: one subscription for all parts of the page that show it, while there is one. */
class ChangedCalls {
  #listeners = new Set<() => void>();
  #changes = NONE;
  /** What has changed since the list was asked for the last time. */
  #since = new Map<string, ApprovalFragment>();
  #end = (): void => {};

  constructor(
    private readonly troupe: TroupeClient,
    private readonly urql: Client,
  ) {}

  readonly subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    if (this.#listeners.size === 1) this.#begin();
    return () => {
      this.#listeners.delete(listener);
      if (this.#listeners.size > 0) return;
      this.#end();
      this.#changes = NONE;
    };
  };

  readonly getSnapshot = (): Changes => this.#changes;

  readonly reload = (): void => {
    const since = new Map<string, ApprovalFragment>();
    this.#since = since;
    const list = this.urql.query(PendingApprovalsDocument, {}, { requestPolicy: 'network-only' }).toPromise();
    // the new list has everything that came before it was asked for
    void list.then(({ data }) => data && this.#since === since && this.#show(new Map(since)));
  };

  #begin(): void {
    this.#end = this.troupe.subscribe<ApprovalsSubscription, object>(print(ApprovalsDocument), {}, {
      next: ({ toolApprovals: call }) => {
        this.#since.set(call.id, call);
        this.#show(new Map(this.#changes).set(call.id, call));
      },
      // changes have no cursor to resume after: what came during a cut is in the list only
      opened: this.reload,
      // a key that is refused is refused to the list too, which ends the session
      error: this.reload,
      complete: () => {},
    });
  }

  #show(changes: Changes): void {
    this.#changes = changes;
    for (const listener of this.#listeners) listener();
  }
}

const CHANGED_CALLS = new WeakMap<TroupeClient, ChangedCalls>();

/** Those of a key: the same for every part of the page. */
function changedCallsOf(troupe: TroupeClient, urql: Client): ChangedCalls {
  const known = CHANGED_CALLS.get(troupe) ?? new ChangedCalls(troupe, urql);
  CHANGED_CALLS.set(troupe, known);
  return known;
}

export function useInbox(): Inbox {
  const { troupe } = useSession();
  const { subscribe, getSnapshot, reload } = changedCallsOf(troupe, useClient());
  const changes = useSyncExternalStore(subscribe, getSnapshot);
  const [result] = useQuery({ query: PendingApprovalsDocument, variables: {} });
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
