//! The beginning of every query: a tenant's query is restricted to its account, and to one end user where the caller is
//! one, before a caller can extend it. The list of tables also says which rows the erasure of an end user removes.

use entity::{
    account, account_event, activity, agent, api_key, audit_entry, budget_hold, contact,
    conversation, conversation_context, deal, document, document_content, document_words, end_user,
    erasure, handoff, identity_provider, job, lead, mcp_server, message, message_source, passage,
    persona, persona_version, price_item, price_list, provider_key, public_agent, public_origin,
    quote, quote_line, rating, registered_operation, route_correction, run, run_event, run_record,
    run_step, run_sum, session, ticket, ticket_comment, tool_call, tool_effect, tool_grant,
    usage_record, vector, vector_collection, vector_db_config, webhook, workflow_state,
};
use sea_orm::{
    ColumnTrait, Condition, DeleteMany, EntityTrait, ExprTrait, QueryFilter, QuerySelect,
    QueryTrait, Select, UpdateMany,
    sea_query::{Expr, SelectStatement},
};

use crate::{
    domain::EndUserScope,
    error::Result,
    store::{PlatformStore, TenantStore},
};

/// A table whose rows belong to an account.
pub(super) trait TenantEntity: EntityTrait {
    /// The column with the account's id.
    const ACCOUNT: Self::Column;
    /// Which of an account's rows an end user may see.
    const SEEN_BY: SeenBy<Self::Column>;
    /// Which of an account's rows are of an end user, and go when the end user is erased.
    const ERASED_BY: ErasedBy<Self::Column>;
    /// The noun of a row, in snake case.
    const NOUN: &'static str;
}

/// Which rows of a table the erasure of an end user removes, by a column of the table.
#[derive(Debug, Clone, Copy)]
pub(super) enum ErasedBy<C> {
    /// None: no row is of a person, for the reason in the list.
    Nothing,
    /// Those of the end user with this id.
    EndUser(C),
    /// Those of this conversation.
    Conversation(C),
    /// Those of this run.
    Run(C),
    /// Those of this message.
    Message(C),
    /// The row with this id, if a tool call in one of the person's conversations added it.
    AddedByTool(C),
    /// The effect of a tool call with this idempotency key.
    ToolCallKey(C),
    /// None: the rows stay without their reference to the conversation.
    Unlinked,
    /// None: what the rows of the conversation say is replaced by a tombstone.
    Redacted,
}

/// Does the same with every table of tenants.
pub(super) trait TableVisitor: Send {
    /// Visits one table.
    fn visit<E: TenantEntity>(&mut self) -> impl Future<Output = Result<()>> + Send;
}

/// Which rows of a table an end user may see, by a column of the table.
#[derive(Debug, Clone, Copy)]
pub(super) enum SeenBy<C> {
    /// No end user sees any row.
    Nobody,
    /// The end user with this id.
    EndUser(C),
    /// The end user with this external id.
    ExternalId(C),
    /// The end user of this conversation.
    Conversation(C),
    /// The end user of this run's conversation.
    Run(C),
    /// The end user of this message's conversation.
    Message(C),
    /// The end users who may talk to this agent, and those whom it has answered.
    Agent(C),
    /// The end users who have an answer whose model was given this document.
    Document(C),
}

macro_rules! belongs_to_account {
    ($(
        $table:ident by $column:ident, seen by $owner:ident $(($through:ident))?,
        erased by $rule:ident $(($key:ident))? $(because $reason:literal)?;
    )+) => {
        $(impl TenantEntity for $table::Entity {
            const ACCOUNT: Self::Column = $table::Column::$column;
            const SEEN_BY: SeenBy<Self::Column> = SeenBy::$owner $(($table::Column::$through))?;
            const ERASED_BY: ErasedBy<Self::Column> =
                ErasedBy::$rule $(($table::Column::$key))?;
            const NOUN: &'static str = stringify!($table);
        })+

        /// Visits every table of tenants, in alphabetical order.
        pub(super) async fn visit_tables(visitor: &mut impl TableVisitor) -> Result<()> {
            $(visitor.visit::<$table::Entity>().await?;)+
            Ok(())
        }
    };
}

