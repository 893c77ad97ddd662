//! The context that each agent of a conversation works with, kept while another agent answers.

use chrono::{DateTime, Utc};
use entity::{conversation, conversation_context};
use sea_orm::{ActiveValue::Set, ColumnTrait, EntityTrait, QueryFilter, sea_query::OnConflict};
use serde_json::{Value, json};

use crate::{
    domain::{AgentId, ConversationId},
    error::Result,
    store::{TenantStore, connection::Transaction},
};

/// A context to keep.
pub(super) struct KeptContext<'a> {
    pub(super) conversation: ConversationId,
    pub(super) agent: AgentId,
    pub(super) context: &'a Value,
    pub(super) at: DateTime<Utc>,
}

impl TenantStore {
    /// The context that an agent had when it last answered in a conversation; an empty object when it never did.
    pub async fn agent_context(
        &self,
        conversation: ConversationId,
        agent: AgentId,
    ) -> Result<Value> {
        let row = self
            .rows::<conversation_context::Entity>()
            .filter(conversation_context::Column::ConversationId.eq(conversation.uuid()))
            .filter(conversation_context::Column::AgentId.eq(agent.uuid()))
            .one(self.database.primary())
            .await?;
        Ok(row.map_or_else(|| json!({}), |row| row.context))
    }

    /// Keeps the context of an agent that no longer answers.
    pub(super) async fn keep_context(
        &self,
        kept: &KeptContext<'_>,
        transaction: &Transaction,
    ) -> Result<()> {
        let row = conversation_context::ActiveModel {
            conversation_id: Set(kept.conversation.uuid()),
            agent_id: Set(kept.agent.uuid()),
            account_id: Set(self.account.uuid()),
            context: Set(kept.context.clone()),
            updated_at: Set(kept.at),
        };
        let key = [
            conversation_context::Column::ConversationId,
            conversation_context::Column::AgentId,
        ];
        let replaced = [
            conversation_context::Column::Context,
            conversation_context::Column::UpdatedAt,
        ];
        let replace = OnConflict::columns(key).update_columns(replaced).to_owned();
        conversation_context::Entity::insert(row)
            .on_conflict(replace)
            .exec_without_returning(&**transaction)
            .await?;
        Ok(())
    }

    /// Keeps the context of the agent that answers a conversation, and returns the context of the agent that answers it
    /// next; none when it is the same agent.
    pub(super) async fn swap_context(
        &self,
        conversation: ConversationId,
        next: Option<AgentId>,
        transaction: &Transaction,
    ) -> Result<Option<Value>> {
        let row = self
            .rows::<conversation::Entity>()
            .filter(conversation::Column::Id.eq(conversation.uuid()))
            .one(&**transaction)
            .await?;
        let Some(row) = row.filter(|row| row.agent_id != next.map(AgentId::uuid)) else {
            return Ok(None);
        };
        if let Some(agent) = row.agent_id.map(AgentId::from_uuid) {
            let kept = KeptContext {
                conversation,
                agent,
                context: &row.context,
                at: row.updated_at,
            };
            self.keep_context(&kept, transaction).await?;
        }
        let Some(next) = next else {
            return Ok(None);
        };
        let kept = self
            .rows::<conversation_context::Entity>()
            .filter(conversation_context::Column::ConversationId.eq(conversation.uuid()))
            .filter(conversation_context::Column::AgentId.eq(next.uuid()))
            .one(&**transaction)
            .await?;
        Ok(Some(kept.map_or_else(|| json!({}), |row| row.context)))
    }
}
