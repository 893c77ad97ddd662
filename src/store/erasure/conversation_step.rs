//! One step of an erasure: a conversation with everything that belongs to it.

use std::collections::BTreeSet;

use entity::{audit_entry, mcp_server, run, run_record, run_step, tool_call, usage_record};
use sea_orm::{
    ActiveValue::Set, ColumnTrait, Condition, EntityTrait, JoinType, QueryFilter, QuerySelect,
    sea_query::Expr,
};
use uuid::Uuid;

use super::rows::{ErasedRows, RemovalStage, RowCounter, RowRemover};
use crate::{
    domain::{ConversationId, ErasureId, ToolCallId},
    error::Result,
    store::{TenantStore, connection::Transaction, scoped::visit_tables},
};

/// The maximum number of subjects in one query of the audit log.
const AT_A_TIME: usize = 500;

impl TenantStore {
    /// Removes a conversation from every table, and counts in the erasure what was removed and whom its texts were sent
    /// to. Does nothing when the conversation does not exist any more.
    pub async fn erase_conversation(&self, id: ErasureId, of: ConversationId) -> Result<()> {
        let transaction = self.database.begin().await?;
        let mut erasure = self.lock_erasure(id, &transaction).await?;
        erasure
            .sent_to
            .extend(self.recipients(Some(of), &transaction).await?);
        let rows = ErasedRows::Conversation(of);
        let mut counter = RowCounter {
            store: self,
            rows,
            transaction: &transaction,
            counts: &mut erasure.removed,
        };
        visit_tables(&mut counter).await?;
        let redacted = self.redact_conversation(id, of, &transaction).await?;
        if redacted > 0 {
            *erasure.removed.entry("auditEntry".to_owned()).or_default() += redacted;
        }
        self.unlink_usage(of, &transaction).await?;
        self.unlink_added_records(of, &transaction).await?;
        for stage in [
            RemovalStage::AddedByTools,
            RemovalStage::ToolEffects,
            RemovalStage::Others,
        ] {
            let mut remover = RowRemover {
                store: self,
                rows,
                stage,
                transaction: &transaction,
            };
            visit_tables(&mut remover).await?;
        }
        self.keep_progress(&erasure, &transaction).await?;
        transaction.commit().await
    }

    /// The models and tool servers that were sent texts of a conversation, or of the whole account, each as `model …` or
    /// `tool server …`.
    pub(in crate::store) async fn recipients(
        &self,
        of: Option<ConversationId>,
        transaction: &Transaction,
    ) -> Result<BTreeSet<String>> {
        let models = self.models_of(of, transaction).await?;
        let to_server = tool_call::Entity::belongs_to(mcp_server::Entity)
            .from(tool_call::Column::ServerId)
            .to(mcp_server::Column::Id);
        let servers: Vec<String> = self
            .rows::<tool_call::Entity>()
            .join(JoinType::InnerJoin, to_server.into())
            .filter(some(of.map(|id| {
                tool_call::Column::RunId.in_subquery(self.run_ids(id))
            })))
            .filter(tool_call::Column::CalledAt.is_not_null())
            .select_only()
            .column(mcp_server::Column::Name)
            .distinct()
            .into_tuple()
            .all(&**transaction)
            .await?;
        let servers = servers
            .into_iter()
            .map(|name| format!("tool server {name}"));
        let models = models.into_iter().map(|name| format!("model {name}"));
        Ok(models.chain(servers).collect())
    }

    /// The models of a conversation's runs, or of all: those that answered, broke off, called tools, or were paid for.
    async fn models_of(
        &self,
        of: Option<ConversationId>,
        transaction: &Transaction,
    ) -> Result<BTreeSet<String>> {
        let runs: Vec<(Option<String>, Option<String>)> = self
            .rows::<run::Entity>()
            .filter(some(of.map(|id| run::Column::ConversationId.eq(id.uuid()))))
            .select_only()
            .column(run::Column::Model)
            .column(run::Column::FailedModel)
            .distinct()
            .into_tuple()
            .all(&**transaction)
            .await?;
        let called_tools: Vec<String> = self
            .rows::<run_step::Entity>()
            .filter(some(of.map(|id| {
                run_step::Column::RunId.in_subquery(self.run_ids(id))
            })))
            .select_only()
            .column(run_step::Column::Model)
            .distinct()
            .into_tuple()
            .all(&**transaction)
            .await?;
        let used: Vec<Option<String>> = self
            .rows::<usage_record::Entity>()
            .filter(some(
                of.map(|id| usage_record::Column::ConversationId.eq(id.uuid())),
            ))
            .select_only()
            .column(usage_record::Column::Model)
            .distinct()
            .into_tuple()
            .all(&**transaction)
            .await?;
        let of_runs = runs.into_iter().flat_map(|(model, failed)| [model, failed]);
        let known = of_runs.chain(used).flatten().chain(called_tools);
        Ok(known.filter(|model| !model.is_empty()).collect())
    }

    /// Redacts the audit entries of a conversation and of its tool calls.
    async fn redact_conversation(
        &self,
        id: ErasureId,
        of: ConversationId,
        transaction: &Transaction,
    ) -> Result<u64> {
        use audit_entry::Column::{ConversationId, Subject};
        let named = Condition::any()
            .add(ConversationId.eq(of.uuid()))
            .add(Subject.eq(of.to_string()));
        let mut redacted = self.redact_entries(id, named, transaction).await?;
        let calls: Vec<Uuid> = self
            .rows::<tool_call::Entity>()
            .filter(tool_call::Column::RunId.in_subquery(self.run_ids(of)))
            .select_only()
            .column(tool_call::Column::Id)
            .into_tuple()
            .all(&**transaction)
            .await?;
        for some in calls.chunks(AT_A_TIME) {
            let subjects = some.iter().map(|id| ToolCallId::from_uuid(*id).to_string());
            let named = Condition::all().add(Subject.is_in(subjects));
            redacted += self.redact_entries(id, named, transaction).await?;
        }
        Ok(redacted)
    }

    /// Takes the conversation out of the usage records; their sums stay. The id of a run leads to nothing any more, and
    /// the number of runs is counted by it.
    async fn unlink_usage(&self, of: ConversationId, transaction: &Transaction) -> Result<()> {
        self.change::<usage_record::Entity>()
            .filter(usage_record::Column::ConversationId.eq(of.uuid()))
            .set(usage_record::ActiveModel {
                conversation_id: Set(None),
                ..Default::default()
            })
            .exec(&**transaction)
            .await?;
        self.change::<run_record::Entity>()
            .filter(run_record::Column::ConversationId.eq(of.uuid()))
            .set(run_record::ActiveModel {
                conversation_id: Set(None),
                ..Default::default()
            })
            .exec(&**transaction)
            .await?;
        Ok(())
    }
}

/// The condition, if there is one.
fn some(condition: Option<Expr>) -> Condition {
    Condition::all().add_option(condition)
}
