// A live conversation: its history, its events, and what a person can do in it.
import type { TroupeClient } from '../client.js';
import { TroupeError } from '../errors.js';
import {
  CancelRun,
  type ConversationFields,
  ConversationEvents,
  DecideToolCall,
  EditMessage,
  History,
  RateMessage,
  type RatingValue,
  RegenerateMessage,
  RunState,
  SelectAlternative,
  SendMessage,
  type SentRun,
  type ToolCallFields,
  UpdateConversation,
} from '../generated.js';
import { Store } from '../store.js';
import { uuid } from '../uuid.js';
import type { ChatMessage } from './message.js';
import * as timelines from './timeline.js';
import { type Timeline } from './timeline.js';

export interface ConversationOptions {
  /** The agent of a new conversation; without it, the server chooses one by the message. */
  readonly agentId?: string;
  /** With an API key: the account's own id of the person. */
  readonly endUser?: string;
  /** With an API key: what the agent may know about the person. */
  readonly context?: unknown;
  /** The number of messages of a page of the history; at most 100. */
  readonly pageSize?: number;
}

export interface ConversationState {
  /** Null until the first message of a new conversation is taken. */
  readonly id: string | null;
  readonly title: string | null;
  /** What the server says about the conversation; null before it is loaded. */
  readonly details: ConversationFields | null;
  /** Oldest first. */
  readonly messages: readonly ChatMessage[];
  /** The run that is being answered. */
  readonly activeRunId: string | null;
  readonly isAnswering: boolean;
  readonly isLoading: boolean;
  /** Whether `loadOlder` finds more. */
  readonly hasOlder: boolean;
  /** `closed` before the first listener, and after a fatal error. */
  readonly connection: 'closed' | 'connecting' | 'open' | 'reconnecting';
  /** The last error: of the connection until it is open again, or of an action until the next one. */
  readonly error: TroupeError | null;
}

/** Tells the client which id the conversation has, and when no one uses it any more. */
export interface Registration {
  named(id: string): void;
  idle(id: string): void;
}

/** After this time without an event of a run, the client asks what became of it, in milliseconds. */
const SILENCE_MS = 3_000;
const PAGE = 20;

export class Conversation extends Store<ConversationState> {
  #timeline: Timeline = timelines.EMPTY;
  #stop: (() => void) | undefined;
  #hasCursor = false;
  #before: string | null = null;
  #isLoadingOlder = false;
  readonly #checks = new Map<string, ReturnType<typeof setTimeout>>();

  constructor(
    private readonly client: TroupeClient,
    id: string | null,
    private readonly options: ConversationOptions,
    private readonly registration: Registration,
  ) {
    super({
      id,
      title: null,
      details: null,
      messages: [],
      activeRunId: null,
      isAnswering: false,
      isLoading: id !== null,
      hasOlder: false,
      connection: 'closed',
      error: null,
    });
  }

  /** Sends a message. It is shown at once; a message that was not taken has the status `failed`. Repeating it is safe. */
  readonly send = (text: string): Promise<void> => this.#send(uuid(), text);

  /** Sends a message with the status `failed` again, with the same key: the server takes it once. */
  readonly retry = (key: string): Promise<void> => {
    const message = this.#timeline.messages.find((known) => known.key === key && known.status === 'failed');
    return message ? this.#send(key, message.text) : Promise.resolve();
  };

