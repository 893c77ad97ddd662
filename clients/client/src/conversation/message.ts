// A message as a page shows it: stored, being written, or being sent.
import type { TroupeError } from '../errors.js';
import type { CitationFields, FinishReason, MessageFields, ToolCallFields, PassageFields } from '../generated.js';

/**
 * - `sending`, `failed`: a message of the person that the server has not taken yet, or has refused; `retry` sends it again
 * - `waiting`: an answer of which nothing is there yet; `streaming`: an answer that is being written
 * - `complete`: a stored message; `cancelled`: an answer that was stopped; `failed` also: an answer that broke off
 */
export type MessageStatus = 'sending' | 'waiting' | 'streaming' | 'complete' | 'cancelled' | 'failed';

/** A part of a message, in order. Offsets are in UTF-16 code units of `text`, as JavaScript's strings count. */
export type Part =
  | { readonly type: 'text'; readonly text: string; readonly offset: number }
  | { readonly type: 'reasoning'; readonly text: string }
  | { readonly type: 'tool'; readonly toolCall: ToolCallFields; readonly offset: number }
  | { readonly type: 'source'; readonly number: number; readonly passage: PassageFields; readonly offset: number };

/** What the text refers to at `start` to `end`, in UTF-16 code units. `number` is the one in the text, as in "[1]". */
export interface ChatCitation {
  readonly number: number;
  readonly start: number;
  readonly end: number;
  readonly passage: PassageFields;
}

export interface ChatMessage {
  /** Stays the same from the first moment of a message to its stored form: the key for lists. */
  readonly key: string;
  /** The server's id; null until the message is stored. */
  readonly id: string | null;
  readonly role: 'USER' | 'ASSISTANT';
  /** Markdown. */
  readonly text: string;
  readonly parts: readonly Part[];
  readonly citations: readonly ChatCitation[];
  readonly status: MessageStatus;
  readonly error: TroupeError | { readonly code: string; readonly message: string } | null;
  readonly finishReason: FinishReason | null;
  readonly agent: { readonly id: string; readonly name: string } | null;
  readonly rating: MessageFields['rating'];
  /** The ids of the other versions of this message. */
  readonly alternatives: readonly string[];
  readonly runId: string | null;
  readonly createdAt: string;
}

/** A message as the server stores it. */
export function stored(message: MessageFields): ChatMessage {
  const { id, role, text, finishReason, agent, rating, createdAt } = message;
  const runId = message.run?.id ?? null;
  const status = finishReason === 'CANCELLED' ? 'cancelled' : finishReason === 'ERROR' ? 'failed' : 'complete';
  return {
    key: role === 'ASSISTANT' && runId ? answerKey(runId) : id,
    id,
    role,
    text,
    parts: message.parts.map(storedPart),
    citations: message.citations.map(storedCitation),
    status,
    error: null,
    finishReason,
    agent,
    rating,
    alternatives: message.alternatives.map((other) => other.id).filter((other) => other !== id),
    runId,
    createdAt,
  };
}

/** A message of the person that is on its way to the server. */
export function outgoing(key: string, text: string): ChatMessage {
  return { ...blank(key), role: 'USER', text, parts: [{ type: 'text', text, offset: 0 }], status: 'sending' };
}

/** An answer of which nothing has come yet. */
export function awaited(runId: string): ChatMessage {
  return { ...blank(answerKey(runId)), role: 'ASSISTANT', text: '', parts: [], status: 'waiting', runId };
}

function blank(key: string): Omit<ChatMessage, 'role' | 'text' | 'parts' | 'status'> {
  return {
    key,
    id: null,
    citations: [],
    error: null,
    finishReason: null,
    agent: null,
    rating: null,
    alternatives: [],
    runId: null,
    createdAt: new Date().toISOString(),
  };
}

function answerKey(runId: string): string {
  return `answer-${runId}`;
}

function storedPart(part: MessageFields['parts'][number]): Part {
  switch (part.__typename) {
    case 'TextPart':
      return { type: 'text', text: part.text, offset: part.utf16Offset };
    case 'ReasoningPart':
      return { type: 'reasoning', text: part.text };
    case 'ToolCallPart':
      return { type: 'tool', toolCall: part.toolCall, offset: part.utf16Offset };
    case 'SourcePart':
      return { type: 'source', number: part.number, passage: part.passage, offset: part.utf16Offset };
  }
}

function storedCitation({ number, utf16Start, utf16End, passage }: CitationFields): ChatCitation {
  return { number, start: utf16Start, end: utf16End, passage };
}
