//! Moves an agent's vectors to another store while it answers.
//!
//! Copy → verify → cut over → the old collection is removed by a job of its own. New documents are written to both
//! sides meanwhile; one that could not be written to the target is noted in the same transaction that serves it, and
//! what was verified before counts no more. Until the cut-over, which is one transaction, the old side is searched.

use std::{sync::Arc, time::Duration};

use super::{
    collections::{CollectionHandle, Collections},
    passage_embedder::PassageEmbedder,
};
use crate::{
    domain::{AgentId, Job, MigrationState, Passage, PassageId, VectorConfig, VectorMigration},
    error::{Error, Kind, Result},
    jobs::JobProgress,
    port::{Clock, VectorRecord},
    store::TenantStore,
};

/// So many vectors are copied at once.
const PART: u64 = 100;
/// A store that is eventually consistent has this long to show what it took.
const CONSISTENT: Duration = Duration::from_mins(1);
/// How often it is asked meanwhile.
const AGAIN: Duration = Duration::from_millis(500);
/// A copied vector and its original differ by less: stores round.
const SAME: f32 = 0.999;

/// A move under way.
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

    /// The old side goes on being searched.
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

    /// Copies what is not copied yet. None when the move has changed meanwhile.
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

    /// The vectors of passages, as they lie in `from` where that holds those of the same model.
    async fn vectors_of(
        &self,
        from: &CollectionHandle,
        to: &CollectionHandle,
        passages: &[Passage],
    ) -> Result<Vec<VectorRecord>> {
        if from.config.embedder != to.config.embedder {
            return self.embedder.embed(passages).await;
        }
        let ids: Vec<PassageId> = passages.iter().map(|passage| passage.id).collect();
        let mut records = from.store.fetch(&from.collection, &ids).await?;
        let missing: Vec<Passage> = passages
            .iter()
            .filter(|passage| records.iter().all(|record| record.passage != passage.id))
            .cloned()
            .collect();
        if !missing.is_empty() {
            records.extend(self.embedder.embed(&missing).await?);
        }
        Ok(records)
    }

    /// What was deleted or replaced between the reading and the writing was removed before it was written.
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

    /// Compares both sides: every searched passage is in the target, and what is there is what was copied. None when
    /// the move has changed meanwhile.
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
        // read anew: what changes from here on counts
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

    /// Waits until the target shows every vector; those that do not come are written once more.
    async fn wait_until_there(
        &self,
        tenant: &TenantStore,
        to: &CollectionHandle,
        passages: &[Passage],
    ) -> Result<()> {
        let ids: Vec<PassageId> = passages.iter().map(|passage| passage.id).collect();
        // most stores show everything at once, and then there is nothing to wait for
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

    async fn compare(
        &self,
        from: &CollectionHandle,
        to: &CollectionHandle,
        passages: &[Passage],
    ) -> Result<()> {
        // one of each part is enough to see that they are of the same model, whole, and under the right names
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

async fn stamp_of(tenant: &TenantStore, target: &VectorConfig) -> Result<Option<i64>> {
    let configs = tenant.vector_configs(target.agent).await?;
    let known = configs.into_iter().find(|config| config.id == target.id);
    Ok(known
        .and_then(|config| config.migration)
        .map(|migration| migration.stamp))
}
