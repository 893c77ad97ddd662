// Shows a streamed answer as readable text below the response, which itself holds the latest event only.
import { useEffect, useRef, useSyncExternalStore } from 'react';

import type { AnswerStore } from './answer';

export function AnswerSoFar({ answer }: { answer: AnswerStore }) {
  const { text, done } = useSyncExternalStore(answer.subscribe, answer.current);
  const end = useRef<HTMLDivElement>(null);
  useEffect(() => {
    // In a block: newer browsers return a promise, which React would take for a clean-up.
    end.current?.scrollIntoView({ block: 'nearest' });
  }, [text]);
  if (!text) return null;
  return (
    <section className="answer" aria-label="Answer so far">
      <h2>{done ? 'Answer' : 'Answer so far'}</h2>
      <p className={done ? undefined : 'streaming'}>{text}</p>
      <div ref={end} />
    </section>
  );
}
