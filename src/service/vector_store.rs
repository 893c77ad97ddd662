//! Agents' vector stores, and the moves between them.

use std::sync::Arc;

use serde_json::json;

use super::{agent::existing, audit::audit_note, refuse, tables::Tables};
use crate::{
    domain::{
        Actor, Agent, AgentId, AuditNote, Operation, Secret, VectorConfig, VectorRole,
        VectorStoreKind, check_text,
    },
    error::{Error, Result},
    jobs,
    knowledge::Collections,
    port::{Clock, JobQueue},
    store::BeginMoveOutcome,
};

/// The maximum length of a Pinecone key, in characters.
const LONGEST_KEY: usize = 500;

/// The input of a move to another vector store.
#[derive(Debug, Clone)]
pub struct VectorStoreChange {
    /// The agent whose vectors move.
    pub agent: AgentId,
    /// The kind of the new store.
    pub kind: VectorStoreKind,
    /// The account's own Pinecone key; `None` for the operator's key.
    pub pinecone_api_key: Option<Secret>,
}

/// Shows where agents' vectors are stored, and moves them.
#[derive(Clone)]
pub struct VectorStoreService {
    pub(super) tables: Tables,
    pub(super) collections: Collections,
    pub(super) queue: Arc<dyn JobQueue>,
    pub(super) clock: Arc<dyn Clock>,
}

impl VectorStoreService {
    /// Starts to move an agent's vectors to another store; the agent keeps answering.
    pub async fn change(&self, actor: &Actor, change: VectorStoreChange) -> Result<Agent> {
        let permission = actor.authorize(Operation::ChangeVectorStore)?;
        let store = self.tables.tenant(&permission);
        let is_pinecone = matches!(
            change.kind,
            VectorStoreKind::PineconeNamespace | VectorStoreKind::PineconeDedicated
        );
        if let Some(key) = &change.pinecone_api_key {
            let problem = check_text("input.pineconeApiKey", key.reveal(), LONGEST_KEY);
            refuse(problem.into_iter().collect())?;
            if !is_pinecone {
                return Err(Error::bad_input(
                    "input.pineconeApiKey",
                    "given, and the kind is none of Pinecone's; leave it out",
                ));
            }
        }
        let agent = existing(&store, change.agent).await?;
        let collections = &self.collections;
        let own_key = change.pinecone_api_key.is_some();
        collections
            .check_kind(change.kind, own_key)
            .map_err(|error| Error::bad_input("input.kind", error.message()))?;
        collections.ensure(agent.account, agent.id).await?;
        let mut target = collections
            .new_config(agent.id, change.kind, VectorRole::Target)
            .await?;
        target.credentials = change
            .pinecone_api_key
            .map(|key| collections.seal_key(agent.account, target.id, &key))
            .transpose()?;
        let note = AuditNote {
            agent: Some(agent.id),
            ..audit_note(
                self.clock.as_ref(),
                &permission,
                agent.id,
                json!({"kind": change.kind, "ownKey": own_key}),
            )
        };
        let begun = store.begin_move(&target, self.clock.now(), Some(note));
        match begun.await? {
            BeginMoveOutcome::Yes => {
                jobs::offer(self.queue.as_ref(), agent.account, agent.id.uuid());
                Ok(agent)
            }
            BeginMoveOutcome::Already => Ok(agent),
            BeginMoveOutcome::Elsewhere(kind) => Err(Error::conflict(format!(
                "its vectors are being moved to {kind:?} already; wait until that has ended"
            ))),
        }
    }

    /// The agent's present vector store and the target of a move; the one that is searched comes first. Before the
    /// first document, the store that will be used.
    pub async fn of_agent(&self, actor: &Actor, agent: &Agent) -> Result<Vec<VectorConfig>> {
        let permission = actor
            .acting_in(agent.account)?
            .authorize(Operation::Agent)?;
        let store = self.tables.tenant(&permission);
        let configs = store.vector_configs(agent.id).await?;
        if !configs.is_empty() {
            return Ok(configs);
        }
        let kind = self.collections.usual_kind(agent.account, agent.id).await?;
        let planned = self
            .collections
            .new_config(agent.id, kind, VectorRole::Serving)
            .await?;
        Ok(vec![planned])
    }
}
