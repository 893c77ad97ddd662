// Sessions with a public agent: a person without a name, who stays the same one while the sessions follow each other.
import { TroupeError } from './errors.js';
import { StartPublicSession } from './generated.js';
import type { HttpTransport } from './http.js';
import type { GetSession, SessionToken } from './session.js';

interface Started {
  readonly startPublicSession: { readonly token: string; readonly session: { readonly expiresAt: string } };
}

/** Begins a session at each call: the first one of a new person, the others of the same person while the last one is valid. */
export function publicSession(http: HttpTransport, agentId: string, signal: AbortSignal): GetSession {
  let earlier: string | undefined;
  const start = async (token: string | undefined): Promise<SessionToken> => {
    const variables = { input: { agentId, token } };
    const request = { operationName: StartPublicSession.name, query: StartPublicSession.query, variables };
    const { data } = await http.post(request, undefined, signal);
    const begun = (data as unknown as Started).startPublicSession;
    earlier = begun.token;
    return { token: begun.token, expiresAt: begun.session.expiresAt };
  };
  return async () => {
    try {
      return await start(earlier);
    } catch (thrown) {
      // the last session has expired or was revoked: only a new person can begin
      if (earlier === undefined || TroupeError.from(thrown).code !== 'BAD_USER_INPUT') throw thrown;
      return start(undefined);
    }
  };
}
