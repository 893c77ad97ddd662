// The credential: an API key that stays, or the token of a session that is fetched, renewed and replaced.
import { TroupeError } from './errors.js';

/** The token of a session of an end user, as the account's server gives it to the page. */
export interface SessionToken {
  readonly token: string;
  /** Without it, the client asks the server. */
  readonly expiresAt?: string | Date | null;
}

/** Fetches the token of a new session from the account's own server. */
export type GetSession = () => Promise<SessionToken | string> | SessionToken | string;

/** A token that expires sooner than this is not used any more, in milliseconds. */
const MARGIN_MS = 500;

interface Current {
  readonly token: string;
  readonly since: number;
  readonly expires: number | undefined;
}

export class Credential {
  #current: Current | undefined;
  #pending: Promise<Current> | undefined;
  readonly #getSession: GetSession | undefined;

  constructor(token: string | undefined, getSession: GetSession | undefined) {
    if ((token === undefined) === (getSession === undefined)) {
      throw new TroupeError('bad-input', 'exactly one of token and getSession is needed');
    }
    this.#getSession = getSession;
    if (token !== undefined) this.#current = current({ token });
  }

  get isSession(): boolean {
    return this.#getSession !== undefined;
  }

  /** The token to send now; a session that has expired is replaced first. */
  async token(): Promise<string> {
    const known = this.#current;
    if (known && (known.expires === undefined || known.expires - Date.now() > MARGIN_MS)) return known.token;
    return (await this.#fetch()).token;
  }

  /** The session of the current token: when it was received, and when it expires if that is known. */
  get times(): { since: number; expires: number | undefined } | undefined {
    return this.#current;
  }

  /** Adds what the server says about the current token. */
  expiresAt(token: string, expiresAt: string): void {
    if (this.#current?.token === token) this.#current = { ...this.#current, expires: Date.parse(expiresAt) };
  }

  /** Fetches a new session without using it. */
  async next(): Promise<SessionToken> {
    if (!this.#getSession) throw new TroupeError('wrong-key', 'an API key is not renewed');
    try {
      const found = await this.#getSession();
      return typeof found === 'string' ? { token: found } : found;
    } catch (thrown) {
      if (thrown instanceof TroupeError) throw thrown;
      const message = thrown instanceof Error ? thrown.message : String(thrown);
      throw new TroupeError('unavailable', `getSession failed: ${message}`, { cause: thrown });
    }
  }

  replace(session: SessionToken): void {
    this.#current = current(session);
  }

  /** Forgets a token that was refused. Returns whether another one can be sent instead. */
  refuse(token: string): boolean {
    if (!this.#getSession) return false;
    if (this.#current?.token === token) this.#current = undefined;
    return true;
  }

  #fetch(): Promise<Current> {
    this.#pending ??= this.next()
      .then((session) => (this.#current = current(session)))
      .finally(() => (this.#pending = undefined));
    return this.#pending;
  }
}

function current({ token, expiresAt }: SessionToken): Current {
  const expires = expiresAt ? new Date(expiresAt).getTime() : undefined;
  return { token, since: Date.now(), expires };
}
