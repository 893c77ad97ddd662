//! Conformance tests for every vector store, including eventually consistent ones: a test waits for vectors that must
//! appear, and looks for vectors that must never appear only after they had time to.

mod bulk;
mod changes;
mod records;
mod search;
mod walls;

use std::time::Duration;

use self::records::{near, passage_ids, records, sorted};
use crate::{
    domain::PassageId,
    error::Result,
    port::{Collection, CollectionLocation, VectorMatch, VectorQuery, VectorRecord, VectorStore},
};

/// The longest wait for a store; a condition that does not hold by then is a failure.
const PATIENCE: Duration = Duration::from_secs(10);
/// The number of dimensions of the tests' collections.
const DIMENSIONS: usize = 8;

/// Tests the whole contract of a vector store. `collection` returns the first collection of a new agent of a new
/// account, with 8 dimensions and not yet prepared; `sibling` returns the collection of another agent of the same
/// account.
pub(crate) async fn of_vector_store(
    store: &dyn VectorStore,
    collection: impl AsyncFn() -> Collection,
    sibling: impl AsyncFn(&Collection) -> Collection,
) {
    store.health(None).await.unwrap();
    what_was_never_prepared_is_empty(store, &collection().await).await;
    changes::a_vector_is_kept_replaced_and_removed(store, collection().await).await;
    changes::a_removed_collection_can_be_prepared_anew(store, collection().await).await;
    changes::writers_at_once_lose_nothing(store, collection().await).await;
    search::the_closest_come_first(store, collection().await).await;
    search::only_among_some_documents(store, collection().await).await;
    search::another_dimension_is_refused(store, collection().await).await;
    bulk::thousands_are_kept_found_and_removed(store, collection().await).await;
    let one = collection().await;
    let other = sibling(&one).await;
    assert_eq!(one.account, other.account);
    walls::keep_apart(store, one, other).await;
    let (one, other) = (collection().await, collection().await);
    assert_ne!(one.account, other.account);
    walls::keep_apart(store, one, other).await;
    let one = collection().await;
    let other = next_generation(&one, DIMENSIONS);
    walls::keep_apart(store, one, other).await;
    let one = collection().await;
    let other = next_generation(&one, DIMENSIONS * 2);
    walls::keep_apart(store, one, other).await;
}

async fn what_was_never_prepared_is_empty(store: &dyn VectorStore, collection: &Collection) {
    let asked = records(collection.dimensions, 2);
    store.remove(collection).await.unwrap();
    assert_eq!(store.count(collection).await.unwrap(), 0);
    let found = store.query(collection, &query(&asked[0], 3)).await.unwrap();
    assert_eq!(found, []);
    let fetched = store.fetch(collection, &passage_ids(&asked)).await.unwrap();
    assert_eq!(fetched, []);
}

fn next_generation(of: &Collection, dimensions: usize) -> Collection {
    let place = CollectionLocation {
        index: None,
        namespace: None,
        credentials: of.place.credentials.clone(),
    };
    Collection {
        generation: of.generation + 1,
        dimensions,
        place,
        ..of.clone()
    }
}

/// Prepares the collection. Preparing again, with or without its location, must return the same location.
async fn prepared(store: &dyn VectorStore, mut collection: Collection) -> Collection {
    let place = store.prepare(&collection).await.unwrap();
    assert_eq!(store.prepare(&collection).await.unwrap(), place);
    collection.place = place.clone();
    assert_eq!(store.prepare(&collection).await.unwrap(), place);
    collection
}

/// A collection that contains these vectors and already shows them to readers.
async fn filled(
    store: &dyn VectorStore,
    collection: Collection,
    records: &[VectorRecord],
) -> Collection {
    let collection = prepared(store, collection).await;
    store.upsert(&collection, records).await.unwrap();
    holds(store, &collection, records).await;
    collection
}

/// Waits until fetch, count and query all show exactly these vectors.
async fn holds(store: &dyn VectorStore, collection: &Collection, records: &[VectorRecord]) {
    let expected = sorted(records.to_vec());
    let ids = passage_ids(records);
    soon("all that was kept can be fetched", async || {
        let fetched = sorted(store.fetch(collection, &ids).await?);
        let same = |(one, other): (&VectorRecord, &VectorRecord)| {
            let same_ids = one.passage == other.passage && one.document == other.document;
            same_ids && near(&one.values, &other.values)
        };
        Ok(fetched.len() == expected.len() && fetched.iter().zip(&expected).all(same))
    })
    .await;
    soon("what is there is counted", async || {
        Ok(store.count(collection).await? == records.len() as u64)
    })
    .await;
    let Some(asked) = records.first() else {
        let anything = query(&self::records::records(collection.dimensions, 1)[0], 10);
        return soon("nothing is found", async || {
            Ok(store.query(collection, &anything).await?.is_empty())
        })
        .await;
    };
    let everything = query(asked, records.len().clamp(1, 1_000));
    soon("all that was kept is found", async || {
        let found = store.query(collection, &everything).await?;
        let there = |found: &VectorMatch| ids.contains(&found.passage);
        Ok(found.len() == everything.most && found.iter().all(there))
    })
    .await;
}

/// Waits until the condition holds, at most [`PATIENCE`]. All waits of these tests go through here.
async fn soon(what: &str, mut holds: impl AsyncFnMut() -> Result<bool>) {
    let waited = tokio::time::timeout(PATIENCE, async {
        while !holds().await.unwrap() {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    });
    assert!(waited.await.is_ok(), "it never came true: {what}");
}

/// A query for the `most` vectors closest to a record's, among all documents.
fn query(close_to: &VectorRecord, most: usize) -> VectorQuery {
    VectorQuery {
        values: close_to.values.clone(),
        most,
        documents: Vec::new(),
    }
}

/// The matches' passages, in the order of the result.
fn passages(found: &[VectorMatch]) -> Vec<PassageId> {
    found.iter().map(|found| found.passage).collect()
}
