// A labelled input that reports its value when it is finished: on Enter, on leaving it, or after a paste.
import { type ClipboardEvent, type FormEvent, useEffect, useState } from 'react';

interface Props {
  label: string;
  type: 'password' | 'text';
  value: string;
  placeholder: string;
  onCommit(value: string): void;
}

export function Field({ label, type, value, placeholder, onCommit }: Props) {
  const [draft, setDraft] = useState(value);
  useEffect(() => setDraft(value), [value]);
  const commit = (text: string) => {
    if (text.trim() !== value) onCommit(text.trim());
  };
  const submit = (event: FormEvent) => {
    event.preventDefault();
    commit(draft);
  };
  // The pasted text is in the input only after this event.
  const pasted = ({ currentTarget }: ClipboardEvent<HTMLInputElement>) => setTimeout(() => commit(currentTarget.value));
  return (
    <form className="field" onSubmit={submit}>
      <label>
        <span>{label}</span>
        <input
          type={type}
          value={draft}
          placeholder={placeholder}
          autoComplete="off"
          spellCheck={false}
          data-1p-ignore
          data-lpignore="true"
          onChange={(event) => setDraft(event.target.value)}
          onBlur={() => commit(draft)}
          onPaste={pasted}
        />
      </label>
    </form>
  );
}
