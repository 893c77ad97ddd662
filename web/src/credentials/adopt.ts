// Decides whose credentials the page speaks with when the link that opened it brings some: a link may come from anybody.
import type { Credentials } from './credentials';
import type { Link } from './link';

/** Asks the person in front of the page; true for yes. */
export type Ask = (question: string) => boolean;

/**
 * The credentials after the link. Where this tab has a key already, the person is asked before the link's key or account
 * takes its place: with another key, what is typed from then on goes to another account.
 */
export function adopt(link: Link, remembered: Credentials, ask: Ask): Credentials {
  const linked = {
    apiKey: link.apiKey || remembered.apiKey,
    // An account belongs to the key that it was entered with: a link with another key starts without it.
    accountId: link.accountId ?? (link.apiKey && link.apiKey !== remembered.apiKey ? '' : remembered.accountId),
  };
  const changes = linked.apiKey !== remembered.apiKey || linked.accountId !== remembered.accountId;
  if (!changes || !remembered.apiKey || ask(question(linked, remembered))) return linked;
  return remembered;
}

function question(linked: Credentials, remembered: Credentials): string {
  const what =
    linked.apiKey === remembered.apiKey
      ? `This link wants this tab to act in another account: ${linked.accountId || 'the key’s own account'}.`
      : `This link brings another API key, ${shown(linked.apiKey)}. It would replace the key of this tab, ${shown(remembered.apiKey)}, and ` +
        'everything that you send from this tab would go to the account of the link’s key.';
  return `${what}\n\nOK replaces it; Cancel keeps what is here. Replace it only if you trust whoever gave you the link.`;
}

/** Enough of a key to tell it from another one, and not enough to use it. */
function shown(apiKey: string): string {
  return apiKey.length > 16 ? `…${apiKey.slice(-4)}` : 'a short one';
}
