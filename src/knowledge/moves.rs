//! Moves an agent's vectors to another store while the agent answers.
//!
//! Steps: copy → verify → cut over → a job of its own removes the old collection. Meanwhile new documents are written
//! to both collections; one that could not be written to the target is recorded in the transaction that serves it, and
//! the verification starts again. Until the cut-over, which is one transaction, the old collection is searched.

use std::{sync::Arc, time::Duration};

use super::{
    collections::{CollectionHandle, Collections},
    metered_embedder::Payer,
    passage_embedder::PassageEmbedder,
};
use crate::{
    domain::{AgentId, Job, MigrationState, Passage, PassageId, VectorConfig, VectorMigration},
    error::{Error, Kind, Result},
    jobs::JobProgress,
    port::{Clock, VectorRecord},
    store::TenantStore,
};

/// The number of vectors that are copied at a time.
const PART: u64 = 100;
/// The time within which an eventually consistent store must show the vectors that it accepted.
const CONSISTENT: Duration = Duration::from_mins(1);
/// The interval at which such a store is polled.
const AGAIN: Duration = Duration::from_millis(500);
/// The minimum cosine between a vector and its copy: stores round the numbers.
const SAME: f32 = 0.999;

/// A move in progress.
struct Move<'a> {
    tenant: &'a TenantStore,
    from: CollectionHandle,
    to: CollectionHandle,
    progress: &'a JobProgress,
}

/// Moves the vectors of agents between stores.
#[derive(Clone)]
pub(super) struct VectorMoves {
    pub(super) collections: Collections,
    pub(super) embedder: PassageEmbedder,
    pub(super) clock: Arc<dyn Clock>,
}

impl VectorMoves {
    /// Brings an agent's move to its end.
    pub(super) async fn perform(
        &self,
        tenant: &TenantStore,
        job: &Job,
        agent: AgentId,
        progress: &JobProgress,
    ) -> Result<()> {
        loop {
            let configs = tenant.vector_configs(agent).await?;
            let Some(target) = configs.iter().find(|config| config.is_being_filled()) else {
                return Ok(());
            };
            let serving = configs.iter().find(|config| config.is_serving());
            let Some(serving) = serving else {
                return Ok(());
            };
            let mut under_way = Move {
                tenant,
                from: self.collections.open(job.account, serving.clone())?,
                to: self.collections.open(job.account, target.clone())?,
                progress,
            };
            self.collections.prepare(&mut under_way.to).await?;
            let Some(copied) = self.copy(&under_way).await? else {
                continue;
            };
            let Some(verified) = self.verify(&under_way, copied).await? else {
                continue;
            };
            let now = self.clock.now();
            if tenant
                .finish_move(&under_way.to.config, &verified, now)
                .await?
            {
                tenant.want_settled(agent, now).await?;
                return Ok(());
            }
        }
    }

    /// Records that the move has failed, with the reason. The old collection is still the one that is searched.
    pub(super) async fn fail(
        &self,
        tenant: &TenantStore,
        agent: AgentId,
        error: &Error,
    ) -> Result<()> {
        let configs = tenant.vector_configs(agent).await?;
        let target = configs.iter().find(|config| config.is_being_filled());
        let Some((target, migration)) = with_migration(target) else {
            return Ok(());
        };
        let why = if *error.kind() == Kind::Internal {
            "an internal error"
        } else {
            error.message()
        };
        let failed = VectorMigration {
            state: MigrationState::Failed,
            error: Some(why.to_owned()),
            ..migration
        };
        let noted = tenant
            .note_migration(target, &failed, self.clock.now())
            .await?;
        if noted {
            return Ok(());
        }
        Err(Error::conflict("the move has changed meanwhile"))
    }

    /// Copies the remaining vectors. `None` when the move has changed meanwhile.
    async fn copy(&self, under_way: &Move<'_>) -> Result<Option<VectorMigration>> {
        let Move {
            tenant,
            from,
            to,
            progress,
        } = under_way;
        let Some((target, mut migration)) = with_migration(Some(&to.config)) else {
            return Ok(None);
        };
        let agent = target.agent;
        loop {
            let passages = tenant
                .served_passages_after(agent, migration.after, PART)
                .await?;
            let Some(last) = passages.last() else {
                return Ok(Some(migration));
            };
            let records = self.vectors_of(from, to, &passages).await?;
            to.store.upsert(&to.collection, &records).await?;
            self.take_back_unserved(tenant, to, &passages).await?;
            let total = tenant.knowledge_size(agent).await?.passages;
            migration.after = Some(last.id);
            migration.copied += i64::try_from(passages.len()).unwrap_or_default();
            migration.total = total.max(migration.copied);
            if !tenant
                .note_migration(target, &migration, self.clock.now())
                .await?
            {
                return Ok(None);
            }
            progress.made().await?;
        }
    }

