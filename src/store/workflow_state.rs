//! The states that workflows keep of conversations: one version per run that changed it, so that another line of a
//! conversation continues from the state that its own runs left.

use std::collections::{HashMap, HashSet};

use chrono::{DateTime, Utc};
use entity::{run, workflow_state};
use sea_orm::{
    ActiveValue::Set, ColumnTrait, Condition, EntityTrait, QueryFilter, QueryOrder, QuerySelect,
    QueryTrait, Select, sea_query::OnConflict,
};
use serde_json::Value;
use uuid::Uuid;

use crate::{
    domain::{AgentId, Conversation, ConversationId, KeptState, RunId},
    error::Result,
    store::{TenantStore, connection::Transaction},
};

/// A state to store.
pub(super) struct NewState<'a> {
    pub(super) conversation: ConversationId,
    pub(super) agent: AgentId,
    /// The run that left the state.
    pub(super) run: RunId,
    pub(super) kept: &'a KeptState,
    pub(super) at: DateTime<Utc>,
}

impl TenantStore {
    /// The state that an agent's workflow keeps of a conversation on its selected line; an empty one when it keeps none.
    pub async fn workflow_state(
        &self,
        conversation: ConversationId,
        agent: AgentId,
    ) -> Result<KeptState> {
        self.newest_state(conversation, agent, Condition::all())
            .await
    }

    async fn newest_state(
        &self,
        conversation: ConversationId,
        agent: AgentId,
        condition: Condition,
    ) -> Result<KeptState> {
        let row = self
            .selected_states(&[conversation])
            .filter(workflow_state::Column::AgentId.eq(agent.uuid()))
            .filter(condition)
            .order_by_desc(workflow_state::Column::RunId)
            .one(self.database.primary())
            .await?;
        let kept = row.map(|row| KeptState {
            state: row.state,
            private: row.private,
        });
        Ok(kept.unwrap_or_default())
    }

    /// As [`Self::workflow_state`], as it was after the conversation's last run.
    pub async fn workflow_state_of(
        &self,
        conversation: &Conversation,
        agent: AgentId,
    ) -> Result<KeptState> {
        let Some(head) = conversation.head_run else {
            return Ok(KeptState::default());
        };
        let up_to_head = workflow_state::Column::RunId.lte(head.uuid());
        self.newest_state(conversation.id, agent, Condition::all().add(up_to_head))
            .await
    }

    /// The states that the workflows of all agents keep of these conversations on their selected lines.
    pub async fn workflow_states(
        &self,
        conversations: &[ConversationId],
    ) -> Result<Vec<(ConversationId, AgentId, Value)>> {
        // the keys first: only the newest version of each state is read
        let keys: Vec<(Uuid, Uuid, Uuid)> = self
            .selected_states(conversations)
            .order_by_asc(workflow_state::Column::RunId)
            .select_only()
            .column(workflow_state::Column::ConversationId)
            .column(workflow_state::Column::AgentId)
            .column(workflow_state::Column::RunId)
            .into_tuple()
            .all(self.database.primary())
            .await?;
        if keys.is_empty() {
            return Ok(Vec::new());
        }
        let newest: HashMap<(Uuid, Uuid), Uuid> = keys
            .into_iter()
            .map(|(conversation, agent, run)| ((conversation, agent), run))
            .collect();
        let runs: HashSet<Uuid> = newest.values().copied().collect();
        let rows = self
            .rows::<workflow_state::Entity>()
            .filter(workflow_state::Column::ConversationId.is_in(newest.keys().map(|key| key.0)))
            .filter(workflow_state::Column::RunId.is_in(runs))
            .all(self.database.primary())
            .await?;
        let is_newest = |row: &workflow_state::Model| {
            newest.get(&(row.conversation_id, row.agent_id)) == Some(&row.run_id)
        };
        let state = |row: workflow_state::Model| {
            (
                ConversationId::from_uuid(row.conversation_id),
                AgentId::from_uuid(row.agent_id),
                row.state,
            )
        };
        Ok(rows.into_iter().filter(is_newest).map(state).collect())
    }

    fn selected_states(&self, conversations: &[ConversationId]) -> Select<workflow_state::Entity> {
        let ids = || conversations.iter().map(|id| id.uuid());
        let selected = self
            .rows::<run::Entity>()
            .filter(run::Column::ConversationId.is_in(ids()))
            .filter(run::Column::Selected.eq(true))
            .select_only()
            .column(run::Column::Id)
            .into_query();
        self.rows::<workflow_state::Entity>()
            .filter(workflow_state::Column::ConversationId.is_in(ids()))
            .filter(workflow_state::Column::RunId.in_subquery(selected))
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
            run_id: Set(new.run.uuid()),
            account_id: Set(self.account.uuid()),
            state: Set(new.kept.state.clone()),
            private: Set(new.kept.private),
            updated_at: Set(new.at),
        };
        let key = [
            workflow_state::Column::ConversationId,
            workflow_state::Column::AgentId,
            workflow_state::Column::RunId,
        ];
        let replaced = [
            workflow_state::Column::State,
            workflow_state::Column::Private,
            workflow_state::Column::UpdatedAt,
        ];
        // an agent that gets the conversation back within a run leaves two states in it
        let replace = OnConflict::columns(key).update_columns(replaced).to_owned();
        workflow_state::Entity::insert(row)
            .on_conflict(replace)
            .exec_without_returning(&**transaction)
            .await?;
        Ok(())
    }
}
