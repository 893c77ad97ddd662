//! The vector store of PostgreSQL with pgvector: one table, in which every statement names its account, agent and
//! generation.
//!
//! A small collection is searched exactly. A large one gets its own index, which contains no rows of other collections,
//! so that they cannot lower its recall.

mod index;
mod statement;
mod text;

use std::collections::HashMap;

use async_trait::async_trait;
use sea_orm::{ConnectionTrait, DatabaseConnection, DbBackend, DbErr, QueryResult, Value};

use self::statement::{IN_COLLECTION, found, kept, nearest, one_of, scope, statement};
use crate::{
    domain::{DocumentId, PassageId, Secret},
    error::{Error, Result},
    port::{Collection, CollectionLocation, VectorMatch, VectorQuery, VectorRecord, VectorStore},
    store::{Store, error::is_missing, timed_connection::TimedConnection},
};

/// A collection with fewer vectors is searched exactly, which takes up to about 5 ms.
const INDEX_FROM: u64 = 5_000;
/// The maximum number of vectors per INSERT: each takes milliseconds where there is an index.
const MOST_WRITTEN: usize = 100;
/// The maximum number of vectors that one statement reads or removes.
const MOST_ROWS: usize = 1_000;
/// The lowest `ef_search`: the number of candidates that a search of an index keeps.
const LEAST_CANDIDATES: usize = 100;
/// The highest `ef_search` that pgvector allows.
const MOST_CANDIDATES: usize = 1_000;

/// A vector store in a table of pgvector; `UNAVAILABLE` on a database without it.
pub struct PgVectors {
    store: Store,
    index_from: u64,
}

impl PgVectors {
    /// Makes a vector store in this database.
    pub fn new(store: Store) -> Self {
        Self::indexing_from(store, INDEX_FROM)
    }

    /// As [`Self::new`], with another number of vectors from which a collection gets an index.
    pub fn indexing_from(store: Store, vectors: u64) -> Self {
        Self {
            store,
            index_from: vectors,
        }
    }

    fn database(&self) -> Result<&TimedConnection<DatabaseConnection>> {
        let database = self.store.database.primary();
        match database.get_database_backend() {
            DbBackend::Postgres => Ok(database),
            _ => Err(has_no_pgvector()),
        }
    }

    async fn rows(&self, sql: String, values: Vec<Value>) -> Result<Vec<QueryResult>> {
        let database = self.database()?;
        database
            .query_all_raw(statement(sql, values))
            .await
            .map_err(told)
    }

    async fn change(&self, sql: String, values: Vec<Value>) -> Result<u64> {
        let database = self.database()?;
        let done = database.execute_raw(statement(sql, values)).await;
        Ok(done.map_err(told)?.rows_affected())
    }

    /// Writes vectors, each passage at most once.
    async fn write(&self, collection: &Collection, records: &[&VectorRecord]) -> Result<()> {
        let mut values = scope(collection);
        let mut rows = Vec::with_capacity(records.len());
        for record in records {
            let at = values.len();
            rows.push(format!(
                "($1, $2, $3, ${}, ${}, ${}::vector)",
                at + 1,
                at + 2,
                at + 3
            ));
            values.push(record.passage.uuid().into());
            values.push(record.document.uuid().into());
            values.push(text::of(&record.values).into());
        }
        let written = self
            .change(
                format!(
                    "INSERT INTO pgvectors (account_id, agent_id, generation, passage_id, document_id, embedding) \
                     VALUES {} ON CONFLICT (agent_id, generation, passage_id) DO UPDATE \
                     SET document_id = excluded.document_id, embedding = excluded.embedding \
                     WHERE pgvectors.account_id = excluded.account_id",
                    rows.join(", ")
                ),
                values,
            )
            .await?;
        if usize::try_from(written).is_ok_and(|written| written == records.len()) {
            return Ok(());
        }
        Err(Error::conflict(
            "these vectors' agent belongs to another account",
        ))
    }

    /// Searches with the settings that the planner needs to use the collection's index, where there is one.
    async fn search(
        &self,
        collection: &Collection,
        query: &VectorQuery,
    ) -> Result<Vec<QueryResult>> {
        let candidates = query
            .most
            .saturating_mul(2)
            .clamp(LEAST_CANDIDATES, MOST_CANDIDATES);
        self.database()?;
        let transaction = self.store.database.begin().await?;
        // a partial index serves only a statement with constants for its collection, which parameters are only in a
        // custom plan; the iterative scan continues when the filter leaves too few results
        let settings = format!(
            "SELECT set_config('plan_cache_mode', 'force_custom_plan', true), \
             set_config('hnsw.ef_search', '{candidates}', true), \
             set_config('hnsw.iterative_scan', 'relaxed_order', true)"
        );
        transaction
            .execute_unprepared(&settings)
            .await
            .map_err(told)?;
        let rows = transaction
            .query_all_raw(nearest(collection, query))
            .await
            .map_err(told)?;
        transaction.commit().await?;
        Ok(rows)
    }

    /// The planner's choice for a search of this collection.
    #[cfg(test)]
    pub(super) async fn plan(
        &self,
        collection: &Collection,
        query: &VectorQuery,
    ) -> Result<String> {
        let transaction = self.store.database.begin().await?;
        let custom = "SET LOCAL plan_cache_mode = force_custom_plan";
        transaction.execute_unprepared(custom).await?;
        let mut explained = nearest(collection, query);
        explained.sql = format!("EXPLAIN {}", explained.sql);
        let rows = transaction.query_all_raw(explained).await?;
        let lines: Result<Vec<String>, DbErr> = rows
            .iter()
            .map(|row| row.try_get_by_index::<String>(0))
            .collect();
        transaction.roll_back().await?;
        Ok(lines?.join("\n"))
    }
}

