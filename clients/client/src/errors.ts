// One error type for everything that can go wrong, with a reason that a page can branch on.

/** Why a request, a stream or a message failed. */
export type Reason =
  | 'wrong-key'
  | 'session-expired'
  | 'session-revoked'
  | 'forbidden-origin'
  | 'forbidden'
  | 'not-found'
  | 'bad-input'
  | 'conflict'
  | 'too-complex'
  | 'rate-limited'
  | 'quota-exceeded'
  | 'unavailable'
  | 'network'
  | 'failed';

/** The reasons after which the same request can succeed later; after any other one, repeating it is useless. */
const TRANSIENT: ReadonlySet<Reason> = new Set<Reason>(['session-expired', 'rate-limited', 'unavailable', 'network', 'failed']);

const BY_CODE: Readonly<Record<string, Reason>> = {
  FORBIDDEN: 'forbidden',
  NOT_FOUND: 'not-found',
  BAD_USER_INPUT: 'bad-input',
  GRAPHQL_PARSE_FAILED: 'bad-input',
  GRAPHQL_VALIDATION_FAILED: 'bad-input',
  CONFLICT: 'conflict',
  TOO_COMPLEX: 'too-complex',
  RATE_LIMITED: 'rate-limited',
  QUOTA_EXCEEDED: 'quota-exceeded',
  UNAVAILABLE: 'unavailable',
  TIMEOUT: 'unavailable',
};

interface Details {
  readonly code?: string | undefined;
  readonly retryAfterMs?: number | undefined;
  readonly extensions?: Readonly<Record<string, unknown>>;
  readonly cause?: unknown;
}

/** An entry of `errors` in a GraphQL response. */
export interface GraphQLErrorLike {
  readonly message: string;
  readonly extensions?: Readonly<Record<string, unknown>>;
}

export class TroupeError extends Error {
  override readonly name = 'TroupeError';
  readonly reason: Reason;
  /** `extensions.code` of the server's error; absent for errors of the connection. */
  readonly code: string | undefined;
  /** After this time a repetition may succeed. */
  readonly retryAfterMs: number | undefined;
  /** What else the server says, for example `cost`, `limit` and `path` of an operation that is too complex. */
  readonly extensions: Readonly<Record<string, unknown>>;
  #isFinal = false;

  constructor(reason: Reason, message: string, { code, retryAfterMs, extensions = {}, cause }: Details = {}) {
    super(message, { cause });
    this.reason = reason;
    this.code = code;
    this.retryAfterMs = retryAfterMs;
    this.extensions = extensions;
  }

  /** Whether repeating the request is useless. */
  get fatal(): boolean {
    return this.#isFinal || !TRANSIENT.has(this.reason);
  }

  /** The same error when nothing is left to try, for example because a new session was refused as well. */
  asFatal(): TroupeError {
    const { code, retryAfterMs, extensions, cause } = this;
    const error = new TroupeError(this.reason, this.message, { code, retryAfterMs, extensions, cause });
    error.#isFinal = true;
    return error;
  }

  /** The error for the first entry of `errors`. `retryAfter` is the header `Retry-After`, in seconds. */
  static fromGraphQL(errors: readonly GraphQLErrorLike[], retryAfter?: string | null): TroupeError {
    const [first] = errors;
    const extensions = first?.extensions ?? {};
    const code = typeof extensions['code'] === 'string' ? extensions['code'] : undefined;
    const message = first?.message ?? 'the server reports an error without a message';
    const seconds = Number(extensions['retryAfterSeconds'] ?? retryAfter ?? Number.NaN);
    const retryAfterMs = Number.isFinite(seconds) ? seconds * 1000 : undefined;
    return new TroupeError(reasonOf(code, message), message, { code, retryAfterMs, extensions });
  }

  /** The error for a WebSocket that was closed. */
  static fromClose(code: number, reason: string): TroupeError {
    const message = reason || `the socket was closed with the code ${code}`;
    switch (code) {
      case 4401:
        return new TroupeError(credentialReason(message), message, { code: 'UNAUTHENTICATED' });
      case 4403: {
        const credential = credentialReason(message);
        if (credential !== 'wrong-key') return new TroupeError(credential, message, { code: 'UNAUTHENTICATED' });
        return new TroupeError(reasonOf('FORBIDDEN', message), message, { code: 'FORBIDDEN' });
      }
      case 4400:
      case 4406:
      case 1009:
        return new TroupeError('bad-input', message);
      case 4429:
      case 1013:
        return new TroupeError('rate-limited', message);
      default:
        return new TroupeError('network', message);
    }
  }

  /** The error for anything that was thrown. */
  static from(thrown: unknown): TroupeError {
    if (thrown instanceof TroupeError) return thrown;
    if (Array.isArray(thrown)) return TroupeError.fromGraphQL(thrown as GraphQLErrorLike[]);
    if (isClose(thrown)) return TroupeError.fromClose(thrown.code, thrown.reason);
    const message = thrown instanceof Error && thrown.message ? thrown.message : 'the connection failed';
    return new TroupeError('network', message, { cause: thrown });
  }
}

function reasonOf(code: string | undefined, message: string): Reason {
  if (code === 'UNAUTHENTICATED') return credentialReason(message);
  // the server tells origins apart by its sentence only
  if (code === 'FORBIDDEN' && /\borigin\b/.test(message)) return 'forbidden-origin';
  return (code && BY_CODE[code]) || 'failed';
}

/** The sentences about sessions and tokens name them first; the one about API keys names all its causes at once. */
function credentialReason(message: string): Reason {
  if (/\b(session|token)\b.*\bexpired\b/.test(message)) return 'session-expired';
  if (/\b(session|token)\b.*\b(revoked|renewed)\b/.test(message)) return 'session-revoked';
  return 'wrong-key';
}

function isClose(thrown: unknown): thrown is { code: number; reason: string } {
  return typeof thrown === 'object' && thrown !== null && 'code' in thrown && typeof thrown.code === 'number' && 'reason' in thrown;
}
