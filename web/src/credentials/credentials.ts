// Who the page speaks as: the API key and, for operators, the account they act in; remembered for this tab only.

/** An empty string means "none". */
export interface Credentials {
  apiKey: string;
  accountId: string;
}

const STORAGE_KEY = 'troupe:credentials';

/** The credentials of this tab. They end with the tab, because a key is worth more than an editor's contents. */
export function loadCredentials(): Credentials {
  const none = { apiKey: '', accountId: '' };
  try {
    return { ...none, ...JSON.parse(sessionStorage.getItem(STORAGE_KEY) ?? '{}') };
  } catch {
    return none;
  }
}

/** Remembers the credentials; a browser that forbids storage only forgets them at a reload. */
export function saveCredentials(credentials: Credentials): void {
  try {
    sessionStorage.setItem(STORAGE_KEY, JSON.stringify(credentials));
  } catch {
    // Nothing to do: the page works without.
  }
}

/** The credentials as HTTP headers. */
export function headers({ apiKey, accountId }: Credentials): Record<string, string> {
  return {
    ...(apiKey && { authorization: `Bearer ${apiKey}` }),
    ...(accountId && { 'x-account-id': accountId }),
  };
}

/** The credentials as the payload of a socket's `connection_init`. */
export function connectionPayload({ apiKey, accountId }: Credentials): Record<string, string> {
  return {
    ...(apiKey && { authorization: `Bearer ${apiKey}` }),
    ...(accountId && { accountId }),
  };
}
