//! Vectors as rows: the source of truth that the embedded vector store caches in memory.
//!
//! Every change first increments its collection's version, and the lock on that row makes other changes wait for the
//! commit. So versions become visible in order, and a reader that has read everything up to one version needs only what
//! came after it.

use std::collections::HashMap;

use entity::{vector, vector_collection};
use sea_orm::{
    ColumnTrait, Condition, ConnectionTrait, EntityTrait, ExprTrait, PaginatorTrait, QueryFilter,
    QueryOrder, QuerySelect, Select,
    sea_query::{Expr, OnConflict, Query},
};
use uuid::Uuid;

use crate::{
    domain::{AgentId, DocumentId, PassageId},
    error::{Error, Result},
    port::VectorRecord,
    store::{TenantStore, connection::Transaction, scoped::TenantEntity},
};

/// The maximum bytes of vectors per write or read: other writers to SQLite wait meanwhile.
const MOST_BYTES: usize = 1 << 20;
/// SQLite binds at most 32,766 values in a statement, and a row has seven.
const MOST_ROWS: usize = 1_000;
/// The maximum number of ids per query.
const MOST_IDS: usize = 10_000;

/// An agent's collection of vectors, as the tables name it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct CollectionKey {
    pub(super) agent: AgentId,
    pub(super) generation: i32,
}

/// The version of a collection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct CollectionVersion {
    /// Distinguishes collections that were created under the same key, one after the other.
    pub(super) incarnation: Uuid,
    /// Incremented by every change.
    pub(super) version: i64,
    /// The last version that removed vectors.
    pub(super) removed_at: i64,
}

/// A row's position in the order of the versions.
pub(super) type Cursor = (i64, Uuid);

/// The number of vectors of this length that are written or read at once.
fn rows_at_once(dimensions: usize) -> usize {
    (MOST_BYTES / (4 * dimensions.max(1))).clamp(1, MOST_ROWS)
}

impl TenantStore {
    /// The version of a collection; none when the collection does not exist.
    pub(super) async fn vectors_version(
        &self,
        key: CollectionKey,
    ) -> Result<Option<CollectionVersion>> {
        let collection = self
            .rows::<vector_collection::Entity>()
            .filter(is(key))
            .one(self.database.primary())
            .await?;
        Ok(collection.map(|row| CollectionVersion {
            incarnation: row.incarnation,
            version: row.version,
            removed_at: row.removed_at_version,
        }))
    }

    /// Writes vectors, each in place of an earlier one of its passage; in several transactions when there are many.
    pub(super) async fn upsert_vectors(
        &self,
        key: CollectionKey,
        records: &[VectorRecord],
    ) -> Result<()> {
        // a statement may change no row twice; the last record of a passage counts
        let last: HashMap<PassageId, &VectorRecord> = records
            .iter()
            .map(|record| (record.passage, record))
            .collect();
        let mut records: Vec<&VectorRecord> = last.into_values().collect();
        records.sort_unstable_by_key(|record| record.passage);
        let length = records.first().map_or(1, |record| record.values.len());
        for chunk in records.chunks(rows_at_once(length)) {
            let transaction = self.database.begin().await?;
            let version = self.raise_version(key, &transaction).await?;
            let rows = chunk.iter().map(|record| {
                sea_orm::IntoActiveModel::into_active_model(vector::Model {
                    account_id: self.account.uuid(),
                    agent_id: key.agent.uuid(),
                    generation: key.generation,
                    passage_id: record.passage.uuid(),
                    document_id: record.document.uuid(),
                    version,
                    embedding: to_bytes(&record.values),
                })
            });
            let replace = OnConflict::columns([
                vector::Column::AgentId,
                vector::Column::Generation,
                vector::Column::PassageId,
            ])
            .update_columns([
                vector::Column::DocumentId,
                vector::Column::Version,
                vector::Column::Embedding,
            ])
            .to_owned();
            vector::Entity::insert_many(rows)
                .on_conflict(replace)
                .exec_without_returning(&*transaction)
                .await?;
            transaction.commit().await?;
        }
        Ok(())
    }

    /// The next vectors after `after`, in order; an empty list is the end.
    pub(super) async fn vectors_after(
        &self,
        key: CollectionKey,
        dimensions: usize,
        after: Cursor,
    ) -> Result<Vec<(Cursor, VectorRecord)>> {
        let (version, passage) = after;
        let rows = self
            .vectors(key)
            // the condition on the version is repeated so that the index is entered there
            .filter(vector::Column::Version.gte(version))
            .filter(
                Condition::any()
                    .add(vector::Column::Version.gt(version))
                    .add(vector::Column::PassageId.gt(passage)),
            )
            .order_by_asc(vector::Column::Version)
            .order_by_asc(vector::Column::PassageId)
            .limit(u64::try_from(rows_at_once(dimensions)).unwrap_or(u64::MAX))
            .all(self.database.primary())
            .await?;
        let placed = |row: vector::Model| ((row.version, row.passage_id), record(&row));
        Ok(rows.into_iter().map(placed).collect())
    }

    /// The next passages with a vector after `after`, in order; an empty list is the end.
    pub(super) async fn passages_with_vectors(
        &self,
        key: CollectionKey,
        after: PassageId,
    ) -> Result<Vec<PassageId>> {
        let ids: Vec<Uuid> = self
            .vectors(key)
            .filter(vector::Column::PassageId.gt(after.uuid()))
            .order_by_asc(vector::Column::PassageId)
            .limit(u64::try_from(MOST_IDS).unwrap_or(u64::MAX))
            .select_only()
            .column(vector::Column::PassageId)
            .into_tuple()
            .all(self.database.primary())
            .await?;
        Ok(ids.into_iter().map(PassageId::from_uuid).collect())
    }

