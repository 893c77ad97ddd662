//! The embedded vector store: vectors are rows of a table, with copies in memory of the collections in use.
//!
//! A query scans the copy for candidates and reads those from the table, so its results are exact and current. A copy
//! is used only while it has its collection's current version; otherwise the newer rows are read first, and only those.

mod cache;
mod matrix;
mod scan;

use std::{collections::HashSet, sync::Arc};

use async_trait::async_trait;
use uuid::Uuid;

use self::{cache::MatrixCache, matrix::Matrix};
use crate::{
    domain::{DocumentId, PassageId, Secret},
    error::{Error, Result},
    port::{Collection, CollectionLocation, VectorMatch, VectorQuery, VectorRecord, VectorStore},
    store::{
        Store, TenantStore,
        vector::{CollectionKey, CollectionVersion, Cursor},
    },
};

/// A scan of fewer numbers than this takes less time than moving it to another thread.
const QUICK: usize = 250_000;
/// Candidates read beyond twice the wanted number: rounding changes the order of a few, and others may be deleted
/// meanwhile.
const SPARE: usize = 32;

/// A vector store in the tables of a [`Store`], searched in memory.
pub struct EmbeddedVectors {
    store: Store,
    cache: MatrixCache,
}

/// A matrix with the version of the collection that it was made of.
pub(super) struct CachedMatrix {
    matrix: Arc<Matrix>,
    incarnation: Uuid,
    /// The matrix contains all changes up to this version; it is too low while the matrix is first loaded.
    version: i64,
    /// The matrix reflects all deletions up to this version.
    removed_at: i64,
    /// The last row that was read.
    cursor: Cursor,
}

impl EmbeddedVectors {
    /// Makes a vector store whose copies in memory take at most `budget_bytes`.
    pub fn new(store: Store, budget_bytes: usize) -> Self {
        Self {
            store,
            cache: MatrixCache::new(budget_bytes),
        }
    }

    fn tenant(&self, collection: &Collection) -> TenantStore {
        self.store.tenant(collection.account)
    }

    /// The matrix of a collection, updated to at least the version `now`.
    async fn matrix(&self, collection: &Collection, now: CollectionVersion) -> Result<Arc<Matrix>> {
        let name = (collection.account, collection.agent, collection.generation);
        let slot = self.cache.slot(name);
        let mut held = slot.lock().await;
        let fits = |loaded: &CachedMatrix| {
            loaded.incarnation == now.incarnation
                && loaded.matrix.dimensions() == collection.dimensions
        };
        let loaded = match &mut *held {
            Some(loaded) if fits(loaded) => loaded,
            other => other.insert(CachedMatrix::nothing(collection.dimensions, now)),
        };
        if loaded.version < now.version {
            let tenant = self.tenant(collection);
            loaded.make_room(&tenant, key(collection)).await?;
            // counted before it is loaded too: a caller that gives up leaves the rows that it read in memory
            self.cache.weigh(name, &slot, loaded.matrix.bytes());
            loaded.catch_up(&tenant, key(collection), now).await?;
            self.cache.weigh(name, &slot, loaded.matrix.bytes());
            self.cache.trim(&name);
        }
        Ok(Arc::clone(&loaded.matrix))
    }

    /// The memory of all cached matrices, for the tests.
    #[cfg(test)]
    pub(super) fn bytes_in_memory(&self) -> usize {
        self.cache.bytes()
    }
}

impl CachedMatrix {
    fn nothing(dimensions: usize, now: CollectionVersion) -> Self {
        Self {
            matrix: Arc::new(Matrix::new(dimensions)),
            incarnation: now.incarnation,
            version: 0,
            removed_at: now.removed_at,
            cursor: (0, Uuid::nil()),
        }
    }

    /// Reserves the memory for all rows before the first one is read.
    async fn make_room(&mut self, tenant: &TenantStore, key: CollectionKey) -> Result<()> {
        if self.matrix.len() == 0 {
            let rows = usize::try_from(tenant.count_vectors(key).await?).unwrap_or_default();
            Arc::make_mut(&mut self.matrix).reserve(rows);
        }
        Ok(())
    }

    /// Reads the newer rows. If the caller gives up in between, the rows that were read stay for the next caller.
    async fn catch_up(
        &mut self,
        tenant: &TenantStore,
        key: CollectionKey,
        now: CollectionVersion,
    ) -> Result<()> {
        let dimensions = self.matrix.dimensions();
        loop {
            let rows = tenant.vectors_after(key, dimensions, self.cursor).await?;
            let Some((last, _)) = rows.last() else { break };
            self.cursor = *last;
            // copied only when another task is searching it now
            let matrix = Arc::make_mut(&mut self.matrix);
            for (_, record) in &rows {
                matrix.put(record.passage, record.document, &record.values);
            }
        }
        if self.removed_at < now.removed_at {
            let present = all_passages(tenant, key).await?;
            Arc::make_mut(&mut self.matrix).retain(&present);
            self.removed_at = now.removed_at;
        }
        self.version = now.version;
        Ok(())
    }
}