    /// The vectors of passages: from `from` if it has those of the same model, else embedded again.
    async fn vectors_of(
        &self,
        from: &CollectionHandle,
        to: &CollectionHandle,
        passages: &[Passage],
    ) -> Result<Vec<VectorRecord>> {
        if from.config.embedder != to.config.embedder {
            return self.embedder.embed(Payer::of(to), passages).await;
        }
        let ids: Vec<PassageId> = passages.iter().map(|passage| passage.id).collect();
        let mut records = from.store.fetch(&from.collection, &ids).await?;
        let missing: Vec<Passage> = passages
            .iter()
            .filter(|passage| records.iter().all(|record| record.passage != passage.id))
            .cloned()
            .collect();
        if !missing.is_empty() {
            records.extend(self.embedder.embed(Payer::of(to), &missing).await?);
        }
        Ok(records)
    }

    /// Deletes from the target the passages that were deleted or replaced between the read and the write.
    async fn take_back_unserved(
        &self,
        tenant: &TenantStore,
        to: &CollectionHandle,
        passages: &[Passage],
    ) -> Result<()> {
        let ids: Vec<PassageId> = passages.iter().map(|passage| passage.id).collect();
        let served = tenant.served_passages_by_ids(to.config.agent, &ids).await?;
        let unserved: Vec<PassageId> = ids
            .into_iter()
            .filter(|id| served.iter().all(|passage| passage.id != *id))
            .collect();
        if unserved.is_empty() {
            return Ok(());
        }
        to.store.delete(&to.collection, &unserved).await
    }

    /// Compares both collections: every searched passage must be in the target, with the vector that was copied. `None`
    /// when the move has changed meanwhile.
    async fn verify(
        &self,
        under_way: &Move<'_>,
        copied: VectorMigration,
    ) -> Result<Option<VectorMigration>> {
        let Move {
            tenant,
            from,
            to,
            progress,
        } = under_way;
        let mut migration = VectorMigration {
            state: MigrationState::Verifying,
            ..copied
        };
        let now = || self.clock.now();
        // read now: a document that is served from here on without a vector in the target changes the stamp, and the
        // verification starts again
        let Some(stamp) = stamp_of(tenant, &to.config).await? else {
            return Ok(None);
        };
        migration.stamp = stamp;
        if !tenant.note_migration(&to.config, &migration, now()).await? {
            return Ok(None);
        }
        let is_comparable = from.config.embedder == to.config.embedder;
        let mut after = None;
        let mut seen = 0;
        loop {
            let passages = tenant
                .served_passages_after(to.config.agent, after, PART)
                .await?;
            let Some(last) = passages.last() else {
                break;
            };
            after = Some(last.id);
            self.wait_until_there(tenant, to, &passages).await?;
            if is_comparable {
                self.compare(from, to, &passages).await?;
            }
            seen += i64::try_from(passages.len()).unwrap_or_default();
            progress.made().await?;
        }
        migration.copied = seen;
        migration.total = seen;
        Ok(Some(migration))
    }

    /// Waits until the target shows every vector; missing ones are written once more.
    async fn wait_until_there(
        &self,
        tenant: &TenantStore,
        to: &CollectionHandle,
        passages: &[Passage],
    ) -> Result<()> {
        let ids: Vec<PassageId> = passages.iter().map(|passage| passage.id).collect();
        // most stores show every vector at once
        if to.store.fetch(&to.collection, &ids).await?.len() == ids.len() {
            return Ok(());
        }
        self.embedder.add_missing(to, passages).await?;
        self.take_back_unserved(tenant, to, passages).await?;
        let shown = async {
            loop {
                let served = tenant.served_passages_by_ids(to.config.agent, &ids).await?;
                let served: Vec<PassageId> = served.iter().map(|passage| passage.id).collect();
                if to.store.fetch(&to.collection, &served).await?.len() == served.len() {
                    return Ok::<_, Error>(());
                }
                tokio::time::sleep(AGAIN).await;
            }
        };
        tokio::time::timeout(CONSISTENT, shown).await.map_err(|_| {
            Error::unavailable("the new vector store does not show what it has taken")
        })?
    }

    /// Compares one vector in both collections. An error when they differ.
    async fn compare(
        &self,
        from: &CollectionHandle,
        to: &CollectionHandle,
        passages: &[Passage],
    ) -> Result<()> {
        // one sample of each batch is enough to detect vectors of another model, cut ones, or wrong ids
        let Some(sample) = passages.get(passages.len() / 2) else {
            return Ok(());
        };
        let one = from.store.fetch(&from.collection, &[sample.id]).await?;
        let other = to.store.fetch(&to.collection, &[sample.id]).await?;
        let (Some(one), Some(other)) = (one.first(), other.first()) else {
            return Ok(());
        };
        let cosine: f32 = one
            .values
            .iter()
            .zip(&other.values)
            .map(|(a, b)| a * b)
            .sum();
        if one.values.len() == other.values.len() && cosine >= SAME {
            return Ok(());
        }
        Err(Error::internal(
            "compare a vector in both stores: they differ",
        ))
    }
}

fn with_migration(config: Option<&VectorConfig>) -> Option<(&VectorConfig, VectorMigration)> {
    let config = config?;
    Some((config, config.migration.clone()?))
}

/// The present stamp of a move; `None` when the move does not exist any more.
async fn stamp_of(tenant: &TenantStore, target: &VectorConfig) -> Result<Option<i64>> {
    let configs = tenant.vector_configs(target.agent).await?;
    let known = configs.into_iter().find(|config| config.id == target.id);
    Ok(known
        .and_then(|config| config.migration)
        .map(|migration| migration.stamp))
}
