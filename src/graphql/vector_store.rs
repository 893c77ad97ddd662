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

/// The vector store of an agent.
#[derive(SimpleObject)]
#[graphql(complex)]
pub(super) struct VectorStore {
    /// The kind of store.
    kind: VectorStoreKind,
    /// The name of the index, for stores with several indexes; null before the first vector is stored.
    index_name: Option<String>,
    /// The agent's own part of the index; null before the first vector is stored.
    namespace: Option<String>,
    /// The number of dimensions of each vector.
    dimensions: i32,
    /// The embedding model of the vectors.
    embedding_model: String,
    /// The migration that is in progress or failed, or the one that moved the vectors to this store.
    migration: Option<VectorStoreMigration>,
    #[graphql(skip)]
    agent: domain::Agent,
}

/// The vector store of an agent.
#[async_graphql::ComplexObject]
impl VectorStore {
    /// The number of searchable passages.
    async fn passage_count(&self, ctx: &Context<'_>) -> Result<i64> {
        Ok(KnowledgeSummary::of(ctx, &self.agent).await?.passage_count)
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

/// The migration of an agent's vectors from one store to another; they stay searchable meanwhile.
#[derive(SimpleObject)]
pub(super) struct VectorStoreMigration {
    /// The kind of the old store.
    from: VectorStoreKind,
    /// The kind of the new store.
    to: VectorStoreKind,
    /// The number of vectors copied so far.
    copied: i64,
    /// The number of vectors to copy.
    total: i64,
    /// The state of the migration.
    state: MigrationState,
    /// Why the migration failed.
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

/// The state of a vector store migration.
#[derive(Enum, Debug, Clone, Copy, PartialEq, Eq)]
#[graphql(remote = "domain::MigrationState")]
pub(super) enum MigrationState {
    /// Vectors are copied to the new store.
    Copying,
    /// The two stores are compared.
    Verifying,
    /// Searches use the new store.
    Done,
    /// Searches continue to use the old store.
    Failed,
}

/// The new vector store of an agent.
#[derive(InputObject)]
pub(super) struct ChangeVectorStoreInput {
    /// The agent.
    agent_id: ID,
    /// The kind of store.
    kind: VectorStoreKind,
    /// The account's own Pinecone key, stored encrypted and never returned. Default: the operator's key.
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

/// The result of `changeVectorStore`: the migration started, or there was nothing to move.
#[derive(SimpleObject)]
pub(super) struct ChangeVectorStorePayload {
    /// The agent; `vectorStore.migration` shows the progress.
    pub(super) agent: Agent,
}
