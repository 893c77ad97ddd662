// Puts the text of a streamed answer together from its events, as a client of `chat` would.

/** The text so far; `done` once the run has ended. */
export interface Answer {
  text: string;
  done: boolean;
}

interface RunEvent {
  __typename?: string;
  text?: string;
  message?: { text?: string };
}

const NOTHING: Answer = { text: '', done: false };

/** Holds the answer of the subscription that runs now, for a component to show. */
export class AnswerStore {
  private answer = NOTHING;
  private readonly listeners = new Set<() => void>();

  readonly current = () => this.answer;

  readonly subscribe = (listener: () => void) => {
    this.listeners.add(listener);
    return () => void this.listeners.delete(listener);
  };

  /** Takes one result of a subscription, or `null` when a new one begins. */
  readonly take = (result: unknown) => {
    const fields = Object.values((result as { data?: Record<string, RunEvent> } | null)?.data ?? {});
    const next = result === null ? NOTHING : fields.reduce(after, this.answer);
    if (next === this.answer) return;
    this.answer = next;
    for (const listener of this.listeners) listener();
  };
}

function after(answer: Answer, event: RunEvent | null): Answer {
  switch (event?.__typename) {
    case 'RunStarted':
      return NOTHING; // A further attempt answers from the beginning.
    case 'TokenDelta':
      return { text: answer.text + (event.text ?? ''), done: false };
    case 'RunSucceeded':
      return { text: event.message?.text ?? answer.text, done: true };
    case 'RunFailed':
    case 'RunCancelled':
      return { ...answer, done: true };
    default:
      return answer;
  }
}
