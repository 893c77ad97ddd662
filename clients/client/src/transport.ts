// What a transport does: one operation, sent once. Repeating and resuming is the client's part.
import type { GraphQLErrorLike } from './errors.js';

export interface Request {
  readonly operationName?: string;
  readonly query: string;
  readonly variables: Readonly<Record<string, unknown>>;
}

export interface Result {
  readonly data?: Readonly<Record<string, unknown>> | null;
  readonly errors?: readonly GraphQLErrorLike[];
}

/** The results of one subscription, in order. */
export interface StreamSink {
  /** The server has accepted the credential. */
  opened(): void;
  /** `id` is the cursor of the event, where the transport carries it. */
  next(result: Result, id?: string): void;
}

export interface StreamTransport {
  /** Resolves when the server completes the operation; rejects when it fails or the connection is cut. */
  stream(request: Request, token: string, sink: StreamSink, signal: AbortSignal): Promise<void>;
  /** Runs an operation on the open connection; absent where each operation has a connection of its own. */
  execute?(request: Request, signal: AbortSignal): Promise<Result>;
  close(): void;
}
