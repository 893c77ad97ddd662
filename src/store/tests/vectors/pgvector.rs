//! The pgvector store: an index per large collection, and an error where the extension is missing.

use sea_orm::{ConnectionTrait, DbBackend, Statement};

use super::{
    super::fixture::{an_account, on_postgres, on_sqlite},
    a_broken_off_upsert_can_be_repeated, a_collection, a_foreign_agent_is_out_of_reach,
    collection_of, query, recall, records,
};
use crate::{
    error::Kind,
    port::{Collection, VectorQuery, VectorStore, cases},
    store::{PgVectors, Store},
};

#[tokio::test]
async fn pgvector_is_a_vector_store() {
    on_postgres(&async |store: &Store| {
        // Without an index, and with one.
        for index_from in [1_000_000, 100] {
            let vectors = PgVectors::indexing_from(store.clone(), index_from);
            let collection = async || a_collection(store, 8).await;
            let sibling =
                async |of: &Collection| collection_of(store, &store.tenant(of.account), 8).await;
            cases::of_vector_store(&vectors, collection, sibling).await;
        }
        let vectors = PgVectors::indexing_from(store.clone(), 10);
        a_foreign_agent_is_out_of_reach(&vectors, store).await;
        a_broken_off_upsert_can_be_repeated(&vectors, store).await;
    })
    .await;
}

#[tokio::test]
async fn a_large_collection_is_searched_by_its_own_index() {
    on_postgres(&async |store: &Store| {
        let vectors = PgVectors::indexing_from(store.clone(), 4_000);
        let tenant = an_account(store).await;
        let large = collection_of(store, &tenant, 96).await;
        let small = collection_of(store, &tenant, 96).await;
        let kept = records(4_000, 96);
        vectors.upsert(&large, &kept).await.unwrap();
        vectors.upsert(&small, &kept[..500]).await.unwrap();
        let asked = query(&kept[0], 10);
        vectors.settle(&small).await.unwrap();
        let exact = recall(&vectors, &small, &kept[..500]).await;
        assert!(exact > 0.999, "{exact}");
        assert_eq!(indexes(store).await, []);
        // Two processes concurrently.
        let (one, other) = tokio::join!(vectors.settle(&large), vectors.settle(&large));
        one.unwrap();
        other.unwrap();
        let [(name, is_valid)] = &indexes(store).await[..] else {
            panic!("one index was expected");
        };
        assert!(is_valid);
        let plan = vectors.plan(&large, &asked).await.unwrap();
        assert!(plan.contains(&format!("Index Scan using {name}")), "{plan}");
        let plan = vectors.plan(&small, &asked).await.unwrap();
        assert!(!plan.contains("hnsw"), "{plan}");
        let recall = recall(&vectors, &large, &kept).await;
        assert!(recall >= 0.95, "{recall}");

        // A few of the documents, with all their vectors.
        let documents: Vec<_> = kept.iter().step_by(1_000).map(|one| one.document).collect();
        let among = VectorQuery {
            documents: documents.clone(),
            ..query(&kept[0], 1_000)
        };
        let found = vectors.query(&large, &among).await.unwrap();
        assert_eq!(found.len(), documents.len() * 10);
        assert!(found.iter().all(|one| documents.contains(&one.document)));
        vectors.remove(&large).await.unwrap();
        assert_eq!(indexes(store).await, []);
    })
    .await;
}

#[tokio::test]
async fn an_incomplete_index_is_rebuilt() {
    on_postgres(&async |store: &Store| {
        let vectors = PgVectors::indexing_from(store.clone(), 10);
        let collection = a_collection(store, 8).await;
        let kept = records(200, 8);
        vectors.upsert(&collection, &kept).await.unwrap();
        vectors.settle(&collection).await.unwrap();
        let (name, _) = indexes(store).await.remove(0);
        let part: String = ask(
            store,
            "SELECT tableoid::regclass::text FROM pgvectors LIMIT 1",
        )
        .await;
        run(store, &format!("DROP INDEX {name}")).await;
        // A unique index over values that are not unique is left invalid.
        let broken = format!("CREATE UNIQUE INDEX CONCURRENTLY {name} ON {part} (generation)");
        let database = store.database.primary().unbounded();
        database.execute_unprepared(&broken).await.unwrap_err();
        assert_eq!(indexes(store).await, [(name.clone(), false)]);
        vectors.settle(&collection).await.unwrap();
        assert_eq!(indexes(store).await, [(name.clone(), true)]);
        let kind = format!("SELECT indexdef FROM pg_indexes WHERE indexname = '{name}'");
        assert!(ask(store, &kind).await.contains("USING hnsw"));
        // An invalid index that is removed.
        run(store, &format!("DROP INDEX {name}")).await;
        database.execute_unprepared(&broken).await.unwrap_err();
        vectors.remove(&collection).await.unwrap();
        assert_eq!(indexes(store).await, []);
    })
    .await;
}

