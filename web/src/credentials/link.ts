// Reads a link such as `/graphiql#key=…&query=…&variables=…` and takes it out of the address bar.

/** What a link may fill in. It is in the fragment, which a browser never sends to a server. */
export interface Link {
  apiKey?: string;
  accountId?: string;
  query?: string;
  variables?: string;
}

const NAMES = { key: 'apiKey', account: 'accountId', query: 'query', variables: 'variables' } as const;

/** The link that opened the page. Its key must not stay behind in the address bar, in a bookmark or in a screenshot. */
export function takeLink(): Link {
  const link = parse(location.hash);
  if (Object.keys(link).length > 0) history.replaceState(null, '', location.pathname + location.search);
  return link;
}

/** A link pasted over an open page changes the fragment only, which loads nothing: load it. */
export function followNewLinks(): void {
  addEventListener('hashchange', () => {
    if (Object.keys(parse(location.hash)).length > 0) location.reload();
  });
}

function parse(hash: string): Link {
  const link: Link = {};
  for (const pair of hash.replace(/^#/, '').split('&')) {
    const [name = '', ...rest] = pair.split('=');
    if (name in NAMES) link[NAMES[name as keyof typeof NAMES]] = decode(rest.join('='));
  }
  return link;
}

// Not URLSearchParams: that reads `+` as a space, and a link written by hand may hold one.
function decode(value: string): string {
  try {
    return decodeURIComponent(value);
  } catch {
    return value;
  }
}
