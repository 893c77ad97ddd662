//! The rows of one conversation, or of one person, in every table: which they are, how many, and their removal.

use std::collections::BTreeMap;

use entity::{message, run, tool_call, tool_effect};
use sea_orm::{
    ColumnTrait, Condition, QueryFilter, QuerySelect, QueryTrait, sea_query::SelectStatement,
};

use crate::{
    domain::{ConversationId, EndUserId},
    error::Result,
    store::{
        TenantStore,
        connection::Transaction,
        scoped::{ErasedBy, TableVisitor, TenantEntity},
    },
};

/// The built-in tools that add a row; what the other tools change was added by someone else.
pub(super) const ADDING_TOOLS: [&str; 7] = [
    "add_comment",
    "create_contact",
    "create_deal",
    "create_lead",
    "create_quote",
    "create_ticket",
    "log_activity",
];

/// The rows that one step of an erasure removes.
#[derive(Debug, Clone, Copy)]
pub(in crate::store) enum ErasedRows {
    /// Those of a conversation.
    Conversation(ConversationId),
    /// Those of an end user without conversations.
    EndUser(EndUserId),
    /// All of the account.
    Account,
}

impl ErasedRows {
    /// The condition of the rows of a table; none when the table has no such rows.
    pub(in crate::store) fn condition<E: TenantEntity>(
        self,
        store: &TenantStore,
    ) -> Option<Condition> {
        let found = match (E::ERASED_BY, self) {
            (ErasedBy::EndUser(column), Self::EndUser(id)) => column.eq(id.uuid()),
            (ErasedBy::Conversation(column), Self::Conversation(id)) => column.eq(id.uuid()),
            (ErasedBy::Run(column), Self::Conversation(id)) => {
                column.in_subquery(store.run_ids(id))
            }
            (ErasedBy::Message(column), Self::Conversation(id)) => {
                column.in_subquery(store.message_ids(id))
            }
            (ErasedBy::AddedByTool(column), Self::Conversation(id)) => {
                column.in_subquery(store.added_ids(id))
            }
            (ErasedBy::ToolCallKey(column), Self::Conversation(id)) => {
                column.in_subquery(store.call_keys(id))
            }
            (_, Self::Account) => return Some(Condition::all()),
            _ => return None,
        };
        Some(Condition::all().add(found))
    }
}

impl TenantStore {
    /// The ids of a conversation's runs.
    pub(super) fn run_ids(&self, id: ConversationId) -> SelectStatement {
        self.rows::<run::Entity>()
            .filter(run::Column::ConversationId.eq(id.uuid()))
            .select_only()
            .column(run::Column::Id)
            .into_query()
    }

    /// The ids of a conversation's messages.
    fn message_ids(&self, id: ConversationId) -> SelectStatement {
        self.rows::<message::Entity>()
            .filter(message::Column::ConversationId.eq(id.uuid()))
            .select_only()
            .column(message::Column::Id)
            .into_query()
    }

    /// The idempotency keys of a conversation's tool calls.
    fn call_keys(&self, id: ConversationId) -> SelectStatement {
        self.rows::<tool_call::Entity>()
            .filter(tool_call::Column::RunId.in_subquery(self.run_ids(id)))
            .select_only()
            .column(tool_call::Column::IdempotencyKey)
            .into_query()
    }

    /// The ids of the rows that a conversation's tool calls added.
    pub(super) fn added_ids(&self, id: ConversationId) -> SelectStatement {
        self.rows::<tool_effect::Entity>()
            .filter(tool_effect::Column::Key.in_subquery(self.call_keys(id)))
            .filter(tool_effect::Column::Tool.is_in(ADDING_TOOLS))
            .select_only()
            .column(tool_effect::Column::Subject)
            .into_query()
    }
}

/// Counts the rows by kind.
pub(in crate::store) struct RowCounter<'a> {
    pub(in crate::store) store: &'a TenantStore,
    pub(in crate::store) rows: ErasedRows,
    pub(in crate::store) transaction: &'a Transaction,
    /// The number of rows by kind so far.
    pub(in crate::store) counts: &'a mut BTreeMap<String, u64>,
}

impl TableVisitor for RowCounter<'_> {
    async fn visit<E: TenantEntity>(&mut self) -> Result<()> {
        let Some(condition) = self.rows.condition::<E>(self.store) else {
            return Ok(());
        };
        let found = self.store.rows::<E>().filter(condition);
        let count: Option<i64> = found
            .select_only()
            .column_as(E::ACCOUNT.count(), "count")
            .into_tuple()
            .one(&**self.transaction)
            .await?;
        let count = count.and_then(|count| u64::try_from(count).ok());
        if let Some(count) = count.filter(|count| *count > 0) {
            *self.counts.entry(kind_of(E::NOUN)).or_default() += count;
        }
        Ok(())
    }
}

/// Which rows a [`RowRemover`] removes first: those that are found through others go before these.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum RemovalStage {
    /// What tool calls added.
    AddedByTools,
    /// The effects of tool calls.
    ToolEffects,
    /// All others; deleting a conversation deletes what belongs to it.
    Others,
}

/// Deletes the rows of one stage.
pub(super) struct RowRemover<'a> {
    pub(super) store: &'a TenantStore,
    pub(super) rows: ErasedRows,
    pub(super) stage: RemovalStage,
    pub(super) transaction: &'a Transaction,
}

impl TableVisitor for RowRemover<'_> {
    async fn visit<E: TenantEntity>(&mut self) -> Result<()> {
        let stage = match E::ERASED_BY {
            ErasedBy::AddedByTool(_) => RemovalStage::AddedByTools,
            ErasedBy::ToolCallKey(_) => RemovalStage::ToolEffects,
            _ => RemovalStage::Others,
        };
        let condition = self.rows.condition::<E>(self.store);
        let Some(condition) = condition.filter(|_| stage == self.stage) else {
            return Ok(());
        };
        self.store
            .delete::<E>()
            .filter(condition)
            .exec(&**self.transaction)
            .await?;
        Ok(())
    }
}

/// The noun of a row as the API writes it: `tool_call` is `toolCall`.
pub(in crate::store) fn kind_of(noun: &str) -> String {
    let mut kind = String::with_capacity(noun.len());
    let mut words = noun.split('_');
    kind.push_str(words.next().unwrap_or_default());
    for word in words {
        let mut letters = word.chars();
        kind.extend(letters.next().map(|first| first.to_ascii_uppercase()));
        kind.push_str(letters.as_str());
    }
    kind
}
