// Asks the server whose key this is, so that a mistyped one shows at once.
import { useEffect, useState } from 'react';

import { post } from './connection';
import { type Credentials, headers } from '../credentials/credentials';

export interface ViewerStatus {
  state: 'unknown' | 'accepted' | 'refused';
  text: string;
}

const UNKNOWN: ViewerStatus = { state: 'unknown', text: '' };

export function useViewer(credentials: Credentials): ViewerStatus {
  const [status, setStatus] = useState(UNKNOWN);
  useEffect(() => {
    let current = true;
    setStatus(UNKNOWN);
    if (credentials.apiKey) void ask(credentials).then((answer) => current && setStatus(answer));
    return () => {
      current = false;
    };
  }, [credentials]);
  return status;
}

async function ask(credentials: Credentials): Promise<ViewerStatus> {
  try {
    const { data, errors } = await post({ query: '{ viewer { role account { name } } }' }, headers(credentials));
    if (data?.viewer) return { state: 'accepted', text: `${data.viewer.account.name} · ${data.viewer.role.toLowerCase()}` };
    return { state: 'refused', text: errors?.[0]?.message ?? 'not accepted' };
  } catch {
    return { state: 'refused', text: 'the server does not answer' };
  }
}
