// Reads again what the API has no subscription for, while somebody looks at the page.
import { useEffect, useRef } from 'react';

/** Calls `read` after each of these times, in milliseconds; never when `everyMs` is null or the page is hidden. */
export function usePolling(read: () => void, everyMs: number | null): void {
  const latest = useRef(read);
  useEffect(() => {
    latest.current = read;
  });
  useEffect(() => {
    if (everyMs === null) return;
    const timer = setInterval(() => document.visibilityState === 'visible' && latest.current(), everyMs);
    return () => clearInterval(timer);
  }, [everyMs]);
}
