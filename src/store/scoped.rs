//! The beginning of every query: a tenant's query is restricted to its account before a caller can extend it.

use entity::{
    account, activity, agent, api_key, audit_entry, citation, contact, conversation,
    conversation_context, deal, document, document_content, handoff, job, lead, mcp_server,
    message, passage, persona, persona_version, price_item, price_list, provider_key, quote,
    quote_line, rating, run, run_event, run_step, ticket, ticket_comment, tool_call, tool_effect,
    tool_grant, usage_record, vector, vector_collection, vector_db_config, workflow_state,
};
use sea_orm::{ColumnTrait, DeleteMany, EntityTrait, QueryFilter, Select, UpdateMany};

use crate::store::{PlatformStore, TenantStore};

/// A table whose rows belong to an account.
pub(super) trait TenantEntity: EntityTrait {
    /// The column with the account's id.
    const ACCOUNT: Self::Column;
}

macro_rules! belongs_to_account {
    ($($table:ident by $column:ident;)+) => {
        $(impl TenantEntity for $table::Entity {
            const ACCOUNT: Self::Column = $table::Column::$column;
        })+
    };
}

belongs_to_account! {
    account by Id;
    activity by AccountId;
    agent by AccountId;
    api_key by AccountId;
    audit_entry by AccountId;
    citation by AccountId;
    contact by AccountId;
    conversation by AccountId;
    conversation_context by AccountId;
    deal by AccountId;
    document by AccountId;
    document_content by AccountId;
    handoff by AccountId;
    job by AccountId;
    lead by AccountId;
    mcp_server by AccountId;
    message by AccountId;
    passage by AccountId;
    persona by AccountId;
    persona_version by AccountId;
    price_item by AccountId;
    price_list by AccountId;
    provider_key by AccountId;
    quote by AccountId;
    quote_line by AccountId;
    rating by AccountId;
    run by AccountId;
    run_event by AccountId;
    run_step by AccountId;
    ticket by AccountId;
    ticket_comment by AccountId;
    tool_call by AccountId;
    tool_effect by AccountId;
    tool_grant by AccountId;
    usage_record by AccountId;
    vector by AccountId;
    vector_collection by AccountId;
    vector_db_config by AccountId;
    workflow_state by AccountId;
}

#[expect(
    clippy::disallowed_methods,
    reason = "the one place that begins a tenant's queries: each is narrowed to its account"
)]
impl TenantStore {
    /// Selects the account's rows of a table.
    pub(super) fn rows<E: TenantEntity>(&self) -> Select<E> {
        E::find().filter(E::ACCOUNT.eq(self.account.uuid()))
    }

    /// Updates the account's rows.
    pub(super) fn change<E: TenantEntity>(&self) -> UpdateMany<E> {
        E::update_many().filter(E::ACCOUNT.eq(self.account.uuid()))
    }

    /// Deletes the account's rows.
    pub(super) fn delete<E: TenantEntity>(&self) -> DeleteMany<E> {
        E::delete_many().filter(E::ACCOUNT.eq(self.account.uuid()))
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
