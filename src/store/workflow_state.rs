//! The states that workflows keep of conversations, one per agent.

use chrono::{DateTime, Utc};
use entity::workflow_state;
use sea_orm::{
    ActiveValue::Set,
    ColumnTrait, EntityTrait, ExprTrait, QueryFilter,
    sea_query::{Expr, OnConflict},
};
use serde_json::Value;

use crate::{
    domain::{AgentId, ConversationId, KeptState},
    error::Result,
    store::{TenantStore, connection::Transaction},
};

/// A state to store.
pub(super) struct NewState<'a> {
    pub(super) conversation: ConversationId,
    pub(super) agent: AgentId,
    pub(super) kept: &'a KeptState,
    pub(super) at: DateTime<Utc>,
}

impl TenantStore {
    /// The state that an agent's workflow keeps of a conversation; an empty one when it keeps none.
    pub async fn workflow_state(
        &self,
        conversation: ConversationId,
        agent: AgentId,
    ) -> Result<KeptState> {
        let row = self
            .rows::<workflow_state::Entity>()
            .filter(workflow_state::Column::ConversationId.eq(conversation.uuid()))
            .filter(workflow_state::Column::AgentId.eq(agent.uuid()))
            .one(self.database.primary())
            .await?;
        let kept = row.map(|row| KeptState {
            state: row.state,
            private: row.private,
        });
        Ok(kept.unwrap_or_default())
    }

    /// The states that the workflows of all agents keep of these conversations.
    pub async fn workflow_states(
        &self,
        conversations: &[ConversationId],
    ) -> Result<Vec<(ConversationId, AgentId, Value)>> {
        let ids = conversations.iter().map(|id| id.uuid());
        let rows = self
            .rows::<workflow_state::Entity>()
            .filter(workflow_state::Column::ConversationId.is_in(ids))
            .all(self.database.primary())
            .await?;
        let state = |row: workflow_state::Model| {
            (
                ConversationId::from_uuid(row.conversation_id),
                AgentId::from_uuid(row.agent_id),
                row.state,
            )
        };
        Ok(rows.into_iter().map(state).collect())
    }

    /// Stores a state of an agent that the caller protects from deletion.
    pub(super) async fn keep_state(
        &self,
        new: &NewState<'_>,
        transaction: &Transaction,
    ) -> Result<()> {
        let row = workflow_state::ActiveModel {
            conversation_id: Set(new.conversation.uuid()),
            agent_id: Set(new.agent.uuid()),
            account_id: Set(self.account.uuid()),
            version: Set(1),
            state: Set(new.kept.state.clone()),
            private: Set(new.kept.private),
            updated_at: Set(new.at),
        };
        let key = [
            workflow_state::Column::ConversationId,
            workflow_state::Column::AgentId,
        ];
        let replaced = [
            workflow_state::Column::State,
            workflow_state::Column::Private,
            workflow_state::Column::UpdatedAt,
        ];
        let before = Expr::col((workflow_state::Entity, workflow_state::Column::Version));
        let replace = OnConflict::columns(key)
            .update_columns(replaced)
            .value(workflow_state::Column::Version, before.add(1))
            .to_owned();
        workflow_state::Entity::insert(row)
            .on_conflict(replace)
            .exec_without_returning(&**transaction)
            .await?;
        Ok(())
    }
}
