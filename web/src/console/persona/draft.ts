// Changes to a persona before they are saved.
import type { PersonaItemKind, ProfileFragment, ProfileItemFragment, UpdatePersonaInput } from './operations.generated';

export interface Draft {
  readonly added: readonly { readonly key: number; readonly kind: PersonaItemKind; readonly text: string }[];
  readonly replaced: ReadonlyMap<string, string>;
  readonly removed: ReadonlySet<string>;
}

export const NO_CHANGES: Draft = { added: [], replaced: new Map(), removed: new Set() };

export const KINDS: readonly PersonaItemKind[] = ['TOPIC', 'TERM', 'TONE', 'POSITION', 'FACT'];

/** The longest text of an item. */
export const LONGEST: Readonly<Record<PersonaItemKind, number>> = { TOPIC: 120, TERM: 120, TONE: 120, POSITION: 400, FACT: 400 };

export function itemsOf(profile: ProfileFragment, kind: PersonaItemKind): readonly ProfileItemFragment[] {
  const lists = { TOPIC: profile.topics, TERM: profile.vocabulary, TONE: profile.tone, POSITION: profile.positions, FACT: profile.facts };
  return lists[kind];
}

export function countOf({ added, replaced, removed }: Draft): number {
  return added.length + replaced.size + removed.size;
}

export function withAdded(draft: Draft, kind: PersonaItemKind): Draft {
  const key = 1 + Math.max(0, ...draft.added.map((item) => item.key));
  return { ...draft, added: [...draft.added, { key, kind, text: '' }] };
}

export function withAddedText(draft: Draft, key: number, text: string): Draft {
  return { ...draft, added: draft.added.map((item) => (item.key === key ? { ...item, text } : item)) };
}

export function withoutAdded(draft: Draft, key: number): Draft {
  return { ...draft, added: draft.added.filter((item) => item.key !== key) };
}

/** The text that an item had before takes the change back. */
export function withText(draft: Draft, item: { readonly id: string; readonly text: string }, text: string): Draft {
  const replaced = new Map(draft.replaced);
  if (text === item.text) replaced.delete(item.id);
  else replaced.set(item.id, text);
  return { ...draft, replaced };
}

export function withRemoval(draft: Draft, id: string, isRemoved: boolean): Draft {
  const [removed, replaced] = [new Set(draft.removed), new Map(draft.replaced)];
  if (isRemoved) {
    removed.add(id);
    replaced.delete(id);
  } else removed.delete(id);
  return { ...draft, removed, replaced };
}

/** What is still there of the draft in another version of the profile: what it is about may be gone. */
export function keptIn(draft: Draft, profile: ProfileFragment): Draft {
  const ids = new Set(KINDS.flatMap((kind) => itemsOf(profile, kind).map(({ id }) => id)));
  return { ...draft, replaced: new Map([...draft.replaced].filter(([id]) => ids.has(id))), removed: new Set([...draft.removed].filter((id) => ids.has(id))) };
}

export function inputOf(agentId: string, expectedVersion: number, { added, replaced, removed }: Draft): UpdatePersonaInput {
  return {
    agentId,
    expectedVersion,
    add: added.map(({ kind, text }) => ({ kind, text })),
    replace: [...replaced].map(([id, text]) => ({ id, text })),
    removeIds: [...removed],
  };
}

/** What a version has that the one before it has not, and the other way round. */
export function difference<Item extends { readonly id: string; readonly text: string }>(version: readonly Item[], before: readonly Item[]): { added: readonly Item[]; removed: readonly Item[] } {
  const differs = (others: readonly Item[]) => (item: Item) => !others.some(({ id, text }) => id === item.id && text === item.text);
  return { added: version.filter(differs(before)), removed: before.filter(differs(version)) };
}
