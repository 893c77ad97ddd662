// The chat: conversations at the side, and the one that is open, or a new one.
import { TroupeProvider } from '@troupe/react';
import { PanelLeft } from 'lucide-react';
import { useCallback, useEffect, useState } from 'react';
import { useSearch } from 'wouter';

import '../styles/chat.css';
import '../styles/messages.css';
import '../styles/markdown.css';
import { useStrings } from '../strings';
import { IconButton } from '../ui/Button';
import { Skeleton } from '../ui/Status';
import { ConversationList } from './ConversationList';
import { ConversationView } from './ConversationView';
import { usePerson } from './person';

/** The draft of a conversation that has no id yet. */
const NEW = '';

export function ChatPage({ id }: { readonly id: string | null }) {
  const t = useStrings();
  const person = usePerson();
  const [isOpen, setIsOpen] = useState(false);
  // the agent of a new conversation; null leaves the choice to the router
  const wanted = new URLSearchParams(useSearch()).get('agent');
  const [agentId, setAgentId] = useState(wanted);
  useEffect(() => {
    if (wanted) setAgentId(wanted);
  }, [wanted]);
  // what is written stays with its conversation
  const [drafts, setDrafts] = useState<Readonly<Record<string, string>>>({});
  const here = id ?? NEW;
  const onDraft = useCallback((draft: string) => setDrafts((known) => ({ ...known, [here]: draft })), [here]);
  const onNamed = useCallback((named: string) => setDrafts(({ [NEW]: draft, ...others }) => (draft ? { ...others, [named]: draft } : others)), []);
  useEffect(() => setIsOpen(false), [id]);
  if (!person) {
    return (
      <main id="main" className="chat" tabIndex={-1}>
        <Skeleton />
      </main>
    );
  }
  return (
    <TroupeProvider client={person.client}>
      <div className={`chat${isOpen ? ' listing' : ''}`}>
        <ConversationList id={id} endUser={person.endUser} mayWrite={person.mayWrite} />
        <ConversationView
          // another agent for a new conversation is another conversation
          key={agentId ?? 'router'}
          id={id}
          person={person}
          agentId={agentId}
          onAgent={setAgentId}
          draft={drafts[here] ?? ''}
          onDraft={onDraft}
          onNamed={onNamed}
          toggle={<IconButton icon={PanelLeft} label={t.chat.conversations} onPress={() => setIsOpen(!isOpen)} />}
        />
      </div>
    </TroupeProvider>
  );
}
