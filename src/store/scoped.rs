//! The beginning of every query: a tenant's query is restricted to its account, and to one end user where the caller is
//! one, before a caller can extend it.

use entity::{
    account, activity, agent, api_key, audit_entry, citation, contact, conversation,
    conversation_context, deal, document, document_content, end_user, handoff, identity_provider,
    job, lead, mcp_server, message, passage, persona, persona_version, price_item, price_list,
    provider_key, quote, quote_line, rating, route_correction, run, run_event, run_step, session,
    ticket, ticket_comment, tool_call, tool_effect, tool_grant, usage_record, vector,
    vector_collection, vector_db_config, workflow_state,
};
use sea_orm::{
    ColumnTrait, Condition, DeleteMany, EntityTrait, ExprTrait, QueryFilter, QuerySelect,
    QueryTrait, Select, UpdateMany,
    sea_query::{Expr, SelectStatement},
};

use crate::{
    domain::EndUserScope,
    store::{PlatformStore, TenantStore},
};

/// A table whose rows belong to an account.
pub(super) trait TenantEntity: EntityTrait {
    /// The column with the account's id.
    const ACCOUNT: Self::Column;
    /// Which of an account's rows an end user may see.
    const SEEN_BY: SeenBy<Self::Column>;
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
    /// The end users who have an answer that cites this document.
    Document(C),
}

macro_rules! belongs_to_account {
    ($($table:ident by $column:ident, seen by $owner:ident $(($through:ident))?;)+) => {
        $(impl TenantEntity for $table::Entity {
            const ACCOUNT: Self::Column = $table::Column::$column;
            const SEEN_BY: SeenBy<Self::Column> = SeenBy::$owner $(($table::Column::$through))?;
        })+
    };
}

belongs_to_account! {
    account by Id, seen by Nobody;
    activity by AccountId, seen by Nobody;
    agent by AccountId, seen by Agent(Id);
    api_key by AccountId, seen by Nobody;
    audit_entry by AccountId, seen by Nobody;
    citation by AccountId, seen by Message(MessageId);
    contact by AccountId, seen by Nobody;
    conversation by AccountId, seen by ExternalId(EndUser);
    conversation_context by AccountId, seen by Nobody;
    deal by AccountId, seen by Nobody;
    document by AccountId, seen by Document(Id);
    document_content by AccountId, seen by Nobody;
    end_user by AccountId, seen by EndUser(Id);
    handoff by AccountId, seen by Conversation(ConversationId);
    identity_provider by AccountId, seen by Nobody;
    job by AccountId, seen by Nobody;
    lead by AccountId, seen by Nobody;
    mcp_server by AccountId, seen by Nobody;
    message by AccountId, seen by Conversation(ConversationId);
    passage by AccountId, seen by Nobody;
    persona by AccountId, seen by Nobody;
    persona_version by AccountId, seen by Nobody;
    price_item by AccountId, seen by Nobody;
    price_list by AccountId, seen by Nobody;
    provider_key by AccountId, seen by Nobody;
    quote by AccountId, seen by Nobody;
    quote_line by AccountId, seen by Nobody;
    rating by AccountId, seen by Message(MessageId);
    route_correction by AccountId, seen by Nobody;
    run by AccountId, seen by Conversation(ConversationId);
    run_event by AccountId, seen by Run(RunId);
    run_step by AccountId, seen by Nobody;
    session by AccountId, seen by EndUser(EndUserId);
    ticket by AccountId, seen by Nobody;
    ticket_comment by AccountId, seen by Nobody;
    tool_call by AccountId, seen by Run(RunId);
    tool_effect by AccountId, seen by Nobody;
    tool_grant by AccountId, seen by Nobody;
    usage_record by AccountId, seen by Nobody;
    vector by AccountId, seen by Nobody;
    vector_collection by AccountId, seen by Nobody;
    vector_db_config by AccountId, seen by Nobody;
    workflow_state by AccountId, seen by Nobody;
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
            SeenBy::Document(column) => {
                column.in_subquery(self.values::<citation::Entity>(citation::Column::DocumentId))
            }
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
    fn values<E: TenantEntity>(&self, column: E::Column) -> SelectStatement {
        self.rows::<E>().select_only().column(column).into_query()
    }

    /// The active agents that the end user may talk to.
    fn open_agents(&self, scope: &EndUserScope) -> SelectStatement {
        let open = agent::Entity::find()
            .filter(agent::Column::AccountId.eq(self.account.uuid()))
            .filter(agent::Column::Status.eq(agent::AgentStatus::Active));
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
