//! The locations of agents' vectors, and the moves between two locations. A row describes one location.
//!
//! A move ends, and a document becomes searchable, only while the transaction holds the locks on the agent's rows here,
//! so that neither can miss the other.

mod moving;

use chrono::{DateTime, Utc};
use entity::vector_db_config::{self as vector_config, VectorDbKind, VectorDbRole};
use sea_orm::{
    ActiveValue::Set, ColumnTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect,
    sea_query::LockType,
};
use serde_json::json;
use uuid::Uuid;

pub use moving::BeginMoveOutcome;
pub(in crate::store) use moving::note_change;

use crate::{
    domain::{AgentId, JobKind, VectorConfig, VectorRole, VectorStoreKind},
    error::Result,
    store::{
        TenantStore,
        connection::Transaction,
        error::is_taken,
        job::JobRequest,
        row::{from_json, same_variants, to_json},
    },
};

impl TenantStore {
    /// The locations of an agent's vectors: the one that is searched, then the target of a move.
    pub async fn vector_configs(&self, agent: AgentId) -> Result<Vec<VectorConfig>> {
        self.rows::<vector_config::Entity>()
            .filter(vector_config::Column::AgentInstanceId.eq(agent.uuid()))
            .order_by_asc(vector_config::Column::Role)
            .all(self.database.primary())
            .await?
            .into_iter()
            .map(config_of)
            .collect()
    }

    /// As [`Self::vector_configs`], for many agents.
    pub async fn vector_configs_of(&self, agents: &[AgentId]) -> Result<Vec<VectorConfig>> {
        self.rows::<vector_config::Entity>()
            .filter(vector_config::Column::AgentInstanceId.is_in(agents.iter().map(|id| id.uuid())))
            .order_by_asc(vector_config::Column::Role)
            .all(self.database.primary())
            .await?
            .into_iter()
            .map(config_of)
            .collect()
    }

    /// Stores the first location of an agent's vectors, unless it has one. `CONFLICT` when the agent does not exist.
    pub async fn insert_vector_config(
        &self,
        config: &VectorConfig,
        at: DateTime<Utc>,
    ) -> Result<()> {
        let writer = self.database.writer().await;
        let inserted = vector_config::Entity::insert(config_row(self, config, at)?)
            .exec_without_returning(&*writer)
            .await;
        match inserted {
            Ok(_) => Ok(()),
            Err(cause) if is_taken(&cause) => Ok(()),
            Err(cause) => Err(cause.into()),
        }
    }

    /// Stores a collection's index and namespace in its vector store.
    pub async fn place_vectors(
        &self,
        id: Uuid,
        index: Option<&str>,
        namespace: Option<&str>,
        at: DateTime<Utc>,
    ) -> Result<()> {
        let writer = self.database.writer().await;
        self.change::<vector_config::Entity>()
            .filter(vector_config::Column::Id.eq(id))
            .set(vector_config::ActiveModel {
                index_name: Set(index.map(ToOwned::to_owned)),
                namespace: Set(namespace.map(ToOwned::to_owned)),
                updated_at: Set(at),
                ..Default::default()
            })
            .exec(&*writer)
            .await?;
        Ok(())
    }

    /// Stores why vectors could not be written to a collection, or that they could.
    pub async fn note_vector_problem(&self, id: Uuid, problem: Option<&str>) -> Result<()> {
        let writer = self.database.writer().await;
        self.change::<vector_config::Entity>()
            .filter(vector_config::Column::Id.eq(id))
            .set(vector_config::ActiveModel {
                problem: Set(problem.map(ToOwned::to_owned)),
                ..Default::default()
            })
            .exec(&*writer)
            .await?;
        Ok(())
    }

    /// The agent's rows, locked until the transaction ends.
    pub(super) async fn hold_vector_configs(
        &self,
        agent: AgentId,
        transaction: &Transaction,
    ) -> Result<Vec<VectorConfig>> {
        self.rows::<vector_config::Entity>()
            .filter(vector_config::Column::AgentInstanceId.eq(agent.uuid()))
            .order_by_asc(vector_config::Column::Id)
            .lock(LockType::Update)
            .all(&**transaction)
            .await?
            .into_iter()
            .map(config_of)
            .collect()
    }

    /// Queues the removal of the vectors of an agent that is being deleted, in every location.
    pub(super) async fn forget_vectors_of(
        &self,
        agent: AgentId,
        at: DateTime<Utc>,
        transaction: &Transaction,
    ) -> Result<()> {
        for config in self.hold_vector_configs(agent, transaction).await? {
            self.drop_config(&config, at, transaction).await?;
        }
        Ok(())
    }

    /// Deletes a row, and queues the removal of the vectors in its location.
    async fn drop_config(
        &self,
        config: &VectorConfig,
        at: DateTime<Utc>,
        transaction: &Transaction,
    ) -> Result<()> {
        self.delete::<vector_config::Entity>()
            .filter(vector_config::Column::Id.eq(config.id))
            .exec(&**transaction)
            .await?;
        let payload = json!({"config": config});
        let job = JobRequest {
            payload: Some(payload),
            ..JobRequest::new(JobKind::RemoveVectors, config.id)
        };
        self.want_job(job, at, transaction).await
    }
}

fn config_row(
    store: &TenantStore,
    config: &VectorConfig,
    at: DateTime<Utc>,
) -> Result<vector_config::ActiveModel> {
    let migration = config
        .migration
        .as_ref()
        .map(|migration| to_json("vector_db_configs.migration", migration));
    Ok(vector_config::ActiveModel {
        id: Set(config.id),
        account_id: Set(store.account.uuid()),
        agent_instance_id: Set(config.agent.uuid()),
        kind: Set(config.kind.into()),
        role: Set(config.role.into()),
        connection_details: Set(config.credentials.clone()),
        namespace: Set(config.namespace.clone()),
        index_name: Set(config.index.clone()),
        dimensions: Set(config.dimensions),
        generation: Set(config.generation),
        embedder: Set(config.embedder.clone()),
        migration: Set(migration.transpose()?),
        problem: Set(config.problem.clone()),
        created_at: Set(at),
        updated_at: Set(at),
    })
}

fn config_of(row: vector_config::Model) -> Result<VectorConfig> {
    Ok(VectorConfig {
        id: row.id,
        agent: AgentId::from_uuid(row.agent_instance_id),
        kind: row.kind.into(),
        role: row.role.into(),
        generation: row.generation,
        dimensions: row.dimensions,
        embedder: row.embedder,
        index: row.index_name,
        namespace: row.namespace,
        credentials: row.connection_details,
        migration: row
            .migration
            .map(|migration| from_json("vector_db_configs.migration", migration))
            .transpose()?,
        problem: row.problem,
    })
}

same_variants!(VectorDbKind, VectorStoreKind: Embedded, Pgvector, PineconeNamespace, PineconeDedicated);
same_variants!(VectorDbRole, VectorRole: Serving, Target);
