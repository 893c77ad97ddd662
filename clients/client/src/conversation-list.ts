// The live list of conversations, the one with the newest message first.
import type { TroupeClient } from './client.js';
import { TroupeError } from './errors.js';
import {
  ConversationChanged,
  type ConversationChangedData,
  type ConversationFields,
  Conversations,
  DeleteConversation,
  UpdateConversation,
} from './generated.js';
import { Store } from './store.js';

export interface ConversationListOptions {
  /** Shows the archived conversations instead of the others. */
  readonly archived?: boolean;
  /** Words of titles and messages; a list with a search is not live. */
  readonly search?: string;
  readonly agentId?: string;
  /** With an API key: only those of this person. */
  readonly endUser?: string;
  /** At most 100. */
  readonly pageSize?: number;
}

export interface ConversationListState {
  readonly conversations: readonly ConversationFields[];
  readonly isLoading: boolean;
  readonly hasMore: boolean;
  /** The changes do not come: they are being asked for again, or have ended with `error`. */
  readonly isCut: boolean;
  /** Why the last action failed, or what cut the changes off. */
  readonly error: TroupeError | null;
}

export class ConversationList extends Store<ConversationListState> {
  #stop: (() => void) | undefined;
  #after: string | null = null;
  #loads = 0;

  constructor(
    private readonly client: TroupeClient,
    private readonly options: ConversationListOptions,
  ) {
    super({ conversations: [], isLoading: true, hasMore: false, isCut: false, error: null });
  }

  // each action resolves to whether it was done; `error` says why not
  readonly loadMore = (): Promise<boolean> => this.#act(() => (this.getSnapshot().hasMore ? this.#load(this.#after) : Promise.resolve()));
  readonly reload = (): Promise<boolean> => this.#act(() => this.#load(null));
  readonly rename = (id: string, title: string): Promise<boolean> => this.#change(id, { title });
  readonly archive = (id: string, archived = true): Promise<boolean> => this.#change(id, { archived });

  readonly remove = (id: string): Promise<boolean> =>
    this.#act(async () => {
      await this.client.execute(DeleteConversation, { input: { id } });
      this.#drop(id);
    });

  protected override open(): void {
    let isAgain = false;
    const { search, endUser } = this.options;
    if (search === undefined) {
      this.#stop = this.client.subscribe(
        ConversationChanged,
        { endUser },
        {
          next: ({ conversationChanged }) => this.#apply(conversationChanged),
          opened: () => {
            // changes have no cursor to resume after
            this.update({ isCut: false });
            if (isAgain) void this.reload();
            isAgain = true;
          },
          interrupted: (error) => this.update({ isCut: true, error }),
          error: (error) => this.update({ isCut: true, error }),
          complete: () => {},
        },
      );
    }
    void this.reload();
  }

  protected override close(): void {
    this.#stop?.();
    this.#stop = undefined;
  }

  async #load(after: string | null): Promise<void> {
    const load = (this.#loads += 1);
    const { archived = false, search, agentId, endUser, pageSize = 20 } = this.options;
    const filter = { archived, ...(search !== undefined && { search }), ...(agentId && { agentId }), ...(endUser && { endUser }) };
    try {
      const variables = { filter, orderBy: { field: 'UPDATED_AT', direction: 'DESC' } as const, first: pageSize, after };
      const { conversations } = await this.client.execute(Conversations, variables, { repeat: true });
      // a later load has answered already
      if (load !== this.#loads) return;
      this.#after = conversations.pageInfo.endCursor;
      const known = after === null ? [] : this.getSnapshot().conversations;
      const fresh = conversations.nodes.filter(({ id }) => !known.some((other) => other.id === id));
      this.update({ conversations: [...known, ...fresh], hasMore: conversations.pageInfo.hasNextPage, error: null });
    } finally {
      if (load === this.#loads) this.update({ isLoading: false });
    }
  }

  #apply({ kind, conversationId, conversation }: ConversationChangedData['conversationChanged']): void {
    const { archived = false, agentId } = this.options;
    const belongs = conversation && (conversation.archivedAt !== null) === archived && (!agentId || conversation.agent?.id === agentId);
    if (kind === 'DELETED' || !belongs) return this.#drop(conversationId);
    this.#put(conversation);
  }

  #put(conversation: ConversationFields): void {
    const others = this.getSnapshot().conversations.filter(({ id }) => id !== conversation.id);
    const at = others.findIndex(({ updatedAt }) => updatedAt <= conversation.updatedAt);
    this.update({ conversations: others.toSpliced(at < 0 ? others.length : at, 0, conversation) });
  }

  #drop(id: string): void {
    this.update({ conversations: this.getSnapshot().conversations.filter((other) => other.id !== id) });
  }

  #change(id: string, change: { title?: string; archived?: boolean }): Promise<boolean> {
    return this.#act(async () => {
      const { updateConversation } = await this.client.execute(UpdateConversation, { input: { id, ...change } }, { repeat: true });
      this.#apply({ kind: 'UPDATED', conversationId: id, conversation: updateConversation.conversation });
    });
  }

  async #act(action: () => Promise<void>): Promise<boolean> {
    try {
      await action();
      if (!this.getSnapshot().isCut) this.update({ error: null });
      return true;
    } catch (thrown) {
      this.update({ error: TroupeError.from(thrown) });
      return false;
    }
  }
}
