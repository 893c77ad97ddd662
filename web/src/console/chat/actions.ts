// What a message needs of its conversation: an object that stays the same while an answer is written.
import type { useConversation } from '@troupe/react';
import { useMemo } from 'react';

type Chat = ReturnType<typeof useConversation>;

export type ChatActions = Pick<Chat, 'retry' | 'regenerate' | 'edit' | 'select' | 'rate' | 'approve' | 'deny' | 'isAnswering'>;

export function useActions({ retry, regenerate, edit, select, rate, approve, deny, isAnswering }: Chat): ChatActions {
  return useMemo(
    () => ({ retry, regenerate, edit, select, rate, approve, deny, isAnswering }),
    [retry, regenerate, edit, select, rate, approve, deny, isAnswering],
  );
}
