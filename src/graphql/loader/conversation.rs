//! What belongs to a conversation: its handoffs, and the states that its agents' workflows keep.

use std::collections::HashMap;

use async_graphql::dataloader::Loader;
use serde_json::Value;

use super::{ConversationHandoffsKey, WorkflowStatesKey};
use crate::{
    domain::{AgentId, ConversationId, Handoff},
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
