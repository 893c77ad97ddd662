//! Vector stores in the API.

use async_graphql::{Context, Enum, ID, InputObject, SimpleObject};

use super::{
    agent::Agent, context::ContextExt, document::KnowledgeSummary, error::Result,
    template::VectorStoreKind,
};
use crate::{
    domain::{self, AgentId, Secret, VectorConfig},
    error::Error,
    service::VectorStoreChange,
};

/// Where an agent's vectors lie.
#[derive(SimpleObject)]
#[graphql(complex)]
pub(super) struct VectorStore {
    /// The kind of store.
    kind: VectorStoreKind,
    /// The index, where the store has several; null until something lies there.
    index_name: Option<String>,
    /// The part of the index that is the agent's own; null until something lies there.
    namespace: Option<String>,
    /// How many numbers each vector has.
    dimensions: i32,
    /// The model that made them.
    embedding_model: String,
    /// The move that is under way, has failed, or brought them here.
    migration: Option<VectorStoreMigration>,
    #[graphql(skip)]
    agent: domain::Agent,
}

/// Where an agent's vectors lie.
#[async_graphql::ComplexObject]
impl VectorStore {
    /// How many passages are searched.
    async fn passages(&self, ctx: &Context<'_>) -> Result<i64> {
        Ok(KnowledgeSummary::of(ctx, &self.agent).await?.passages)
    }
}

impl VectorStore {
    pub(super) async fn of(ctx: &Context<'_>, agent: &domain::Agent) -> Result<Self> {
        let configs = ctx
            .services()?
            .vector_stores
            .of_agent(ctx.actor()?, agent)
            .await?;
        let target = configs.iter().find(|config| !config.is_serving());
        let serving = configs.iter().find(|config| config.is_serving());
        let serving =
            serving.ok_or_else(|| Error::internal("find where an agent's vectors lie"))?;
        let moved = target.unwrap_or(serving);
        Ok(Self {
            kind: serving.kind.into(),
            index_name: serving.index.clone(),
            namespace: serving.namespace.clone(),
            dimensions: serving.dimensions,
            embedding_model: serving.embedder.clone(),
            migration: VectorStoreMigration::of(moved),
            agent: agent.clone(),
        })
    }
}

/// A move of an agent's vectors from one store to another, while they are searched.
#[derive(SimpleObject)]
pub(super) struct VectorStoreMigration {
    /// From where.
    from: VectorStoreKind,
    /// To where.
    to: VectorStoreKind,
    /// How many vectors were copied.
    copied: i64,
    /// How many there are to copy.
    total: i64,
    /// How far it is.
    state: MigrationState,
    /// Why it failed.
    error: Option<String>,
}

impl VectorStoreMigration {
    fn of(config: &VectorConfig) -> Option<Self> {
        let migration = config.migration.as_ref()?;
        Some(Self {
            from: migration.from.into(),
            to: config.kind.into(),
            copied: migration.copied,
            total: migration.total,
            state: migration.state.into(),
            error: migration.error.clone(),
        })
    }
}

/// How far a move is.
#[derive(Enum, Debug, Clone, Copy, PartialEq, Eq)]
#[graphql(remote = "domain::MigrationState")]
pub(super) enum MigrationState {
    /// Vectors are being copied.
    Copying,
    /// Both sides are being compared.
    Verifying,
    /// The new store is searched.
    Done,
    /// The old store goes on being searched.
    Failed,
}

/// Where an agent's vectors are to lie.
#[derive(InputObject)]
pub(super) struct ChangeVectorStoreInput {
    /// The agent.
    agent_id: ID,
    /// The kind of store.
    kind: VectorStoreKind,
    /// The account's own key to Pinecone, kept sealed and never shown; the operator's when left out.
    pinecone_api_key: Option<String>,
}

impl ChangeVectorStoreInput {
    pub(super) fn change(self) -> Result<VectorStoreChange> {
        Ok(VectorStoreChange {
            agent: AgentId::parse("input.agentId", &self.agent_id)?,
            kind: self.kind.into(),
            pinecone_api_key: self.pinecone_api_key.map(Secret::new),
        })
    }
}

/// The move has begun, or there is nothing to move.
#[derive(SimpleObject)]
pub(super) struct ChangeVectorStorePayload {
    /// The agent; `vectorStore.migration` tells how far the move is.
    pub(super) agent: Agent,
}
