//! What belongs to a conversation: its active run, its handoffs, and the states that its agents' workflows keep.

use std::collections::HashMap;

use async_graphql::dataloader::Loader;
use serde_json::Value;

use super::{ActiveRunKey, AlternativesKey, ConversationHandoffsKey, WorkflowStatesKey};
use crate::{
    domain::{AgentId, ConversationId, Handoff, Message, Run, RunStatus},
    graphql::error::{ApiError, Result},
    service::Relations,
};

impl Loader<ConversationHandoffsKey> for Relations {
    type Value = Vec<Handoff>;
    type Error = ApiError;

    async fn load(
        &self,
        keys: &[ConversationHandoffsKey],
    ) -> Result<HashMap<ConversationHandoffsKey, Vec<Handoff>>> {
        let conversations: Vec<ConversationId> = keys.iter().map(|key| key.0).collect();
        let mut handoffs: HashMap<ConversationHandoffsKey, Vec<Handoff>> = HashMap::new();
        for handoff in self.handoffs_of(&conversations).await? {
            let key = ConversationHandoffsKey(handoff.conversation);
            handoffs.entry(key).or_default().push(handoff);
        }
        Ok(handoffs)
    }
}

impl Loader<ActiveRunKey> for Relations {
    type Value = Run;
    type Error = ApiError;

    async fn load(&self, keys: &[ActiveRunKey]) -> Result<HashMap<ActiveRunKey, Run>> {
        let conversations: Vec<ConversationId> = keys.iter().map(|key| key.0).collect();
        let mut active: HashMap<ActiveRunKey, Run> = HashMap::new();
        for run in self.unfinished_runs_of(&conversations).await? {
            let key = ActiveRunKey(run.conversation);
            // a conversation has one active run at most, and the queued ones come in their order
            if run.status == RunStatus::Queued {
                active.entry(key).or_insert(run);
            } else {
                active.insert(key, run);
            }
        }
        Ok(active)
    }
}

impl Loader<AlternativesKey> for Relations {
    type Value = Vec<Message>;
    type Error = ApiError;

    async fn load(
        &self,
        keys: &[AlternativesKey],
    ) -> Result<HashMap<AlternativesKey, Vec<Message>>> {
        let messages = keys.iter().map(|key| (key.message, key.run)).collect();
        let mut versions = self.versions_of(&messages).await?;
        let found = keys.iter().filter_map(|key| {
            let versions = versions.remove(&key.message)?;
            Some((*key, versions))
        });
        Ok(found.collect())
    }
}

impl Loader<WorkflowStatesKey> for Relations {
    type Value = Vec<(AgentId, Value)>;
    type Error = ApiError;

    async fn load(
        &self,
        keys: &[WorkflowStatesKey],
    ) -> Result<HashMap<WorkflowStatesKey, Self::Value>> {
        let ids: Vec<_> = keys.iter().map(|key| key.0).collect();
        let mut states: HashMap<WorkflowStatesKey, Self::Value> = HashMap::new();
        for (conversation, agent, state) in self.workflow_states(&ids).await? {
            let key = WorkflowStatesKey(conversation);
            states.entry(key).or_default().push((agent, state));
        }
        Ok(states)
    }
}
