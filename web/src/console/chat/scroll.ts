// Keeps the end of a conversation in sight while the person is there, and the place where they read otherwise.
import type { ChatMessage } from '@troupe/client';
import { useCallback, useLayoutEffect, useRef, useState } from 'react';

/** Closer to the end than this is at the end, in pixels. */
const NEAR = 80;

export function useScroll(messages: readonly ChatMessage[], id: string | null) {
  const ref = useRef<HTMLDivElement>(null);
  const follows = useRef(true);
  const [isAtEnd, setIsAtEnd] = useState(true);

  const onScroll = useCallback(() => {
    const element = ref.current;
    if (!element) return;
    follows.current = element.scrollHeight - element.scrollTop - element.clientHeight < NEAR;
    setIsAtEnd(follows.current);
  }, []);

  const toEnd = useCallback(() => {
    follows.current = true;
    setIsAtEnd(true);
    ref.current?.scrollTo({ top: ref.current.scrollHeight });
  }, []);

  /** Runs what adds older messages above, and stays where the person reads. */
  const keeping = useCallback(async (load: () => Promise<void>) => {
    const element = ref.current;
    const below = element ? element.scrollHeight - element.scrollTop : 0;
    await load();
    requestAnimationFrame(() => element?.scrollTo({ top: element.scrollHeight - below }));
  }, []);

  useLayoutEffect(() => {
    if (follows.current) ref.current?.scrollTo({ top: ref.current.scrollHeight });
  }, [messages]);

  useLayoutEffect(() => {
    follows.current = true;
    setIsAtEnd(true);
  }, [id]);

  return { ref, isAtEnd, onScroll, toEnd, keeping };
}
