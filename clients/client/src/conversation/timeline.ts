// The messages of a conversation, merged from its history and its events. Every function returns a new timeline.
import { TroupeError } from '../errors.js';
import type { MessageFields, RunEventFields } from '../generated.js';
import { type Answer, NOTHING, partsOf, withReasoning, withText, withToolCall } from './answer.js';
import { awaited, type ChatMessage, outgoing, stored } from './message.js';

interface RunProgress {
  /** The number of the last event that was applied; events that come twice are dropped. */
  readonly sequence: number;
  readonly userMessageId: string | null;
  readonly answer: Answer;
  readonly isFinished: boolean;
}

export interface Timeline {
  readonly messages: readonly ChatMessage[];
  readonly runs: ReadonlyMap<string, RunProgress>;
}

export const EMPTY: Timeline = { messages: [], runs: new Map() };

const NEW_RUN: RunProgress = { sequence: 0, userMessageId: null, answer: NOTHING, isFinished: false };

/** A text whose beginning is missing: the events have to be read from the start of the run again. */
export class GapError extends Error {}

/** The runs that are being answered or wait for their turn, in order. */
export function activeRuns({ runs }: Timeline): string[] {
  return [...runs].filter(([, { isFinished }]) => !isFinished).map(([id]) => id);
}

/** Applies an event of a run. Throws a `GapError` when text before it is missing. */
export function applyEvent(timeline: Timeline, event: RunEventFields): Timeline {
  const run = timeline.runs.get(event.runId) ?? NEW_RUN;
  if (event.sequence <= run.sequence) return timeline;
  const seen = withRun(timeline, event.runId, { ...run, sequence: event.sequence });
  switch (event.__typename) {
    case 'MessageAdded':
      return withUserMessage(seen, event.message, event.runId);
    case 'RunStarted':
      return withAnswer(withQuestion(seen, event.runId, event.run.userMessage.id), event.runId, NOTHING, 'waiting');
    case 'TokenDelta': {
      const answer = withText(run.answer, event.text, event.utf16Offset);
      if (!answer) throw new GapError(`text of ${event.runId} before ${event.utf16Offset} is missing`);
      return withAnswer(seen, event.runId, answer, 'streaming');
    }
    case 'ReasoningDelta':
      return withAnswer(seen, event.runId, withReasoning(run.answer, event.text), 'streaming');
    case 'ToolCallUpdated':
      return withAnswer(seen, event.runId, withToolCall(run.answer, event.toolCall), 'streaming');
    case 'AgentSelected':
      return edited(seen, event.runId, () => ({ agent: event.route.agent }));
    case 'HandedOff':
      return edited(seen, event.runId, () => ({ agent: event.handoff.to }));
    case 'RunSucceeded':
      return finished(seen, event.runId, event.message, {});
    case 'RunFailed':
      return finished(seen, event.runId, event.partial, { status: 'failed', error: event.error });
    case 'RunCancelled':
      return finished(seen, event.runId, event.partial, { status: 'cancelled' });
    case 'KnowledgeRetrieved':
    case 'RunProgress':
      return seen;
    default:
      // an event of a newer server
      return seen;
  }
}

/** Adds a message that is being sent, or sends a failed one again. */
export function withOutgoing(timeline: Timeline, key: string, text: string): Timeline {
  const message = outgoing(key, text);
  const index = timeline.messages.findIndex((known) => known.key === key);
  if (index >= 0) return { ...timeline, messages: timeline.messages.with(index, message) };
  return { ...timeline, messages: [...timeline.messages, message] };
}

/** Marks a message as refused. */
export function withFailure(timeline: Timeline, key: string, error: TroupeError): Timeline {
  const messages = timeline.messages.map((message) =>
    message.key === key && message.id === null ? { ...message, status: 'failed' as const, error } : message,
  );
  return { ...timeline, messages };
}

export function without(timeline: Timeline, key: string): Timeline {
  return { ...timeline, messages: timeline.messages.filter((message) => message.key !== key) };
}

/** The server has taken the message with this key, or one without a key: `runId` answers it. */
export function withSent(timeline: Timeline, message: MessageFields, runId: string, key?: string): Timeline {
  const known = withUserMessage(timeline, message, runId, key);
  const run = known.runs.get(runId) ?? NEW_RUN;
  if (run.isFinished || known.messages.some((other) => other.role === 'ASSISTANT' && other.runId === runId)) return known;
  return withAnswer(known, runId, run.answer, 'waiting');
}

/** Adds the state of a run that was asked for, because its events did not come. */
export function withRunState(timeline: Timeline, runId: string, message: MessageFields | null, change: Partial<ChatMessage>): Timeline {
  if (timeline.runs.get(runId)?.isFinished) return timeline;
  return finished(timeline, runId, message, change);
}

/** Adds the newest page of the history. With `replace`, messages that it does not have are gone: they are of another branch. */
export function withLatest(timeline: Timeline, page: readonly MessageFields[], replace = false): Timeline {
  const fresh = page.map((message) => merged(timeline, message));
  const ids = new Set(page.map(({ id }) => id));
  const keys = new Set(fresh.map(({ key }) => key));
  const first = timeline.messages.findIndex(({ id }) => id !== null && ids.has(id));
  const older = replace || first < 0 ? [] : timeline.messages.slice(0, first);
  const base: Timeline = { ...timeline, messages: [...older, ...fresh] };
  const isNewer = (message: ChatMessage, index: number): boolean =>
    !keys.has(message.key) && (message.id === null || (!replace && index > first && !older.includes(message)));
  return timeline.messages.filter(isNewer).reduce(placed, base);
}