async fn all_passages(tenant: &TenantStore, key: CollectionKey) -> Result<HashSet<PassageId>> {
    let mut all = HashSet::new();
    let mut after = PassageId::from_uuid(Uuid::nil());
    loop {
        let passages = tenant.passages_with_vectors(key, after).await?;
        let Some(last) = passages.last() else {
            return Ok(all);
        };
        after = *last;
        all.extend(passages);
    }
}

#[async_trait]
impl VectorStore for EmbeddedVectors {
    async fn prepare(&self, collection: &Collection) -> Result<CollectionLocation> {
        Ok(collection.place.clone())
    }

    async fn upsert(&self, collection: &Collection, records: &[VectorRecord]) -> Result<()> {
        for record in records {
            check_length(collection, &record.values)?;
        }
        let tenant = self.tenant(collection);
        tenant.upsert_vectors(key(collection), records).await
    }

    async fn query(
        &self,
        collection: &Collection,
        query: &VectorQuery,
    ) -> Result<Vec<VectorMatch>> {
        check_length(collection, &query.values)?;
        let tenant = self.tenant(collection);
        let Some(now) = tenant.vectors_version(key(collection)).await? else {
            return Ok(Vec::new());
        };
        let matrix = self.matrix(collection, now).await?;
        let candidates = candidates(matrix, query).await?;
        let records = tenant
            .vectors_by_passages(key(collection), &candidates)
            .await?;
        Ok(best(&records, query))
    }

    async fn fetch(
        &self,
        collection: &Collection,
        passages: &[PassageId],
    ) -> Result<Vec<VectorRecord>> {
        // each record once, as a table would return it
        let once: HashSet<PassageId> = passages.iter().copied().collect();
        let once: Vec<PassageId> = once.into_iter().collect();
        let tenant = self.tenant(collection);
        tenant.vectors_by_passages(key(collection), &once).await
    }

    async fn delete(&self, collection: &Collection, passages: &[PassageId]) -> Result<()> {
        let tenant = self.tenant(collection);
        tenant.delete_vectors(key(collection), passages).await
    }

    async fn delete_document(&self, collection: &Collection, document: DocumentId) -> Result<()> {
        let tenant = self.tenant(collection);
        tenant.delete_vectors_of(key(collection), document).await
    }

    async fn remove(&self, collection: &Collection) -> Result<()> {
        let tenant = self.tenant(collection);
        tenant.remove_vectors(key(collection)).await?;
        let name = (collection.account, collection.agent, collection.generation);
        self.cache.forget(&name);
        Ok(())
    }

    async fn count(&self, collection: &Collection) -> Result<u64> {
        self.tenant(collection).count_vectors(key(collection)).await
    }

    /// Does nothing: a collection is always ready to be searched.
    async fn settle(&self, _collection: &Collection) -> Result<()> {
        Ok(())
    }

    async fn health(&self, _credentials: Option<&Secret>) -> Result<()> {
        self.store.ping().await
    }
}

fn key(collection: &Collection) -> CollectionKey {
    CollectionKey {
        agent: collection.agent,
        generation: collection.generation,
    }
}

fn check_length(collection: &Collection, values: &[f32]) -> Result<()> {
    if values.len() == collection.dimensions {
        return Ok(());
    }
    Err(Error::internal(format!(
        "use a vector of {} numbers in a collection of vectors of {}",
        values.len(),
        collection.dimensions
    )))
}

async fn candidates(matrix: Arc<Matrix>, query: &VectorQuery) -> Result<Vec<PassageId>> {
    let most = query.most.saturating_mul(2).saturating_add(SPARE);
    if matrix.len() * matrix.dimensions() < QUICK {
        return Ok(matrix.closest(&query.values, &query.documents, most));
    }
    let query = query.clone();
    tokio::task::spawn_blocking(move || matrix.closest(&query.values, &query.documents, most))
        .await
        .map_err(|cause| Error::internal("search the vectors in memory").with_source(cause))
}

/// The closest of these records, with exact scores.
fn best(records: &[VectorRecord], query: &VectorQuery) -> Vec<VectorMatch> {
    let is_wanted = |document| query.documents.is_empty() || query.documents.contains(document);
    let mut matches: Vec<VectorMatch> = records
        .iter()
        .filter(|record| is_wanted(&record.document))
        .map(|record| VectorMatch {
            passage: record.passage,
            document: record.document,
            score: cosine(&record.values, &query.values),
        })
        .collect();
    matches.sort_unstable_by(|one, other| {
        let by_score = other.score.total_cmp(&one.score);
        by_score.then(one.passage.cmp(&other.passage))
    });
    matches.truncate(query.most);
    matches
}

/// The cosine similarity of two vectors of length 1.
fn cosine(one: &[f32], other: &[f32]) -> f32 {
    let products = one.iter().zip(other).map(|(one, other)| one * other);
    products.sum::<f32>().clamp(-1.0, 1.0)
}
