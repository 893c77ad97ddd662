// A conversation as a hook.
import type { Conversation, ConversationOptions, ConversationState, TroupeClient } from '@troupe/client';
import { useMemo, useState, useSyncExternalStore } from 'react';

import { useTroupe } from './provider.js';

type Actions = Pick<
  Conversation,
  'send' | 'retry' | 'stop' | 'regenerate' | 'edit' | 'select' | 'rate' | 'approve' | 'deny' | 'rename' | 'markRead' | 'loadOlder'
>;

interface Held {
  readonly client: TroupeClient;
  readonly id: string | null;
  readonly conversation: Conversation;
}

/**
 * The conversation with this id, live. Without an id it is a new one, which gets its id with the first message: a page
 * may then pass the id, to the same conversation, or leave it out. The options are those of the first render with an id.
 */
export function useConversation(id?: string | null, options?: ConversationOptions): ConversationState & Actions {
  const client = useTroupe();
  const wanted = id ?? null;
  const [held, setHeld] = useState<Held>(() => hold(client, wanted, options));
  let { conversation } = held;
  if (held.client !== client || held.id !== wanted) {
    // a new conversation that has got the id stays the same object
    const isSame = held.client === client && wanted !== null && conversation.getSnapshot().id === wanted;
    const next = isSame ? { ...held, id: wanted } : hold(client, wanted, options);
    setHeld(next);
    conversation = next.conversation;
  }
  const state = useSyncExternalStore(conversation.subscribe, conversation.getSnapshot, conversation.getSnapshot);
  return useMemo(() => {
    const { send, retry, stop, regenerate, edit, select, rate, approve, deny, rename, markRead, loadOlder } = conversation;
    return { ...state, send, retry, stop, regenerate, edit, select, rate, approve, deny, rename, markRead, loadOlder };
  }, [conversation, state]);
}

function hold(client: TroupeClient, id: string | null, options: ConversationOptions | undefined): Held {
  return { client, id, conversation: client.conversation(id, options) };
}
