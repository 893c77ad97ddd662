// Where the person writes: Enter sends, Shift+Enter begins a line.
import { ArrowUp, Square } from 'lucide-react';
import { type KeyboardEvent, type ReactNode, useEffect, useRef } from 'react';

import { useStrings } from '../strings';
import { IconButton } from '../ui/Button';

interface Props {
  readonly draft: string;
  readonly onDraft: (draft: string) => void;
  readonly onSend: (text: string) => void;
  readonly onStop: () => void;
  readonly isAnswering: boolean;
  readonly isDisabled: boolean;
  readonly options?: ReactNode;
}

export function Composer({ draft, onDraft, onSend, onStop, isAnswering, isDisabled, options }: Props) {
  const t = useStrings();
  const field = useRef<HTMLTextAreaElement>(null);
  useEffect(() => {
    const element = field.current;
    if (!element) return;
    element.style.height = 'auto';
    element.style.height = `${Math.min(element.scrollHeight, 220)}px`;
  }, [draft]);
  const send = () => {
    const text = draft.trim();
    if (!text || isDisabled) return;
    onDraft('');
    onSend(text);
    field.current?.focus();
  };
  const press = (event: KeyboardEvent) => {
    // Enter also ends the composition of a word in some scripts
    if (event.key !== 'Enter' || event.shiftKey || event.nativeEvent.isComposing) return;
    event.preventDefault();
    send();
  };
  return (
    <form
      className="composer"
      onSubmit={(event) => {
        event.preventDefault();
        send();
      }}
    >
      <textarea
        ref={field}
        rows={1}
        value={draft}
        aria-label={t.chat.message}
        placeholder={t.chat.placeholder}
        onChange={(event) => onDraft(event.target.value)}
        onKeyDown={press}
        disabled={isDisabled}
      />
      <div className="composer-bar">
        <div className="composer-options">{options}</div>
        {isAnswering && (
          <div className="stop">
            <IconButton icon={Square} label={t.chat.stop} onPress={onStop} size={14} />
          </div>
        )}
        <div className="send">
          <IconButton icon={ArrowUp} label={t.chat.send} type="submit" isDisabled={isDisabled || draft.trim() === ''} size={18} />
        </div>
      </div>
    </form>
  );
}
