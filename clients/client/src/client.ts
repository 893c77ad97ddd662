// The client of one server: operations, subscriptions that resume, conversations.
import { backoffMs, pause } from './backoff.js';
import { Conversation, type ConversationOptions } from './conversation/conversation.js';
import { ConversationList, type ConversationListOptions } from './conversation-list.js';
import { TroupeError } from './errors.js';
import { type AgentFields, Agents, type Operation } from './generated.js';
import { HttpTransport } from './http.js';
import { publicSession } from './public-session.js';
import { Renewal } from './renewal.js';
import { Credential, type GetSession } from './session.js';
import { Subscription, type SubscriptionSink } from './subscription.js';
import type { Request, Result, StreamTransport } from './transport.js';
import { WebSocketTransport } from './websocket.js';

export interface TroupeOptions {
  /** The address of the API, for example `https://troupe.example.com/graphql`. */
  readonly url: string;
  /** An API key; for servers only, never for a page. */
  readonly token?: string;
  /** Fetches a session for the person at this page from the account's own server. It is called again before the session expires. */
  readonly getSession?: GetSession;
  /** The id of a public agent, with which everyone who opens this page may talk without a session of yours. */
  readonly publicAgent?: string;
  /** How events come; by default a WebSocket where there is one. */
  readonly transport?: 'websocket' | 'sse';
  /** The implementation of WebSocket, for Node before 22. */
  readonly webSocket?: unknown;
  readonly fetch?: typeof fetch;
  /** Headers of every POST. */
  readonly headers?: Readonly<Record<string, string>>;
}

export interface ExecuteOptions {
  readonly signal?: AbortSignal;
  /** Repeats the operation after a cut: for queries, and for mutations with an idempotency key. */
  readonly repeat?: boolean;
}

/** An operation that is safe to repeat is sent at most this many times. */
const MOST_ATTEMPTS = 6;

export class TroupeClient {
  readonly #credential: Credential;
  readonly #http: HttpTransport;
  readonly #streams: StreamTransport;
  readonly #renewal: Renewal;
  readonly #open = new Set<Subscription<unknown>>();
  readonly #conversations = new Map<string, Conversation>();
  readonly #closed = new AbortController();

  constructor(options: TroupeOptions) {
    const { url, token, getSession, publicAgent, webSocket = globalThis.WebSocket, headers = {} } = options;
    const { transport = webSocket ? 'websocket' : 'sse' } = options;
    const fetch = options.fetch ?? ((...args) => globalThis.fetch(...args));
    this.#http = new HttpTransport({ url, fetch, headers });
    if (publicAgent !== undefined && getSession) throw new TroupeError('bad-input', 'exactly one of getSession and publicAgent is needed');
    const sessions = publicAgent === undefined ? getSession : publicSession(this.#http, publicAgent, this.#closed.signal);
    this.#credential = new Credential(token, sessions);
    this.#streams = transport === 'sse' ? this.#http : new WebSocketTransport(socketUrl(url), webSocket);
    this.#renewal = new Renewal(this.#credential, (request, current) => this.#inSession(request, current));
  }

  /** Runs a query or a mutation. A session that has expired is replaced, and the operation is sent again. */
  async execute<Data, Variables extends object>(
    operation: Operation<Data, Variables> | string,
    variables: Variables,
    { signal = this.#closed.signal, repeat = false }: ExecuteOptions = {},
  ): Promise<Data> {
    const request = requestOf(operation, variables);
    for (let attempt = 1; ; attempt += 1) {
      try {
        return (await this.#once(request, signal)).data as Data;
      } catch (thrown) {
        const error = TroupeError.from(thrown);
        const isCut = error.reason === 'network' || error.reason === 'unavailable';
        if (signal.aborted || !repeat || !isCut || error.fatal || attempt >= MOST_ATTEMPTS) throw error;
        await pause(error.retryAfterMs ?? backoffMs(attempt), signal);
      }
    }
  }

  /**
   * Starts a subscription. After a cut it goes on after the last event, if the operation has the variable `after` and,
   * over a WebSocket, selects `cursor`. Returns a function that ends it.
   */
  subscribe<Data, Variables extends object>(
    operation: Operation<Data, Variables> | string,
    variables: Variables,
    sink: SubscriptionSink<Data>,
  ): () => void {
    const release = this.#renewal.hold();
    let isOpen = true;
    const end = (): void => {
      if (!isOpen) return;
      isOpen = false;
      this.#open.delete(subscription as Subscription<unknown>);
      release();
    };
    const subscription = new Subscription<Data>(this.#streams, this.#credential, requestOf(operation, variables), {
      ...sink,
      next: (data) => sink.next(data),
      interrupted: (error) => sink.interrupted?.(error),
      opened: () => {
        void this.#renewal.begin().catch(() => {});
        sink.opened?.();
      },
      error: (error) => (end(), sink.error(error)),
      complete: () => (end(), sink.complete()),
    });
    this.#open.add(subscription as Subscription<unknown>);
    return () => {
      subscription.close();
      end();
    };
  }

  /** The live conversation with this id: the same object for as long as it is in use. Without an id, a new conversation. */
  conversation(id?: string | null, options: ConversationOptions = {}): Conversation {
    const known = id ? this.#conversations.get(id) : undefined;
    if (known) return known;
    const conversation: Conversation = new Conversation(this, id ?? null, options, {
      named: (name) => this.#conversations.set(name, conversation),
      idle: (name) => {
        if (this.#conversations.get(name) === conversation) this.#conversations.delete(name);
      },
    });
    return conversation;
  }

  /** The live list of conversations. */
  conversations(options: ConversationListOptions = {}): ConversationList {
    return new ConversationList(this, options);
  }

  /** The agents that the caller may talk to. */
  async agents(): Promise<readonly AgentFields[]> {
    const found: AgentFields[] = [];
    for (let after: string | null = null; ; ) {
      const { agents }: { agents: { nodes: readonly AgentFields[]; pageInfo: { hasNextPage: boolean; endCursor: string | null } } } =
        await this.execute(Agents, { first: 100, after }, { repeat: true });
      found.push(...agents.nodes);
      if (!agents.pageInfo.hasNextPage) return found;
      after = agents.pageInfo.endCursor;
    }
  }

  /** Ends every stream; the client cannot be used afterwards. */
  close(): void {
    this.#closed.abort(new TroupeError('network', 'the client was closed'));
    for (const subscription of [...this.#open]) subscription.close();
    this.#open.clear();
    this.#streams.close();
  }

  async #once(request: Request, signal: AbortSignal): Promise<Result> {
    const token = await this.#credential.token();
    try {
      return await this.#http.post(request, token, signal);
    } catch (thrown) {
      const error = TroupeError.from(thrown);
      if (error.code !== 'UNAUTHENTICATED' || !this.#credential.refuse(token)) throw thrown;
      if (error.reason === 'session-revoked') throw error;
      return this.#http.post(request, await this.#credential.token(), signal);
    }
  }

  #inSession(request: Request, token: string): Promise<Result> {
    const { signal } = this.#closed;
    return this.#streams.execute?.(request, signal) ?? this.#http.post(request, token, signal);
  }
}

function requestOf<Data, Variables extends object>(operation: Operation<Data, Variables> | string, variables: Variables): Request {
  const values = { ...variables } as Record<string, unknown>;
  return typeof operation === 'string'
    ? { query: operation, variables: values }
    : { operationName: operation.name, query: operation.query, variables: values };
}

function socketUrl(url: string): string {
  return new URL(url, globalThis.location?.href).href.replace(/^http/, 'ws');
}
