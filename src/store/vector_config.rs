//! Where agents' vectors lie, and the moves between two places.
//!
//! A move ends, and a document begins to be searched, only while the agent's rows here are held: neither can miss the
//! other.

use chrono::{DateTime, Utc};
use entity::vector_db_config::{self as vector_config, VectorDbKind, VectorDbRole};
use sea_orm::{
    ActiveValue::Set, ColumnTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect,
    sea_query::LockType,
};
use serde_json::json;
use uuid::Uuid;

use crate::{
    domain::{
        AgentId, JobKind, MigrationState, VectorConfig, VectorMigration, VectorRole,
        VectorStoreKind,
    },
    error::{Error, Result},
    store::{
        TenantStore,
        connection::Transaction,
        error::is_taken,
        row::{from_json, same_variants, to_json},
    },
};

/// What came of the wish to move an agent's vectors.
#[derive(Debug, Clone, PartialEq)]
pub enum MoveBegun {
    /// It has begun, or a failed one has begun again.
    Yes,
    /// They lie, or are being moved, there already.
    Already,
    /// They are being moved elsewhere.
    Elsewhere(VectorStoreKind),
}

impl TenantStore {
    /// Where an agent's vectors lie, and where they are moved to: the place that is searched first.
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

    /// Says where an agent's first vectors lie, unless somebody has said so already. CONFLICT when the agent is gone.
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

    /// Notes where in its store a collection lies.
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

    /// Begins to move an agent's vectors to `target`, whose generation is chosen here. A move that failed gives way.
    /// CONFLICT when nothing says yet where they lie.
    pub async fn begin_move(&self, target: &VectorConfig, at: DateTime<Utc>) -> Result<MoveBegun> {
        let transaction = self.database.begin().await?;
        let configs = self.hold_vector_configs(target.agent, &transaction).await?;
        let serving = configs.iter().find(|config| config.is_serving());
        let serving =
            serving.ok_or_else(|| Error::conflict("the agent's vectors have no place yet"))?;
        let under_way = configs.iter().find(|config| !config.is_serving());
        if let Some(under_way) = under_way {
            if under_way.is_being_filled() {
                return Ok(if is_same(under_way, target) {
                    MoveBegun::Already
                } else {
                    MoveBegun::Elsewhere(under_way.kind)
                });
            }
            self.drop_config(under_way, at, &transaction).await?;
        }
        if is_same(serving, target) {
            transaction.commit().await?;
            return Ok(MoveBegun::Already);
        }
        let newest = configs.iter().map(|config| config.generation).max();
        let target = VectorConfig {
            generation: newest.unwrap_or_default() + 1,
            migration: Some(VectorMigration {
                from: serving.kind,
                state: MigrationState::Copying,
                copied: 0,
                total: 0,
                after: None,
                stamp: 0,
                error: None,
            }),
            ..target.clone()
        };
        vector_config::Entity::insert(config_row(self, &target, at)?)
            .exec_without_returning(&*transaction)
            .await?;
        self.want_job(
            JobKind::MoveVectors,
            target.agent.uuid(),
            None,
            at,
            &transaction,
        )
        .await?;
        transaction.commit().await?;
        Ok(MoveBegun::Yes)
    }

    /// Notes how far a move is. False when something has changed that the target was not told, or the move is over.
    pub async fn note_migration(
        &self,
        target: &VectorConfig,
        migration: &VectorMigration,
        at: DateTime<Utc>,
    ) -> Result<bool> {
        let transaction = self.database.begin().await?;
        let configs = self.hold_vector_configs(target.agent, &transaction).await?;
        if !is_unchanged(&configs, target, migration) {
            return Ok(false);
        }
        self.set_migration(target.id, migration, at, &transaction)
            .await?;
        transaction.commit().await?;
        Ok(true)
    }

    /// Makes the target of a move the place that is searched, and asks for the old one to be removed. False as in
    /// [`Self::note_migration`].
    pub async fn finish_move(
        &self,
        target: &VectorConfig,
        migration: &VectorMigration,
        at: DateTime<Utc>,
    ) -> Result<bool> {
        let transaction = self.database.begin().await?;
        let configs = self.hold_vector_configs(target.agent, &transaction).await?;
        if !is_unchanged(&configs, target, migration) {
            return Ok(false);
        }
        for old in configs.iter().filter(|config| config.is_serving()) {
            self.drop_config(old, at, &transaction).await?;
        }
        self.change::<vector_config::Entity>()
            .filter(vector_config::Column::Id.eq(target.id))
            .set(vector_config::ActiveModel {
                role: Set(VectorDbRole::Serving),
                ..Default::default()
            })
            .exec(&*transaction)
            .await?;
        let done = VectorMigration {
            state: MigrationState::Done,
            ..migration.clone()
        };
        self.set_migration(target.id, &done, at, &transaction)
            .await?;
        transaction.commit().await?;
        Ok(true)
    }

    /// The agent's rows, held until the transaction ends.
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

    /// Asks for the vectors of an agent that is being deleted to be removed wherever they lie.
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

    /// Deletes a row, and asks for what lies there to be removed.
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
        self.want_job(
            JobKind::RemoveVectors,
            config.id,
            Some(payload),
            at,
            transaction,
        )
        .await
    }

    async fn set_migration(
        &self,
        id: Uuid,
        migration: &VectorMigration,
        at: DateTime<Utc>,
        transaction: &Transaction,
    ) -> Result<()> {
        self.change::<vector_config::Entity>()
            .filter(vector_config::Column::Id.eq(id))
            .set(vector_config::ActiveModel {
                migration: Set(Some(to_json("vector_db_configs.migration", migration)?)),
                updated_at: Set(at),
                ..Default::default()
            })
            .exec(&**transaction)
            .await?;
        Ok(())
    }
}

/// Tells a move under way that something changed without its target: what it verified does not count.
pub(super) async fn note_change(
    store: &TenantStore,
    target: &VectorConfig,
    at: DateTime<Utc>,
    transaction: &Transaction,
) -> Result<()> {
    let Some(migration) = &target.migration else {
        return Ok(());
    };
    let changed = VectorMigration {
        stamp: migration.stamp + 1,
        ..migration.clone()
    };
    store
        .set_migration(target.id, &changed, at, transaction)
        .await
}

/// Whether the move goes on, and nothing has changed that its target was not told.
fn is_unchanged(
    configs: &[VectorConfig],
    target: &VectorConfig,
    migration: &VectorMigration,
) -> bool {
    configs.iter().any(|config| {
        config.id == target.id
            && config.is_being_filled()
            && config
                .migration
                .as_ref()
                .is_some_and(|known| known.stamp == migration.stamp)
    })
}

/// Whether vectors in the one place are as good as in the other.
fn is_same(one: &VectorConfig, other: &VectorConfig) -> bool {
    one.kind == other.kind
        && one.embedder == other.embedder
        && (other.credentials.is_none() || one.credentials == other.credentials)
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
    })
}

same_variants!(VectorDbKind, VectorStoreKind: Embedded, Pgvector, PineconeNamespace, PineconeDedicated);
same_variants!(VectorDbRole, VectorRole: Serving, Target);