    /// The vectors of these passages that exist.
    pub(super) async fn vectors_by_passages(
        &self,
        key: CollectionKey,
        passages: &[PassageId],
    ) -> Result<Vec<VectorRecord>> {
        let mut found = Vec::with_capacity(passages.len());
        for chunk in passages.chunks(MOST_ROWS) {
            let rows = self
                .vectors(key)
                .filter(is_one_of(chunk))
                .all(self.database.primary())
                .await?;
            found.extend(rows.iter().map(record));
        }
        Ok(found)
    }

    /// The number of vectors of a collection.
    pub(super) async fn count_vectors(&self, key: CollectionKey) -> Result<u64> {
        Ok(self.vectors(key).count(self.database.primary()).await?)
    }

    /// Deletes the vectors of these passages.
    pub(super) async fn delete_vectors(
        &self,
        key: CollectionKey,
        passages: &[PassageId],
    ) -> Result<()> {
        for chunk in passages.chunks(MOST_IDS) {
            self.delete_vectors_where(key, is_one_of(chunk)).await?;
        }
        Ok(())
    }

    /// Deletes the vectors of a document.
    pub(super) async fn delete_vectors_of(
        &self,
        key: CollectionKey,
        document: DocumentId,
    ) -> Result<()> {
        let of_document = vector::Column::DocumentId.eq(document.uuid());
        self.delete_vectors_where(key, of_document).await
    }

    /// Deletes a collection, in several transactions when it is large.
    pub(super) async fn remove_vectors(&self, key: CollectionKey) -> Result<()> {
        let none = PassageId::from_uuid(Uuid::nil());
        loop {
            let passages = self.passages_with_vectors(key, none).await?;
            if passages.is_empty() {
                break;
            }
            self.delete_vectors(key, &passages).await?;
        }
        let writer = self.database.writer().await;
        self.delete::<vector_collection::Entity>()
            .filter(is(key))
            .exec(&*writer)
            .await?;
        Ok(())
    }

    async fn delete_vectors_where(&self, key: CollectionKey, which: Expr) -> Result<()> {
        let transaction = self.database.begin().await?;
        let raised = || Expr::col(vector_collection::Column::Version).add(1);
        let collections = self
            .change::<vector_collection::Entity>()
            .filter(is(key))
            .col_expr(vector_collection::Column::Version, raised())
            .col_expr(vector_collection::Column::RemovedAtVersion, raised())
            .exec(&*transaction)
            .await?;
        if collections.rows_affected > 0 {
            self.delete::<vector::Entity>()
                .filter(belongs_to(key))
                .filter(which)
                .exec(&*transaction)
                .await?;
        }
        transaction.commit().await
    }

    /// Increments a collection's version, creating the collection when it does not exist; returns the version.
    async fn raise_version(&self, key: CollectionKey, transaction: &Transaction) -> Result<i64> {
        let raised = Expr::col((
            vector_collection::Entity,
            vector_collection::Column::Version,
        ))
        .add(1);
        let account = Expr::col((
            vector_collection::Entity,
            vector_collection::Entity::ACCOUNT,
        ));
        let insert = Query::insert()
            .into_table(vector_collection::Entity)
            .columns([
                vector_collection::Column::AccountId,
                vector_collection::Column::AgentId,
                vector_collection::Column::Generation,
                vector_collection::Column::Incarnation,
                vector_collection::Column::Version,
                vector_collection::Column::RemovedAtVersion,
            ])
            .values([
                self.account.uuid().into(),
                key.agent.uuid().into(),
                key.generation.into(),
                Uuid::now_v7().into(),
                1_i64.into(),
                0_i64.into(),
            ])
            .map_err(|cause| {
                Error::internal("write the collection's statement").with_source(cause)
            })?
            .on_conflict(
                OnConflict::columns([
                    vector_collection::Column::AgentId,
                    vector_collection::Column::Generation,
                ])
                .value(vector_collection::Column::Version, raised)
                .action_and_where(account.eq(self.account.uuid()))
                .to_owned(),
            )
            .take();
        transaction.execute(&insert).await?;
        let version: Option<i64> = self
            .rows::<vector_collection::Entity>()
            .filter(is(key))
            .select_only()
            .column(vector_collection::Column::Version)
            .into_tuple()
            .one(&**transaction)
            .await?;
        version.ok_or_else(|| Error::conflict("these vectors' agent is not there"))
    }

    fn vectors(&self, key: CollectionKey) -> Select<vector::Entity> {
        self.rows::<vector::Entity>().filter(belongs_to(key))
    }
}

fn is(key: CollectionKey) -> Expr {
    vector_collection::Column::AgentId
        .eq(key.agent.uuid())
        .and(vector_collection::Column::Generation.eq(key.generation))
}

fn belongs_to(key: CollectionKey) -> Expr {
    vector::Column::AgentId
        .eq(key.agent.uuid())
        .and(vector::Column::Generation.eq(key.generation))
}

fn is_one_of(passages: &[PassageId]) -> Expr {
    vector::Column::PassageId.is_in(passages.iter().map(|passage| passage.uuid()))
}

fn record(row: &vector::Model) -> VectorRecord {
    VectorRecord {
        passage: PassageId::from_uuid(row.passage_id),
        document: DocumentId::from_uuid(row.document_id),
        values: from_bytes(&row.embedding),
    }
}

fn to_bytes(values: &[f32]) -> Vec<u8> {
    values
        .iter()
        .flat_map(|value| value.to_le_bytes())
        .collect()
}

fn from_bytes(bytes: &[u8]) -> Vec<f32> {
    let (values, _) = bytes.as_chunks::<4>();
    values
        .iter()
        .map(|value| f32::from_le_bytes(*value))
        .collect()
}