belongs_to_account! {
    account by Id, seen by Nobody,
        erased by Nothing because "it holds settings of the account";
    account_event by AccountId, seen by Nobody,
        erased by Run(Subject);
    activity by AccountId, seen by Nobody,
        erased by AddedByTool(Id);
    agent by AccountId, seen by Agent(Id),
        erased by Nothing because "it holds settings of the account";
    api_key by AccountId, seen by Nobody,
        erased by Nothing because "it holds settings of the account";
    audit_entry by AccountId, seen by Nobody,
        erased by Redacted;
    budget_hold by AccountId, seen by Nobody,
        erased by Run(RunId);
    contact by AccountId, seen by Nobody,
        erased by AddedByTool(Id);
    conversation by AccountId, seen by ExternalId(EndUser),
        erased by Conversation(Id);
    conversation_context by AccountId, seen by Nobody,
        erased by Conversation(ConversationId);
    deal by AccountId, seen by Nobody,
        erased by AddedByTool(Id);
    document by AccountId, seen by Document(Id),
        erased by Nothing because "an administrator ingested it; no message becomes a document";
    document_content by AccountId, seen by Nobody,
        erased by Nothing because "an administrator ingested it; no message becomes a document";
    document_words by AccountId, seen by Nobody,
        erased by Nothing because "an administrator ingested it; no message becomes a document";
    end_user by AccountId, seen by EndUser(Id),
        erased by EndUser(Id);
    erasure by AccountId, seen by Nobody,
        erased by Nothing because "it is the evidence of an erasure";
    handoff by AccountId, seen by Conversation(ConversationId),
        erased by Conversation(ConversationId);
    identity_provider by AccountId, seen by Nobody,
        erased by Nothing because "it holds settings of the account";
    job by AccountId, seen by Nobody,
        erased by Nothing because "it names rows of documents, agents and erasures by their ids";
    lead by AccountId, seen by Nobody,
        erased by AddedByTool(Id);
    mcp_server by AccountId, seen by Nobody,
        erased by Nothing because "it holds settings of the account";
    message by AccountId, seen by Conversation(ConversationId),
        erased by Conversation(ConversationId);
    message_source by AccountId, seen by Message(MessageId),
        erased by Message(MessageId);
    passage by AccountId, seen by Nobody,
        erased by Nothing because "an administrator ingested it; no message becomes a document";
    persona by AccountId, seen by Nobody,
        erased by Nothing because "it is built from documents only";
    persona_version by AccountId, seen by Nobody,
        erased by Nothing because "it is built from documents only";
    price_item by AccountId, seen by Nobody,
        erased by Nothing because "it holds prices of the account";
    price_list by AccountId, seen by Nobody,
        erased by Nothing because "it holds prices of the account";
    provider_key by AccountId, seen by Nobody,
        erased by Nothing because "it holds settings of the account";
    public_agent by AccountId, seen by Nobody,
        erased by Nothing because "it holds settings of the account";
    public_origin by AccountId, seen by Nobody,
        erased by Nothing because "it holds settings of the account";
    quote by AccountId, seen by Nobody,
        erased by AddedByTool(Id);
    quote_line by AccountId, seen by Nobody,
        erased by Nothing because "it goes with its quote";
    rating by AccountId, seen by Message(MessageId),
        erased by Message(MessageId);
    registered_operation by AccountId, seen by Nobody,
        erased by Nothing because "it holds settings of the account";
    route_correction by AccountId, seen by Nobody,
        erased by Run(RunId);
    run by AccountId, seen by Conversation(ConversationId),
        erased by Conversation(ConversationId);
    run_event by AccountId, seen by Run(RunId),
        erased by Run(RunId);
    run_record by AccountId, seen by Nobody,
        erased by Unlinked;
    run_step by AccountId, seen by Nobody,
        erased by Run(RunId);
    run_sum by AccountId, seen by Nobody,
        erased by Nothing because "it holds sums over runs, without ids of runs or people";
    session by AccountId, seen by EndUser(EndUserId),
        erased by EndUser(EndUserId);
    ticket by AccountId, seen by Nobody,
        erased by AddedByTool(Id);
    ticket_comment by AccountId, seen by Nobody,
        erased by AddedByTool(Id);
    tool_call by AccountId, seen by Run(RunId),
        erased by Run(RunId);
    tool_effect by AccountId, seen by Nobody,
        erased by ToolCallKey(Key);
    tool_grant by AccountId, seen by Nobody,
        erased by Nothing because "it holds settings of the account";
    usage_record by AccountId, seen by Nobody,
        erased by Unlinked;
    vector by AccountId, seen by Nobody,
        erased by Nothing because "it holds vectors of documents; no message becomes a vector";
    vector_collection by AccountId, seen by Nobody,
        erased by Nothing because "it holds vectors of documents; no message becomes a vector";
    vector_db_config by AccountId, seen by Nobody,
        erased by Nothing because "it holds vectors of documents; no message becomes a vector";
    webhook by AccountId, seen by Nobody,
        erased by Nothing because "it holds settings of the account";
    workflow_state by AccountId, seen by Nobody,
        erased by Conversation(ConversationId);
}