#[async_trait]
impl VectorStore for PgVectors {
    async fn prepare(&self, collection: &Collection) -> Result<CollectionLocation> {
        self.health(None).await?;
        Ok(collection.place.clone())
    }

    async fn upsert(&self, collection: &Collection, records: &[VectorRecord]) -> Result<()> {
        for record in records {
            check_length(collection, &record.values)?;
        }
        // a statement may change no row twice; the last record of a passage counts
        let last: HashMap<PassageId, &VectorRecord> = records
            .iter()
            .map(|record| (record.passage, record))
            .collect();
        let mut records: Vec<&VectorRecord> = last.into_values().collect();
        // two statements that change the same rows change them in the same order, so that they cannot deadlock
        records.sort_unstable_by_key(|record| record.passage);
        for chunk in records.chunks(MOST_WRITTEN) {
            self.write(collection, chunk).await?;
        }
        Ok(())
    }

    async fn query(
        &self,
        collection: &Collection,
        query: &VectorQuery,
    ) -> Result<Vec<VectorMatch>> {
        check_length(collection, &query.values)?;
        let rows = self.search(collection, query).await?;
        rows.iter().map(|row| found(row).map_err(told)).collect()
    }

    async fn fetch(
        &self,
        collection: &Collection,
        passages: &[PassageId],
    ) -> Result<Vec<VectorRecord>> {
        let mut records = HashMap::with_capacity(passages.len());
        for chunk in passages.chunks(MOST_ROWS) {
            let mut values = scope(collection);
            let chosen = one_of(&mut values, chunk.iter().map(|passage| passage.uuid()));
            let sql = format!(
                "SELECT passage_id, document_id, embedding::text AS embedding FROM pgvectors \
                 WHERE {IN_COLLECTION} AND passage_id IN ({chosen})"
            );
            for row in self.rows(sql, values).await? {
                let record = kept(&row)?;
                records.insert(record.passage, record);
            }
        }
        Ok(records.into_values().collect())
    }

    async fn delete(&self, collection: &Collection, passages: &[PassageId]) -> Result<()> {
        let mut passages = passages.to_vec();
        passages.sort_unstable();
        for chunk in passages.chunks(MOST_ROWS) {
            let mut values = scope(collection);
            let chosen = one_of(&mut values, chunk.iter().map(|passage| passage.uuid()));
            let sql =
                format!("DELETE FROM pgvectors WHERE {IN_COLLECTION} AND passage_id IN ({chosen})");
            self.change(sql, values).await?;
        }
        Ok(())
    }

    async fn delete_document(&self, collection: &Collection, document: DocumentId) -> Result<()> {
        let mut values = scope(collection);
        values.push(document.uuid().into());
        let sql = format!("DELETE FROM pgvectors WHERE {IN_COLLECTION} AND document_id = $4");
        self.change(sql, values).await?;
        Ok(())
    }

    async fn remove(&self, collection: &Collection) -> Result<()> {
        let database = self.database()?.unbounded();
        index::drop(database, collection).await?;
        let sql = format!(
            "DELETE FROM pgvectors WHERE {IN_COLLECTION} AND passage_id IN \
             (SELECT passage_id FROM pgvectors WHERE {IN_COLLECTION} LIMIT {MOST_ROWS})"
        );
        while self.change(sql.clone(), scope(collection)).await? > 0 {}
        Ok(())
    }

    async fn count(&self, collection: &Collection) -> Result<u64> {
        let sql = format!("SELECT count(*) AS vectors FROM pgvectors WHERE {IN_COLLECTION}");
        let rows = self.rows(sql, scope(collection)).await?;
        let count: Option<i64> = match rows.first() {
            Some(row) => Some(row.try_get("", "vectors")?),
            None => None,
        };
        Ok(count
            .and_then(|count| u64::try_from(count).ok())
            .unwrap_or_default())
    }

    async fn settle(&self, collection: &Collection) -> Result<()> {
        let vectors = self.count(collection).await?;
        if vectors < self.index_from {
            return Ok(());
        }
        index::build(self.database()?.unbounded(), collection, vectors).await
    }

    async fn health(&self, _credentials: Option<&Secret>) -> Result<()> {
        // the version with iterative scans, which go on when a filter leaves too few results
        let sql = "SELECT to_regclass('pgvectors') IS NOT NULL AND EXISTS (SELECT 1 FROM pg_extension \
                   WHERE extname = 'vector' AND string_to_array(extversion, '.')::int[] >= '{0,8}') AS is_there";
        let rows = self.rows(sql.to_owned(), Vec::new()).await?;
        let is_there = match rows.first() {
            Some(row) => row.try_get("", "is_there")?,
            None => false,
        };
        if is_there {
            Ok(())
        } else {
            Err(has_no_pgvector())
        }
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

fn told(cause: DbErr) -> Error {
    if is_missing(&cause) {
        return has_no_pgvector().with_source(cause);
    }
    cause.into()
}

fn has_no_pgvector() -> Error {
    Error::unavailable(
        "this PostgreSQL has no pgvector 0.8 or newer that we may use; once `CREATE EXTENSION vector` was done in the \
         database, run `troupe migrate up`",
    )
}