/** Adds an older page of the history. */
export function withOlder(timeline: Timeline, page: readonly MessageFields[]): Timeline {
  const known = new Set(timeline.messages.map(({ id }) => id));
  const older = page.filter(({ id }) => !known.has(id)).map(stored);
  return { ...timeline, messages: [...older, ...timeline.messages] };
}

export function withRating(timeline: Timeline, id: string, rating: MessageFields['rating']): Timeline {
  return { ...timeline, messages: timeline.messages.map((message) => (message.id === id ? { ...message, rating } : message)) };
}

function withRun(timeline: Timeline, id: string, run: RunProgress): Timeline {
  return { ...timeline, runs: new Map(timeline.runs).set(id, run) };
}

function withQuestion(timeline: Timeline, runId: string, userMessageId: string): Timeline {
  return withRun(timeline, runId, { ...(timeline.runs.get(runId) ?? NEW_RUN), userMessageId });
}

/** Adds the message of the person that a run answers; an edited one takes the place of the others and of what follows them. */
function withUserMessage(timeline: Timeline, message: MessageFields, runId: string, key?: string): Timeline {
  const known = withQuestion(timeline, runId, message.id);
  const fresh = stored(message);
  const at = sentAs(known.messages, fresh, key);
  if (at >= 0) {
    const own = { ...fresh, key: known.messages[at]!.key };
    const messages = known.messages.with(at, own).filter((other) => other === own || other.id !== fresh.id);
    return { ...known, messages };
  }
  const replaced = known.messages.findIndex(({ id }) => id !== null && fresh.alternatives.includes(id));
  const kept = replaced < 0 ? known.messages : [...known.messages.slice(0, replaced), ...known.messages.slice(replaced).filter(isLocal)];
  return placed({ ...known, messages: kept }, fresh);
}

/**
 * The place of a message that the server has taken. Its event can come before the answer to `sendMessage` that tells its
 * id: then the first message on its way with the same text is meant.
 */
function sentAs(messages: readonly ChatMessage[], fresh: ChatMessage, key: string | undefined): number {
  const byKey = key === undefined ? -1 : messages.findIndex((other) => other.key === key);
  if (byKey >= 0) return byKey;
  const byId = messages.findIndex(({ id }) => id === fresh.id);
  if (byId >= 0) return byId;
  return messages.findIndex(({ id, status, text }) => id === null && status === 'sending' && text === fresh.text);
}

function withAnswer(timeline: Timeline, runId: string, answer: Answer, status: 'waiting' | 'streaming'): Timeline {
  const run = { ...(timeline.runs.get(runId) ?? NEW_RUN), answer };
  const known = withRun(timeline, runId, run);
  const message = known.messages.find((other) => other.role === 'ASSISTANT' && other.runId === runId) ?? awaited(runId);
  return placed(known, { ...message, text: answer.text, parts: partsOf(answer), status });
}

/** Ends a run. `message` is its stored answer; without one, the text that was shown stays. */
function finished(timeline: Timeline, runId: string, message: MessageFields | null, change: Partial<ChatMessage>): Timeline {
  const run = { ...(timeline.runs.get(runId) ?? NEW_RUN), isFinished: true };
  const known = withRun(timeline, runId, run);
  const shown = known.messages.find((other) => other.role === 'ASSISTANT' && other.runId === runId) ?? awaited(runId);
  return placed(known, { ...shown, status: 'complete', ...(message && { ...stored(message), key: shown.key, runId }), ...change });
}

function edited(timeline: Timeline, runId: string, change: () => Partial<ChatMessage>): Timeline {
  const messages = timeline.messages.map((message) =>
    message.role === 'ASSISTANT' && message.runId === runId ? { ...message, ...change() } : message,
  );
  return { ...timeline, messages };
}

/** A message of the history, unless what is on the screen is newer. */
function merged(timeline: Timeline, message: MessageFields): ChatMessage {
  const fresh = stored(message);
  const shown = timeline.messages.find(({ id, key }) => id === fresh.id || key === fresh.key);
  if (!shown) return fresh;
  const run = fresh.role === 'ASSISTANT' && fresh.runId ? timeline.runs.get(fresh.runId) : undefined;
  return run && !run.isFinished ? shown : { ...fresh, key: shown.key, error: shown.error, status: shown.id ? shown.status : fresh.status };
}

/**
 * Puts a message in its place. The answer of a run follows the message that it answers. If another answer stands there,
 * the new one was asked for in its place, and what followed it belongs to another branch.
 */
function placed(timeline: Timeline, message: ChatMessage): Timeline {
  const { messages } = timeline;
  const at = messages.findIndex(({ key }) => key === message.key);
  if (at >= 0) return { ...timeline, messages: messages.with(at, message) };
  const userMessageId = message.role === 'ASSISTANT' && message.runId ? timeline.runs.get(message.runId)?.userMessageId : null;
  const question = userMessageId ? messages.findIndex(({ id }) => id === userMessageId) : -1;
  if (question < 0) return { ...timeline, messages: [...messages, message] };
  const before = messages.slice(0, question + 1);
  const after = messages.slice(question + 1);
  const isReplaced = after[0]?.role === 'ASSISTANT';
  return { ...timeline, messages: [...before, message, ...(isReplaced ? after.filter(isLocal) : after)] };
}

/** Whether only this page knows the message yet. */
function isLocal({ id, role }: ChatMessage): boolean {
  return id === null && role === 'USER';
}
