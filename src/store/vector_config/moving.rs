//! Moves of an agent's vectors to another location: beginning, progress, end.

use chrono::{DateTime, Utc};
use entity::vector_db_config::{self as vector_config, VectorDbRole};
use sea_orm::{
    ActiveValue::Set, ColumnTrait, Condition, EntityTrait, QueryFilter, QueryOrder, QuerySelect,
};
use uuid::Uuid;

use super::{config_of, config_row};
use crate::{
    domain::{
        AccountId, AuditNote, JobKind, MigrationState, VectorConfig, VectorMigration,
        VectorStoreKind,
    },
    error::{Error, Result},
    store::{PlatformStore, TenantStore, connection::Transaction, job::JobRequest, row::to_json},
};

/// The result of [`TenantStore::begin_move`].
#[derive(Debug, Clone, PartialEq)]
pub enum BeginMoveOutcome {
    /// The move has begun; it may replace a failed one.
    Yes,
    /// The vectors are already in this location, or are being moved there.
    Already,
    /// The vectors are being moved to another location, a store of this kind.
    Elsewhere(VectorStoreKind),
}

impl TenantStore {
    /// Begins to move an agent's vectors to `target`, whose generation is chosen here. A failed move is replaced.
    /// `CONFLICT` when the agent's vectors have no location yet.
    pub async fn begin_move(
        &self,
        target: &VectorConfig,
        at: DateTime<Utc>,
        note: Option<AuditNote>,
    ) -> Result<BeginMoveOutcome> {
        let transaction = self.database.begin().await?;
        let configs = self.hold_vector_configs(target.agent, &transaction).await?;
        let serving = configs.iter().find(|config| config.is_serving());
        let serving =
            serving.ok_or_else(|| Error::conflict("the agent's vectors have no place yet"))?;
        let under_way = configs.iter().find(|config| !config.is_serving());
        if let Some(under_way) = under_way {
            if under_way.is_being_filled() {
                return Ok(if is_same(under_way, target) {
                    BeginMoveOutcome::Already
                } else {
                    BeginMoveOutcome::Elsewhere(under_way.kind)
                });
            }
            self.drop_config(under_way, at, &transaction).await?;
        }
        if is_same(serving, target) {
            transaction.commit().await?;
            return Ok(BeginMoveOutcome::Already);
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
            problem: None,
            ..target.clone()
        };
        vector_config::Entity::insert(config_row(self, &target, at)?)
            .exec_without_returning(&*transaction)
            .await?;
        self.want_job(
            JobRequest::new(JobKind::MoveVectors, target.agent.uuid()),
            at,
            &transaction,
        )
        .await?;
        self.note(note.into_iter().collect(), &transaction).await?;
        transaction.commit().await?;
        Ok(BeginMoveOutcome::Yes)
    }

    /// Stores the progress of a move. Returns false when the collection changed without its target, or when the move is
    /// over.
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

    /// Makes the target of a move the searched location, and queues the removal of the old one. Returns false as
    /// [`Self::note_migration`] does.
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

/// Records for a move in progress that something changed without its target, so that its verification does not count.
pub(in crate::store) async fn note_change(
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

/// Whether the move is still in progress, and no change has missed its target.
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

/// Whether a move from `one` to `other` would change nothing: same kind, same embedder, and no other credentials.
fn is_same(one: &VectorConfig, other: &VectorConfig) -> bool {
    one.kind == other.kind
        && one.embedder == other.embedder
        && (other.credentials.is_none() || one.credentials == other.credentials)
}

impl PlatformStore {
    /// At most `most` searched locations with vectors of another embedding model than `model`, with their accounts, in
    /// the order of their ids, after `after`.
    pub async fn embedded_by_others(
        &self,
        model: &str,
        after: Option<Uuid>,
        most: u64,
    ) -> Result<Vec<(AccountId, VectorConfig)>> {
        let after = after.map(|after| vector_config::Column::Id.gt(after));
        Self::rows::<vector_config::Entity>()
            .filter(vector_config::Column::Role.eq(VectorDbRole::Serving))
            .filter(vector_config::Column::Embedder.ne(model))
            .filter(Condition::all().add_option(after))
            .order_by_asc(vector_config::Column::Id)
            .limit(most)
            .all(self.database.primary())
            .await?
            .into_iter()
            .map(|row| Ok((AccountId::from_uuid(row.account_id), config_of(row)?)))
            .collect()
    }
}
