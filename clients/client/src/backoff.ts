// Waiting between attempts.

const FIRST_MS = 100;
const LONGEST_MS = 10_000;

/** The pause before attempt `attempt` (from 1): it doubles, and a random part keeps clients from returning all at once. */
export function backoffMs(attempt: number): number {
  const most = Math.min(LONGEST_MS, FIRST_MS * 2 ** Math.min(attempt - 1, 16));
  return most / 2 + (Math.random() * most) / 2;
}

/** Resolves after a time, at once when the browser is online again, and rejects when the signal aborts. */
export function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const done = (): void => {
      clearTimeout(timer);
      signal.removeEventListener('abort', aborted);
      globalThis.removeEventListener?.('online', woken);
    };
    const woken = (): void => (done(), resolve());
    const aborted = (): void => (done(), reject(signal.reason));
    const timer = setTimeout(woken, ms);
    if (signal.aborted) return aborted();
    signal.addEventListener('abort', aborted);
    globalThis.addEventListener?.('online', woken);
  });
}