  /** Stops the answer that is being written; what is there stays. */
  readonly stop = (): Promise<void> =>
    this.#act(async () => {
      const [runId] = timelines.activeRuns(this.#timeline);
      if (runId) await this.client.execute(CancelRun, { input: { runId } }, { repeat: true });
    });

  /** Asks for another answer in the place of this one; the first stays among its alternatives. */
  readonly regenerate = (messageId: string): Promise<void> =>
    this.#act(async () => {
      const input = { messageId, clientMessageId: uuid() };
      const { regenerateMessage } = await this.client.execute(RegenerateMessage, { input }, { repeat: true });
      this.#sent(regenerateMessage.run);
    });

  /** Asks another question in the place of this one; the first stays among its alternatives. */
  readonly edit = (messageId: string, message: string): Promise<void> =>
    this.#act(async () => {
      const input = { messageId, message, clientMessageId: uuid() };
      const { editMessage } = await this.client.execute(EditMessage, { input }, { repeat: true });
      this.#sent(editMessage.run);
    });

  /** Shows another version of a message, with what followed it. */
  readonly select = (messageId: string): Promise<void> =>
    this.#act(async () => {
      await this.client.execute(SelectAlternative, { input: { messageId } }, { repeat: true });
      await this.#load(true);
    });

  readonly rate = (messageId: string, value: RatingValue, comment?: string): Promise<void> =>
    this.#act(async () => {
      const { rateMessage } = await this.client.execute(RateMessage, { input: { messageId, value, comment } }, { repeat: true });
      this.#show(timelines.withRating(this.#timeline, messageId, rateMessage.message.rating));
    });

  /** Lets a tool call be made that asks the person (`approval`), with the arguments that it shows. */
  readonly approve = (call: ToolCallFields): Promise<void> => this.#decide(call, true);

  /** Refuses a tool call that asks the person; the agent is told the reason. */
  readonly deny = (call: ToolCallFields, reason?: string): Promise<void> => this.#decide(call, false, reason);

  readonly rename = (title: string): Promise<void> => this.#change({ title });

  /** The person has read everything. */
  readonly markRead = (): Promise<void> => this.#change({ read: true });

  readonly loadOlder = (): Promise<void> =>
    this.#act(async () => {
      const { id, hasOlder } = this.getSnapshot();
      if (!id || !hasOlder || this.#isLoadingOlder) return;
      this.#isLoadingOlder = true;
      try {
        const page = await this.#page(id, this.#before);
        if (page) {
          this.#before = page.messages.pageInfo.startCursor;
          this.#show(timelines.withOlder(this.#timeline, page.messages.nodes), { hasOlder: page.messages.pageInfo.hasPreviousPage });
        }
      } finally {
        this.#isLoadingOlder = false;
      }
    });

  protected override open(): void {
    const { id } = this.getSnapshot();
    if (!id) return;
    this.registration.named(id);
    this.#follow(id, undefined);
    void this.#act(() => this.#load());
  }

  protected override close(): void {
    this.#stop?.();
    this.#stop = undefined;
    this.#checks.forEach((timer) => clearTimeout(timer));
    this.#checks.clear();
    this.update({ connection: 'closed' });
    const { id } = this.getSnapshot();
    if (id) this.registration.idle(id);
  }

  #decide({ id, approval }: ToolCallFields, approve: boolean, comment?: string): Promise<void> {
    return this.#act(async () => {
      if (!approval) return;
      const { endUser } = this.options;
      await this.client.execute(DecideToolCall, { input: { toolCallId: id, approve, argumentsDigest: approval.argumentsDigest, comment, endUser } });
    });
  }

  async #send(key: string, text: string): Promise<void> {
    this.#show(timelines.withOutgoing(this.#timeline, key, text), { error: null });
    const { agentId, endUser, context } = this.options;
    const { id } = this.getSnapshot();
    const input = { message: text, clientMessageId: key, conversationId: id ?? undefined, agentId: id ? undefined : agentId, endUser, context };
    try {
      const { sendMessage } = await this.client.execute(SendMessage, { input }, { repeat: true });
      this.#sent(sendMessage.run, key);
    } catch (thrown) {
      const error = TroupeError.from(thrown);
      this.#show(timelines.withFailure(this.#timeline, key, error), { error });
    }
  }

  /** The server has taken a message; the events of its run follow. */
  #sent(run: SentRun, key?: string): void {
    this.#show(timelines.withSent(this.#timeline, run.userMessage, run.id, key));
    const { id } = run.conversation;
    if (this.getSnapshot().id === null) {
      this.update({ id, isLoading: false });
      this.registration.named(id);
      if (this.isOpen) this.#follow(id, undefined);
    }
    this.#expect(run.id);
  }

  #follow(conversationId: string, after: string | undefined): void {
    this.#stop?.();
    this.#hasCursor = after !== undefined;
    let isAgain = false;
    this.update({ connection: 'connecting' });
    this.#stop = this.client.subscribe(
      ConversationEvents,
      { conversationId, after },
      {
        next: ({ conversationEvents }) => this.#apply(conversationId, conversationEvents),
        opened: () => {
          this.update({ connection: 'open', error: null });
          // runs may have come and gone that no cursor leads to
          if (isAgain && !this.#hasCursor) void this.#act(() => this.#load());
          isAgain = true;
        },
        interrupted: (error) => this.update({ connection: 'reconnecting', error }),
        error: (error) => this.#broken(conversationId, error),
        complete: () => this.update({ connection: 'closed' }),
      },
    );
  }

  #apply(conversationId: string, event: Parameters<typeof timelines.applyEvent>[1]): void {
    try {
      this.#hasCursor = true;
      this.#show(timelines.applyEvent(this.#timeline, event));
    } catch (thrown) {
      if (!(thrown instanceof timelines.GapError)) throw thrown;
      this.#restart(conversationId);
    }
  }

  /** A cursor that the server does not have any more is given up once; any other fatal error ends the stream. */
  #broken(conversationId: string, error: TroupeError): void {
    if (error.reason === 'bad-input' && this.#hasCursor) return this.#restart(conversationId);
    this.update({ connection: 'closed', isLoading: false, error });
  }

  /** Reads the active run from its start, and the history for what was before. */
  #restart(conversationId: string): void {
    const runs = new Map([...this.#timeline.runs].filter(([, { isFinished }]) => isFinished));
    this.#timeline = { ...this.#timeline, runs };
    this.#follow(conversationId, undefined);
    void this.#act(() => this.#load());
  }

  async #load(replace = false): Promise<void> {
    const { id } = this.getSnapshot();
    if (!id) return;
    try {
      const page = await this.#page(id, null);
      if (!page) throw new TroupeError('not-found', 'the conversation does not exist', { code: 'NOT_FOUND' });
      const { messages, ...details } = page;
      if (replace || this.#before === null) this.#before = messages.pageInfo.startCursor;
      const hasOlder = this.getSnapshot().details && !replace ? this.getSnapshot().hasOlder : messages.pageInfo.hasPreviousPage;
      this.#show(timelines.withLatest(this.#timeline, messages.nodes, replace), { details, title: details.title, hasOlder });
      if (details.activeRun) this.#expect(details.activeRun.id);
    } finally {
      this.update({ isLoading: false });
    }
  }

  async #page(conversationId: string, before: string | null) {
    const variables = { conversationId, last: this.options.pageSize ?? PAGE, before };
    return (await this.client.execute(History, variables, { repeat: true })).conversation;
  }

  async #change(change: { title?: string; read?: boolean }): Promise<void> {
    const { id } = this.getSnapshot();
    if (!id) return;
    await this.#act(async () => {
      const { updateConversation } = await this.client.execute(UpdateConversation, { input: { id, ...change } }, { repeat: true });
      const details = updateConversation.conversation;
      this.update({ details, title: details.title });
    });
  }

  /** Asks for a run whose events do not come: it may have ended just before the stream began. */
  #expect(runId: string, ms = SILENCE_MS): void {
    clearTimeout(this.#checks.get(runId));
    const isSilent = (): boolean => (this.#timeline.runs.get(runId)?.sequence ?? 0) === 0 && !this.#timeline.runs.get(runId)?.isFinished;
    if (!this.isOpen || !isSilent()) return;
    const timer = setTimeout(async () => {
      this.#checks.delete(runId);
      if (!isSilent()) return;
      await this.#check(runId).catch(() => {});
      this.#expect(runId, ms * 2);
    }, ms);
    this.#checks.set(runId, timer);
  }

  async #check(runId: string): Promise<void> {
    const { run } = await this.client.execute(RunState, { runId }, { repeat: true });
    if (!run) return;
    if (run.status === 'SUCCEEDED') this.#show(timelines.withRunState(this.#timeline, runId, run.message, {}));
    if (run.status === 'CANCELLED') this.#show(timelines.withRunState(this.#timeline, runId, run.message, { status: 'cancelled' }));
    if (run.status === 'FAILED') this.#show(timelines.withRunState(this.#timeline, runId, run.message, { status: 'failed', error: run.error }));
  }

  /** Runs an action of the person; its error becomes part of the state, where the page shows it. */
  async #act(action: () => Promise<void>): Promise<void> {
    try {
      await action();
    } catch (thrown) {
      const error = TroupeError.from(thrown);
      this.update({ error });
    }
  }

  #show(timeline: Timeline, change: Partial<ConversationState> = {}): void {
    this.#timeline = timeline;
    const [activeRunId = null] = timelines.activeRuns(timeline);
    this.update({ messages: timeline.messages, activeRunId, isAnswering: activeRunId !== null, ...change });
  }
}
