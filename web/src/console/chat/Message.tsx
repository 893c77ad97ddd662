// A message with everything that led to it, in place.
import type { ChatMessage, Part } from '@troupe/client';
import { memo, type ReactNode, useCallback, useMemo } from 'react';
import { Link } from 'wouter';

import { useStrings } from '../strings';
import { Button } from '../ui/Button';
import { sentence } from '../ui/errors';
import { Badge, Note } from '../ui/Status';
import type { ChatActions } from './actions';
import { HandoffCard, KnowledgeCard, ReasoningCard, RouteCard } from './cards';
import { Markdown } from './Markdown';
import { AnswerActions, Editable } from './MessageActions';
import type { Person } from './person';
import type { Source } from './SourceDialog';
import type { Steps } from './steps';
import { ToolCard } from './ToolCard';

interface Props {
  readonly message: ChatMessage;
  readonly chat: ChatActions;
  readonly steps: Steps;
  readonly isLast: boolean;
  readonly mayWrite: boolean;
  readonly person: Person;
  readonly onSource: (source: Source) => void;
}

export const Message = memo(function Message(props: Props) {
  return props.message.role === 'USER' ? <Question {...props} /> : <Answer {...props} />;
});

function Question({ message, chat, steps, mayWrite }: Props) {
  const t = useStrings();
  return (
    <li className="message question" data-role="USER" data-status={message.status}>
      <h2 className="visually-hidden">{t.chat.you}</h2>
      <Editable message={message} chat={chat} mayWrite={mayWrite}>
        <div className="bubble">{message.text}</div>
      </Editable>
      {message.status === 'failed' && (
        <p className="failure" role="alert">
          {message.error ? sentence(message.error.message) : t.chat.notSent}
          <Button size="s" onPress={() => void chat.retry(message.key)}>
            {t.chat.sendAgain}
          </Button>
        </p>
      )}
      {message.status === 'sending' && <small className="fine">{t.chat.sending}</small>}
      {steps.failure && <Failure text={steps.failure} detail={steps.detail} runId={message.runId} />}
    </li>
  );
}

function Answer({ message, chat, steps, isLast, mayWrite, person, onSource }: Props) {
  const t = useStrings();
  const isOpen = message.status === 'waiting' || message.status === 'streaming';
  const numbers = useMemo(() => [...new Set(message.citations.map(({ number }) => number))], [message.citations]);
  const { citations } = message;
  const cite = useCallback(
    (number: number) => {
      const citation = citations.find((one) => one.number === number);
      if (citation) onSource({ ...citation.passage, number });
    },
    [citations, onSource],
  );
  return (
    <li className="message answer" data-role="ASSISTANT" data-status={message.status} aria-busy={isOpen}>
      <header>
        <h2>{message.agent?.name ?? steps.route?.agent.name ?? t.chat.agent}</h2>
        {steps.isDemo && <Badge kind="info">{t.chat.demo}</Badge>}
      </header>
      <div className="step-cards">
        {steps.route && <RouteCard route={steps.route} />}
        {steps.passages.length > 0 && <KnowledgeCard passages={steps.passages} cited={message.citations} onSource={onSource} />}
        {steps.handoffs.map((handoff) => (
          <HandoffCard key={handoff.id} handoff={handoff} />
        ))}
      </div>
      {message.parts.map((part, index) => (
        <PartView key={index} part={part} steps={steps} chat={chat} numbers={numbers} onCite={cite} isOpen={isOpen} mayWrite={mayWrite} />
      ))}
      {isOpen && <Working stage={steps.stage} hasText={message.text !== ''} />}
      <Ending message={message} steps={steps} chat={chat} mayWrite={mayWrite} isLast={isLast} />
      {!isOpen && message.id && <AnswerActions message={message} chat={chat} steps={steps} isLast={isLast} mayWrite={mayWrite} person={person} />}
    </li>
  );
}

interface PartProps {
  readonly part: Part;
  readonly steps: Steps;
  readonly chat: ChatActions;
  readonly numbers: readonly number[];
  readonly onCite: (number: number) => void;
  readonly isOpen: boolean;
  readonly mayWrite: boolean;
}

function PartView({ part, steps, chat, numbers, onCite, isOpen, mayWrite }: PartProps) {
  switch (part.type) {
    case 'text':
      return <Markdown text={part.text} numbers={numbers} onCite={onCite} />;
    case 'reasoning':
      return <ReasoningCard text={part.text} isOpen={isOpen} />;
    case 'tool':
      return <ToolCard call={part.toolCall} step={steps.toolCalls.find(({ id }) => id === part.toolCall.id) ?? null} chat={chat} mayWrite={mayWrite} />;
    case 'source':
      // the passages stand in the card of the knowledge, and at the citations
      return null;
  }
}

function Working({ stage, hasText }: { readonly stage: string | null; readonly hasText: boolean }) {
  const t = useStrings();
  return (
    <p className="working" role="status">
      <i aria-hidden />
      <i aria-hidden />
      <i aria-hidden />
      <span className={stage || !hasText ? '' : 'visually-hidden'}>{stage ? sentence(stage) : t.chat.working}</span>
    </p>
  );
}

function Ending({ message, steps, chat, mayWrite, isLast }: Pick<Props, 'message' | 'steps' | 'chat' | 'mayWrite' | 'isLast'>) {
  const t = useStrings();
  const { status, error, finishReason, id, runId } = message;
  if (status === 'cancelled') return <p className="fine">{t.chat.stopped}</p>;
  if (status === 'failed') {
    return (
      <Failure text={error?.message ?? steps.failure} detail={steps.detail} runId={runId}>
        {id && isLast && mayWrite && (
          <Button size="s" onPress={() => void chat.regenerate(id)}>
            {t.chat.regenerate}
          </Button>
        )}
      </Failure>
    );
  }
  if (finishReason && finishReason !== 'STOP' && status === 'complete') return <p className="fine">{t.chat.finish[finishReason]}</p>;
  return null;
}

interface FailureProps {
  readonly text: string | null;
  readonly detail: string | null;
  readonly runId: string | null;
  readonly children?: ReactNode;
}

/** Why there is no whole answer, and the way to the run. */
function Failure({ text, detail, runId, children }: FailureProps) {
  const t = useStrings();
  return (
    <Note kind="warn">
      <p>{text ? sentence(text) : t.chat.failed}</p>
      {detail && <p className="fine">{detail}</p>}
      {runId && <Link href={`/console/runs/${runId}`}>{t.chat.seeRun}</Link>}
      {children}
    </Note>
  );
}
