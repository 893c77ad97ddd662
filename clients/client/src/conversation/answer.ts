// An answer while it is written: the text by its offsets, with reasoning and tool calls in their places.
import type { ToolCallFields } from '../generated.js';
import type { Part } from './message.js';

/** What stands between the pieces of text. `at` is the length of the text before it. */
type Insert = { readonly at: number } & ({ readonly reasoning: string } | { readonly toolCall: ToolCallFields });

export interface Answer {
  readonly text: string;
  readonly inserts: readonly Insert[];
}

export const NOTHING: Answer = { text: '', inserts: [] };

/** Places a piece of text at its offset. Returns undefined when a piece before it is missing. */
export function withText(answer: Answer, piece: string, offset: number): Answer | undefined {
  if (offset > answer.text.length) return undefined;
  return { ...answer, text: answer.text.slice(0, offset) + piece };
}

export function withReasoning(answer: Answer, piece: string): Answer {
  const last = answer.inserts.at(-1);
  const at = answer.text.length;
  if (last && 'reasoning' in last && last.at === at) {
    return { ...answer, inserts: [...answer.inserts.slice(0, -1), { at, reasoning: last.reasoning + piece }] };
  }
  return { ...answer, inserts: [...answer.inserts, { at, reasoning: piece }] };
}

/** Adds a tool call, or updates it in its place. */
export function withToolCall(answer: Answer, toolCall: ToolCallFields): Answer {
  const index = answer.inserts.findIndex((insert) => 'toolCall' in insert && insert.toolCall.id === toolCall.id);
  const known = answer.inserts[index];
  if (!known) return { ...answer, inserts: [...answer.inserts, { at: answer.text.length, toolCall }] };
  return { ...answer, inserts: answer.inserts.with(index, { at: known.at, toolCall }) };
}

export function partsOf({ text, inserts }: Answer): Part[] {
  const parts: Part[] = [];
  let offset = 0;
  const textUntil = (end: number): void => {
    if (end > offset) parts.push({ type: 'text', text: text.slice(offset, end), offset });
    offset = Math.max(offset, end);
  };
  for (const insert of inserts) {
    textUntil(insert.at);
    parts.push('reasoning' in insert ? { type: 'reasoning', text: insert.reasoning } : { type: 'tool', toolCall: insert.toolCall, offset: insert.at });
  }
  textUntil(text.length);
  return parts;
}
