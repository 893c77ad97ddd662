// Renews the session while streams are open, before it expires.
import { RenewSession, SessionExpiry } from './generated.js';
import { TroupeError } from './errors.js';
import type { Credential } from './session.js';
import type { Request, Result } from './transport.js';

/** The part of a session's time after which it is renewed. */
const RENEW_AFTER = 2 / 3;
const RETRY_MS = 1_000;
/** The longest time that `setTimeout` can wait. */
const LONGEST_MS = 2 ** 31 - 1;

/** Sends an operation in the session that is to be renewed: over the open socket, or by POST with its token. */
export type SendInSession = (request: Request, token: string) => Promise<Result>;

export class Renewal {
  #streams = 0;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #token: string | undefined;

  constructor(
    private readonly credential: Credential,
    private readonly send: SendInSession,
  ) {}

  /** A stream was opened with this token. Returns a function to call when it ends. */
  hold(): () => void {
    this.#streams += 1;
    return () => {
      this.#streams -= 1;
      if (this.#streams === 0) this.#stop();
    };
  }

  /** The server has accepted the token that is current. */
  async begin(): Promise<void> {
    if (!this.credential.isSession || this.#streams === 0) return;
    const token = await this.credential.token();
    if (token === this.#token) return;
    this.#token = token;
    await this.#schedule(token).catch(() =>
      this.#after(RETRY_MS, () => {
        this.#token = undefined;
        void this.begin().catch(() => {});
      }),
    );
  }

  #stop(): void {
    clearTimeout(this.#timer);
    this.#token = undefined;
  }

  async #schedule(token: string): Promise<void> {
    if (this.credential.times?.expires === undefined) {
      const { data } = await this.send({ query: SessionExpiry.query, variables: {} }, token);
      const session = (data as { viewer: { session: { expiresAt: string } | null } } | undefined)?.viewer.session;
      // a token of an identity provider has no session to renew: the next connection sends a new one
      if (!session) return;
      this.credential.expiresAt(token, session.expiresAt);
    }
    const times = this.credential.times;
    if (times?.expires === undefined || this.#token !== token) return;
    this.#after(times.since + (times.expires - times.since) * RENEW_AFTER - Date.now(), () => void this.#renew(token, times.expires!));
  }

  async #renew(token: string, expires: number): Promise<void> {
    try {
      const next = await this.credential.next();
      if (this.#token !== token) return;
      await this.send({ query: RenewSession.query, variables: { input: { token: next.token } } }, token);
      this.credential.replace(next);
      void this.begin().catch(() => {});
    } catch (thrown) {
      const error = TroupeError.from(thrown);
      // after a final refusal, the stream ends with the session and begins again in a new one
      if (error.fatal || Date.now() + RETRY_MS > expires || this.#token !== token) return;
      this.#after(RETRY_MS, () => void this.#renew(token, expires));
    }
  }

  #after(ms: number, run: () => void): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(run, Math.min(Math.max(ms, 0), LONGEST_MS));
    // the open stream keeps Node running, not the timer
    (this.#timer as { unref?: () => void }).unref?.();
  }
}
