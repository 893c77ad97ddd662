// Decides whose credentials the page speaks with when the link that opened it brings some: a link may come from anybody.
import type { Credentials } from './credentials';
import type { Link } from './link';

/** Asks the person in front of the page; true for yes. */
export type Ask = (question: string) => boolean;

/** What the question is made of, in the language of the person. */
export interface LinkStrings {
  readonly ownAccount: string;
  /** Stands for a key of which no part may be shown. */
  readonly short: string;
  account(account: string): string;
  key(linked: string, present: string): string;
  readonly advice: string;
}

/**
 * The credentials after the link. Where this tab has a key already, the person is asked before the link's key or account
 * takes its place: with another key, what is typed from then on goes to another account.
 */
export function adopt(link: Link, remembered: Credentials, ask: Ask, strings: LinkStrings): Credentials {
  const linked = {
    apiKey: link.apiKey || remembered.apiKey,
    // An account belongs to the key that it was entered with: a link with another key starts without it.
    accountId: link.accountId ?? (link.apiKey && link.apiKey !== remembered.apiKey ? '' : remembered.accountId),
  };
  const changes = linked.apiKey !== remembered.apiKey || linked.accountId !== remembered.accountId;
  if (!changes || !remembered.apiKey || ask(question(linked, remembered, strings))) return linked;
  return remembered;
}

function question(linked: Credentials, remembered: Credentials, t: LinkStrings): string {
  /** Enough of a key to tell it from another one, and not enough to use it. */
  const shown = (apiKey: string): string => (apiKey.length > 16 ? `…${apiKey.slice(-4)}` : t.short);
  const what = linked.apiKey === remembered.apiKey ? t.account(linked.accountId || t.ownAccount) : t.key(shown(linked.apiKey), shown(remembered.apiKey));
  return `${what}\n\n${t.advice}`;
}
