//! A dedicated index is created with an account's first collection and never deleted by the adapter.

use super::{
    Pinecone, PineconeLayout::Dedicated, a_collection, a_sibling, client, prepared, records, store,
    store_with, timeouts,
};
use crate::{
    adapter::{
        pinecone::PineconeTimeouts,
        tests::{
            fake_pinecone::{Fault, KEY},
            until,
        },
    },
    error::Kind,
    port::VectorStore,
};

#[tokio::test]
async fn a_dedicated_index_remains_when_its_last_agent_is_removed() {
    let pinecone = Pinecone::start().await;
    pinecone.lag(3, 3);
    let store = store(Dedicated, &pinecone);
    let one = prepared(&store, a_collection()).await;
    let other = prepared(&store, a_sibling(&one)).await;
    assert_eq!(one.place.index, other.place.index);
    assert_ne!(one.place.namespace, other.place.namespace);
    for collection in [&one, &other] {
        store.upsert(collection, &records(8, 3)).await.unwrap();
        until(async || store.count(collection).await.unwrap() == 3).await;
    }
    store.remove(&one).await.unwrap();
    assert_eq!(store.count(&other).await.unwrap(), 3);
    // Deleting the index would delete vectors that it does not count yet.
    let next = prepared(&store, a_sibling(&one)).await;
    store.upsert(&next, &records(8, 3)).await.unwrap();
    store.remove(&other).await.unwrap();
    until(async || store.count(&next).await.unwrap() == 3).await;
    assert!(pinecone.asked("DELETE /indexes/").is_empty());
}

#[tokio::test]
async fn a_creation_whose_reply_was_lost_is_not_repeated() {
    let pinecone = Pinecone::start().await;
    let store = store(Dedicated, &pinecone);
    pinecone.will("POST /indexes", 0, Fault::LostAnswer);
    pinecone.will("DELETE /namespaces", 0, Fault::LostAnswer);
    let collection = prepared(&store, a_collection()).await;
    store.upsert(&collection, &records(8, 3)).await.unwrap();
    store.remove(&collection).await.unwrap();
    assert_eq!(pinecone.met().len(), 2);
    assert_eq!(pinecone.indexes("operator").len(), 1);
    assert_eq!(store.count(&collection).await.unwrap(), 0);
}

#[tokio::test]
async fn an_externally_deleted_index_is_detected() {
    let pinecone = Pinecone::start().await;
    let store = store(Dedicated, &pinecone);
    let collection = prepared(&store, a_collection()).await;
    let kept = records(8, 3);
    store.upsert(&collection, &kept).await.unwrap();
    let name = collection.place.index.clone().unwrap();
    let url = format!("{}/indexes/{name}", pinecone.url);
    let deleted = client()
        .delete(url)
        .header("api-key", KEY)
        .header("x-pinecone-api-version", "2026-04");
    assert_eq!(deleted.send().await.unwrap().status(), 202);
    assert_eq!(store.count(&collection).await.unwrap(), 0);
    store.delete(&collection, &[kept[0].passage]).await.unwrap();
    store.remove(&collection).await.unwrap();
    let error = store.upsert(&collection, &kept).await.unwrap_err();
    assert_eq!(*error.kind(), Kind::Unavailable);
    assert!(error.message().contains("prepared again"), "{error:?}");
    let collection = prepared(&store, collection).await;
    store.upsert(&collection, &kept).await.unwrap();
    assert_eq!(store.count(&collection).await.unwrap(), 3);
}

#[tokio::test]
async fn waiting_for_an_index_to_become_ready_is_bounded() {
    let pinecone = Pinecone::start().await;
    pinecone.lag(0, usize::MAX);
    let mut options = super::options(&pinecone);
    options.timeouts = PineconeTimeouts {
        ready: std::time::Duration::from_millis(30),
        ..timeouts()
    };
    let store = store_with(Dedicated, options);
    let error = store.prepare(&a_collection()).await.unwrap_err();
    assert_eq!(*error.kind(), Kind::Unavailable);
    assert!(error.message().contains("not ready"), "{error:?}");
    assert_eq!(pinecone.asked("POST /indexes").len(), 1);
}
