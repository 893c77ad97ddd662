// What can be done with a message: copy, rate, ask again, edit, look at another version, continue.
import { type ChatMessage, TroupeError, uuid } from '@troupe/client';
import { Check, ChevronLeft, ChevronRight, Copy, Pencil, RefreshCw, ThumbsDown, ThumbsUp } from 'lucide-react';
import { type FormEvent, type ReactNode, useState } from 'react';
import { Link } from 'wouter';

import { useStrings } from '../strings';
import { Button, IconButton } from '../ui/Button';
import { useCopy } from '../ui/copy';
import { TextField } from '../ui/Fields';
import { useFormat } from '../ui/format';
import { Dialog } from '../ui/Overlays';
import { useToasts } from '../ui/Toasts';
import type { ChatActions } from './actions';
import type { Person } from './person';
import type { Steps } from './steps';

interface Props {
  readonly message: ChatMessage;
  readonly chat: ChatActions;
  readonly steps: Steps;
  readonly isLast: boolean;
  readonly mayWrite: boolean;
  readonly person: Person;
}

const CONTINUE = `mutation ContinueMessage($input: ContinueMessageInput!) { continueMessage(input: $input) { run { id } } }`;

export function AnswerActions({ message, chat, steps, isLast, mayWrite, person }: Props) {
  const t = useStrings();
  const toasts = useToasts();
  const { isCopied, copy } = useCopy();
  const [isCommenting, setIsCommenting] = useState(false);
  const { id, rating, finishReason } = message;
  if (!id) return null;
  const isCut = finishReason === 'LENGTH' || finishReason === 'BUDGET';
  const goOn = () =>
    person.client.execute(CONTINUE, { input: { messageId: id, clientMessageId: uuid() } }, { repeat: true }).catch((thrown: unknown) => toasts.failed(TroupeError.from(thrown)));
  return (
    <footer className="message-actions">
      <IconButton icon={isCopied ? Check : Copy} label={isCopied ? t.common.copied : t.common.copy} onPress={() => void copy(message.text)} size={15} />
      {mayWrite && (
        <>
          <IconButton icon={ThumbsUp} label={t.chat.good} isActive={rating?.value === 'UP'} onPress={() => void chat.rate(id, 'UP')} size={15} />
          <IconButton icon={ThumbsDown} label={t.chat.bad} isActive={rating?.value === 'DOWN'} onPress={() => setIsCommenting(true)} size={15} />
          {isLast && !chat.isAnswering && <IconButton icon={RefreshCw} label={t.chat.regenerate} onPress={() => void chat.regenerate(id)} size={15} />}
          {isLast && isCut && !chat.isAnswering && (
            <Button size="s" onPress={() => void goOn()}>
              {t.chat.continue}
            </Button>
          )}
        </>
      )}
      <Versions message={message} chat={chat} />
      <Cost steps={steps} runId={message.runId} />
      {isCommenting && (
        <BadAnswer onClose={() => setIsCommenting(false)} onRate={(comment) => void chat.rate(id, 'DOWN', comment)} initial={rating?.comment ?? ''} />
      )}
    </footer>
  );
}

function Cost({ steps, runId }: { readonly steps: Steps; readonly runId: string | null }) {
  const t = useStrings();
  const format = useFormat();
  if (!runId || !steps.usage) return null;
  const { firstTokenMs, inputTokens, outputTokens, costUsd } = steps.usage;
  return (
    <Link href={`/console/runs/${runId}`} className="cost">
      {firstTokenMs !== null && `${t.chat.firstToken(format.duration(firstTokenMs))} · `}
      {t.chat.tokens(format.compact(inputTokens + outputTokens))}
      {costUsd > 0 && ` · ${format.usd(costUsd)}`}
    </Link>
  );
}

/** "2 of 3", with a way to the others. */
function Versions({ message, chat }: { readonly message: ChatMessage; readonly chat: ChatActions }) {
  const t = useStrings();
  if (!message.id || message.alternatives.length === 0) return null;
  const ids = [...message.alternatives, message.id].sort();
  const index = ids.indexOf(message.id);
  const show = (id: string | undefined) => id && void chat.select(id);
  return (
    <span className="versions">
      <IconButton icon={ChevronLeft} label={t.chat.previousVersion} isDisabled={index === 0 || chat.isAnswering} onPress={() => show(ids[index - 1])} size={14} />
      <span>{t.chat.version(index + 1, ids.length)}</span>
      <IconButton icon={ChevronRight} label={t.chat.nextVersion} isDisabled={index === ids.length - 1 || chat.isAnswering} onPress={() => show(ids[index + 1])} size={14} />
    </span>
  );
}

interface BadAnswerProps {
  readonly initial: string;
  readonly onClose: () => void;
  readonly onRate: (comment: string | undefined) => void;
}

function BadAnswer({ initial, onClose, onRate }: BadAnswerProps) {
  const t = useStrings();
  const [comment, setComment] = useState(initial);
  const submit = (event: FormEvent) => {
    event.preventDefault();
    onRate(comment.trim() || undefined);
    onClose();
  };
  return (
    <Dialog title={t.chat.badTitle} isOpen onClose={onClose} size="s">
      <form onSubmit={submit} className="stack">
        <TextField label={t.chat.badComment} value={comment} onChange={setComment} rows={3} maxLength={1000} autoFocus />
        <div className="actions">
          <Button onPress={onClose}>{t.common.cancel}</Button>
          <Button kind="primary" type="submit">
            {t.chat.rate}
          </Button>
        </div>
      </form>
    </Dialog>
  );
}

interface EditableProps {
  readonly message: ChatMessage;
  readonly chat: ChatActions;
  readonly mayWrite: boolean;
  readonly children: ReactNode;
}

/** A message of the person, which can be asked differently; the first version stays. */
export function Editable({ message, chat, mayWrite, children }: EditableProps) {
  const t = useStrings();
  const [text, setText] = useState<string | null>(null);
  const { id } = message;
  if (text !== null && id) {
    const submit = (event: FormEvent) => {
      event.preventDefault();
      if (!text.trim()) return;
      setText(null);
      void chat.edit(id, text.trim());
    };
    return (
      <form className="editing" onSubmit={submit}>
        <TextField label={t.chat.editMessage} value={text} onChange={setText} rows={3} autoFocus />
        <div className="actions">
          <Button size="s" onPress={() => setText(null)}>
            {t.common.cancel}
          </Button>
          <Button size="s" kind="primary" type="submit" isDisabled={!text.trim()}>
            {t.chat.askAgain}
          </Button>
        </div>
      </form>
    );
  }
  return (
    <div className="editable">
      <div className="message-actions">
        <Versions message={message} chat={chat} />
        {mayWrite && id && !chat.isAnswering && <IconButton icon={Pencil} label={t.chat.edit} onPress={() => setText(message.text)} size={14} />}
      </div>
      {children}
    </div>
  );
}
