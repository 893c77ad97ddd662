// The list of conversations as a hook.
import type { ConversationList, ConversationListOptions, ConversationListState } from '@troupe/client';
import { useMemo, useSyncExternalStore } from 'react';

import { useTroupe } from './provider.js';

type Actions = Pick<ConversationList, 'loadMore' | 'reload' | 'rename' | 'archive' | 'remove'>;

/** The conversations of the person, the newest first: new, renamed, answered and deleted ones show at once. */
export function useConversations(options: ConversationListOptions = {}): ConversationListState & Actions {
  const client = useTroupe();
  const { archived, search, agentId, endUser, pageSize } = options;
  const list = useMemo(
    () => client.conversations({ archived, search, agentId, endUser, pageSize }),
    [client, archived, search, agentId, endUser, pageSize],
  );
  const state = useSyncExternalStore(list.subscribe, list.getSnapshot, list.getSnapshot);
  return useMemo(() => {
    const { loadMore, reload, rename, archive, remove } = list;
    return { ...state, loadMore, reload, rename, archive, remove };
  }, [list, state]);
}