#[expect(
    clippy::disallowed_methods,
    reason = "the one place that begins a tenant's queries: each is narrowed to its account"
)]
impl TenantStore {
    /// Selects the account's rows of a table that the caller may see.
    pub(super) fn rows<E: TenantEntity>(&self) -> Select<E> {
        E::find().filter(self.seen::<E>())
    }

    /// Updates the account's rows that the caller may see.
    pub(super) fn change<E: TenantEntity>(&self) -> UpdateMany<E> {
        E::update_many().filter(self.seen::<E>())
    }

    /// Deletes the account's rows that the caller may see.
    pub(super) fn delete<E: TenantEntity>(&self) -> DeleteMany<E> {
        E::delete_many().filter(self.seen::<E>())
    }

    /// The condition of the rows that the caller may see.
    fn seen<E: TenantEntity>(&self) -> Condition {
        let of_account = Condition::all().add(E::ACCOUNT.eq(self.account.uuid()));
        match &self.scope {
            Some(scope) => of_account.add(self.of_end_user::<E>(scope)),
            None => of_account,
        }
    }

    fn of_end_user<E: TenantEntity>(&self, scope: &EndUserScope) -> Condition {
        let condition = match E::SEEN_BY {
            SeenBy::Nobody => Expr::val(1).eq(0),
            SeenBy::EndUser(column) => column.eq(scope.end_user.uuid()),
            SeenBy::ExternalId(column) => column.eq(scope.external_id.as_str()),
            SeenBy::Conversation(column) => {
                column.in_subquery(self.values::<conversation::Entity>(conversation::Column::Id))
            }
            SeenBy::Run(column) => column.in_subquery(self.values::<run::Entity>(run::Column::Id)),
            SeenBy::Message(column) => {
                column.in_subquery(self.values::<message::Entity>(message::Column::Id))
            }
            SeenBy::Document(column) => column.in_subquery(
                self.values::<message_source::Entity>(message_source::Column::DocumentId),
            ),
            SeenBy::Agent(column) => {
                let open = column.in_subquery(self.open_agents(scope));
                let answered = self.values::<run::Entity>(run::Column::AgentId);
                let answered = column.in_subquery(answered);
                return Condition::any().add(open).add(answered);
            }
        };
        Condition::all().add(condition)
    }

    /// The values of a column of the rows that the caller may see.
    pub(super) fn values<E: TenantEntity>(&self, column: E::Column) -> SelectStatement {
        self.rows::<E>().select_only().column(column).into_query()
    }

    /// The active agents that the end user may talk to.
    fn open_agents(&self, scope: &EndUserScope) -> SelectStatement {
        let open = self.whole().rows::<agent::Entity>();
        let open = open.filter(agent::Column::Status.eq(agent::AgentStatus::Active));
        let open = match &scope.agents {
            Some(agents) => open.filter(agent::Column::Id.is_in(agents.iter().map(|id| id.uuid()))),
            None => open,
        };
        open.select_only().column(agent::Column::Id).into_query()
    }
}

#[expect(
    clippy::disallowed_methods,
    reason = "the one place that begins a query over all accounts: the platform's own work"
)]
impl PlatformStore {
    /// Selects rows of any account.
    pub(super) fn rows<E: EntityTrait>() -> Select<E> {
        E::find()
    }

    /// Updates rows of any account.
    pub(super) fn change<E: EntityTrait>() -> UpdateMany<E> {
        E::update_many()
    }

    /// Deletes rows of any account.
    pub(super) fn delete<E: EntityTrait>() -> DeleteMany<E> {
        E::delete_many()
    }
}