#[tokio::test]
async fn indexes_of_many_agents_are_built_concurrently() {
    on_postgres(&async |store: &Store| {
        let vectors = PgVectors::indexing_from(store.clone(), 10);
        let tenant = an_account(store).await;
        let kept = records(100, 8);
        let mut collections = Vec::new();
        // More than the table has partitions, so that some are built on the same partition.
        for _ in 0..20 {
            let collection = collection_of(store, &tenant, 8).await;
            vectors.upsert(&collection, &kept).await.unwrap();
            collections.push(collection);
        }
        let builds = collections.iter().map(|one| vectors.settle(one));
        for built in futures::future::join_all(builds).await {
            built.unwrap();
        }
        let indexes = indexes(store).await;
        assert_eq!(indexes.len(), 20);
        assert!(indexes.iter().all(|(_, is_valid)| *is_valid));
    })
    .await;
}

#[tokio::test]
async fn a_missing_pgvector_extension_is_reported() {
    on_sqlite(&async |store: &Store| {
        store.migrate_up().await.unwrap();
        is_unavailable(store, 16).await;
    })
    .await;
    on_postgres(&async |store: &Store| {
        run(store, "DROP TABLE pgvectors").await;
        is_unavailable(store, 16).await;
        // A database that got the extension later is migrated again.
        store.migrate_up().await.unwrap();
        let vectors = PgVectors::new(store.clone());
        vectors.health(None).await.unwrap();
    })
    .await;
}

async fn is_unavailable(store: &Store, dimensions: usize) {
    let vectors = PgVectors::new(store.clone());
    let collection = a_collection(store, dimensions).await;
    let kept = records(3, dimensions);
    let asked = query(&kept[0], 3);
    for error in [
        vectors.health(None).await.unwrap_err(),
        vectors.prepare(&collection).await.unwrap_err(),
        vectors.upsert(&collection, &kept).await.unwrap_err(),
        vectors.query(&collection, &asked).await.unwrap_err(),
        vectors.count(&collection).await.unwrap_err(),
        vectors.settle(&collection).await.unwrap_err(),
        vectors.remove(&collection).await.unwrap_err(),
    ] {
        assert_eq!(*error.kind(), Kind::Unavailable, "{error:?}");
        assert!(error.message().contains("no pgvector"), "{error:?}");
    }
}

/// The indexes of single collections, and whether each is valid.
async fn indexes(store: &Store) -> Vec<(String, bool)> {
    let sql = "SELECT c.relname::text AS name, i.indisvalid AS valid FROM pg_index i \
               JOIN pg_class c ON c.oid = i.indexrelid WHERE c.relname LIKE 'hnsw%' ORDER BY 1";
    let rows = store
        .database
        .primary()
        .query_all_raw(said(sql))
        .await
        .unwrap();
    rows.iter()
        .map(|row| {
            (
                row.try_get("", "name").unwrap(),
                row.try_get("", "valid").unwrap(),
            )
        })
        .collect()
}

async fn ask(store: &Store, sql: &str) -> String {
    let row = store.database.primary().query_one_raw(said(sql)).await;
    row.unwrap().unwrap().try_get_by_index(0).unwrap()
}

async fn run(store: &Store, sql: &str) {
    store
        .database
        .primary()
        .execute_unprepared(sql)
        .await
        .unwrap();
}

fn said(sql: &str) -> Statement {
    Statement::from_string(DbBackend::Postgres, sql)
}
