// One conversation: its messages as they come, and the field to write the next.
import { type ChatMessage, TroupeError } from '@troupe/client';
import { useConversation } from '@troupe/react';
import { NotebookText } from 'lucide-react';
import { lazy, type ReactNode, Suspense, useCallback, useEffect, useMemo, useState } from 'react';
import { useLocation } from 'wouter';

import { useStrings } from '../strings';
import { Button, IconButton } from '../ui/Button';
import { Chunked } from '../ui/Chunked';
import { useTitle } from '../ui/Page';
import { ErrorNote, Skeleton } from '../ui/Status';
import { useActions } from './actions';
import { AgentChoice } from './AgentChoice';
import { Composer } from './Composer';
import { Message } from './Message';
import { NewChat } from './NewChat';
import type { Person } from './person';
import { type Source, SourceDialog } from './SourceDialog';
import { NO_STEPS, useSteps } from './steps';
import { useScroll } from './scroll';

const StatePanel = lazy(() => import('../state/StatePanel'));

interface Props {
  readonly id: string | null;
  readonly person: Person;
  readonly agentId: string | null;
  readonly onAgent: (agentId: string | null) => void;
  readonly draft: string;
  readonly onDraft: (draft: string) => void;
  /** A new conversation has got this id. */
  readonly onNamed: (id: string) => void;
  readonly toggle: ReactNode;
}

export function ConversationView({ id, person, agentId, onAgent, draft, onDraft, onNamed, toggle }: Props) {
  const t = useStrings();
  const [, navigate] = useLocation();
  const { endUser, mayWrite } = person;
  const chat = useConversation(id, { agentId: agentId ?? undefined, endUser, pageSize: 30 });
  const actions = useActions(chat);
  const answers = chat.messages.filter(({ role, id }) => role === 'ASSISTANT' && id !== null).length;
  const steps = useSteps(chat.id, answers);
  const [isStateOpen, setIsStateOpen] = useState(false);
  const [source, setSource] = useState<Source | null>(null);
  const isEmpty = chat.messages.length === 0;
  const title = chat.title ?? (chat.messages[0]?.text.slice(0, 60) || t.chat.untitled);
  useTitle(isEmpty && !id ? t.nav.chat : title);
  const scroll = useScroll(chat.messages, id);
  useReadMark(chat, mayWrite);

  // a new conversation has got its id: the address names it, so that a reload finds it
  useEffect(() => {
    if (!chat.id || id !== null) return;
    onNamed(chat.id);
    navigate(`/console/chat/${chat.id}`, { replace: true });
  }, [chat.id, id, navigate, onNamed]);

  const { send } = chat;
  const begin = useCallback((text: string) => (scroll.toEnd(), void send(text)), [send, scroll.toEnd]);
  const isGone = chat.error instanceof TroupeError && chat.error.reason === 'not-found' && isEmpty;

  const last = {
    USER: chat.messages.findLastIndex(({ role }) => role === 'USER'),
    ASSISTANT: chat.messages.findLastIndex(({ role }) => role === 'ASSISTANT'),
  };
  // a run that failed before its first text has no answer that could say so: then its question does
  const answeredRuns = new Set(chat.messages.map(({ role, runId }) => role === 'ASSISTANT' && runId));
  const stepsAt = ({ role, runId }: ChatMessage) => (runId && !(role === 'USER' && answeredRuns.has(runId)) && steps.get(runId)) || NO_STEPS;
  // a message that was not taken says so itself
  const isAtMessage = chat.messages.some(({ error }) => error !== null && error === chat.error);

  return (
    <main id="main" className="chat-main" tabIndex={-1}>
      <header className="chat-head">
        {toggle}
        <div>
          <h1>{isEmpty && !id ? t.nav.chat : title}</h1>
          {chat.details?.agent && <small>{chat.details.agent.name}</small>}
        </div>
        {chat.connection === 'reconnecting' && (
          <span className="badge warn" role="status">
            {t.chat.reconnecting}
          </span>
        )}
        {chat.id && !isGone && <IconButton icon={NotebookText} label={t.chat.state} onPress={() => setIsStateOpen(true)} />}
      </header>
      <div className="messages" data-scroller ref={scroll.ref} onScroll={scroll.onScroll} tabIndex={0} aria-label={t.chat.messages} role="region">
        <div className="column">
          {chat.isLoading && isEmpty && <Skeleton lines={6} />}
          {isGone && <ErrorNote error={chat.error} />}
          {!id && isEmpty && !chat.isLoading && <NewChat onAsk={begin} isDisabled={!mayWrite} />}
          {chat.hasOlder && (
            <div className="more">
              <Button size="s" onPress={() => void scroll.keeping(chat.loadOlder)}>
                {t.chat.older}
              </Button>
            </div>
          )}
          <Chunked items={chat.messages} list="ol" estimate={140} opensAt="end">
            {(message, index) => (
              <Message
                key={message.key}
                message={message}
                chat={actions}
                steps={stepsAt(message)}
                isLast={index === last[message.role]}
                mayWrite={mayWrite}
                person={person}
                onSource={setSource}
              />
            )}
          </Chunked>
          <Announcement messages={chat.messages} />
        </div>
      </div>
      <div className="chat-foot">
        {!scroll.isAtEnd && !isEmpty && (
          <Button size="s" onPress={scroll.toEnd}>
            {t.chat.latest}
          </Button>
        )}
        {chat.error && !isGone && !isAtMessage && chat.connection !== 'reconnecting' && (
          // what has ended for good begins again with the page, in a new session
          <ErrorNote error={chat.error} onRetry={chat.error.fatal && chat.connection === 'closed' ? () => location.reload() : undefined} />
        )}
        {mayWrite ? (
          <Composer
            draft={draft}
            onDraft={onDraft}
            onSend={begin}
            onStop={() => void chat.stop()}
            isAnswering={chat.isAnswering}
            isDisabled={isGone}
            options={!chat.id && isEmpty ? <AgentChoice value={agentId} onChange={onAgent} /> : <span className="fine hint">{t.chat.hint}</span>}
          />
        ) : (
          <p className="fine">{person.notice}</p>
        )}
      </div>
      <SourceDialog source={source} onClose={() => setSource(null)} />
      {isStateOpen && chat.id && (
        <Suspense>
          <StatePanel id={chat.id} answers={answers} onClose={() => setIsStateOpen(false)} />
        </Suspense>
      )}
    </main>
  );
}

/** The answer that is finished is read aloud once, and not its every token. */
function Announcement({ messages }: { readonly messages: readonly ChatMessage[] }) {
  const t = useStrings();
  const last = messages.at(-1);
  const text = useMemo(() => {
    if (last?.role !== 'ASSISTANT') return '';
    if (last.status === 'waiting' || last.status === 'streaming') return t.chat.answering;
    return last.text;
  }, [last, t]);
  return (
    <p className="visually-hidden" aria-live="polite">
      {text}
    </p>
  );
}

/** What is on the screen has been read. */
function useReadMark(chat: ReturnType<typeof useConversation>, mayWrite: boolean): void {
  const { id, isAnswering, markRead, messages } = chat;
  const last = messages.at(-1)?.id ?? null;
  useEffect(() => {
    if (!mayWrite || !id || isAnswering || !last) return;
    if (document.visibilityState === 'visible') void markRead();
  }, [id, isAnswering, last, markRead, mayWrite]);
}
