//! The life of a dedicated index: made with an account's first collection, deleted with its last one.

use super::{
    Pinecone, PineconeLayout::Dedicated, a_collection, a_sibling, client, patience, prepared,
    records, store, store_with,
};
use crate::{
    adapter::{
        pinecone::PineconePatience,
        tests::{
            fake_pinecone::{Fault, KEY},
            until,
        },
    },
    error::Kind,
    port::VectorStore,
};

#[tokio::test]
async fn it_goes_with_the_last_agent() {
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
    assert_eq!(pinecone.indexes("operator"), other.place.index.as_slice());
    assert_eq!(store.count(&other).await.unwrap(), 3);
    store.remove(&other).await.unwrap();
    assert_eq!(pinecone.asked("DELETE /indexes/").len(), 1);
    store.remove(&other).await.unwrap();
    // while the old one is still going, a new one is made under its name
    let again = prepared(&store, one.clone()).await;
    assert_eq!(again.place, one.place);
    assert_eq!(store.count(&again).await.unwrap(), 0);
}

#[tokio::test]
async fn of_two_that_go_at_once_one_deletes_it() {
    let pinecone = Pinecone::start().await;
    pinecone.lag(4, 0);
    let (here, there) = (store(Dedicated, &pinecone), store(Dedicated, &pinecone));
    for _ in 0..10 {
        let one = prepared(&here, a_collection()).await;
        let other = prepared(&there, a_sibling(&one)).await;
        here.upsert(&one, &records(8, 2)).await.unwrap();
        there.upsert(&other, &records(8, 2)).await.unwrap();
        let removed = futures::join!(here.remove(&one), there.remove(&other));
        removed.0.unwrap();
        removed.1.unwrap();
        assert_eq!(pinecone.indexes("operator"), [] as [&str; 0]);
    }
}

#[tokio::test]
async fn it_stays_when_somebody_protects_it() {
    let pinecone = Pinecone::start().await;
    let store = store(Dedicated, &pinecone);
    let collection = prepared(&store, a_collection()).await;
    store.upsert(&collection, &records(8, 3)).await.unwrap();
    let name = collection.place.index.clone().unwrap();
    pinecone.protect(&name);
    store.remove(&collection).await.unwrap();
    assert_eq!(pinecone.indexes("operator"), [name]);
    assert_eq!(store.count(&collection).await.unwrap(), 0);
}

#[tokio::test]
async fn whoever_made_or_deleted_it_unheard_does_it_once() {
    let pinecone = Pinecone::start().await;
    let store = store(Dedicated, &pinecone);
    pinecone.will("POST /indexes", 0, Fault::LostAnswer);
    pinecone.will("DELETE /namespaces", 0, Fault::LostAnswer);
    pinecone.will("DELETE /indexes", 0, Fault::LostAnswer);
    let collection = prepared(&store, a_collection()).await;
    store.upsert(&collection, &records(8, 3)).await.unwrap();
    store.remove(&collection).await.unwrap();
    assert_eq!(pinecone.met().len(), 3);
    assert_eq!(pinecone.indexes("operator"), [] as [&str; 0]);
}

#[tokio::test]
async fn one_that_went_elsewhere_is_noticed() {
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
        .header("x-pinecone-api-version", "2025-10");
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
async fn one_that_is_never_ready_is_not_waited_for_for_ever() {
    let pinecone = Pinecone::start().await;
    pinecone.lag(0, usize::MAX);
    let mut options = super::options(&pinecone);
    options.patience = PineconePatience {
        ready: std::time::Duration::from_millis(30),
        ..patience()
    };
    let store = store_with(Dedicated, options);
    let error = store.prepare(&a_collection()).await.unwrap_err();
    assert_eq!(*error.kind(), Kind::Unavailable);
    assert!(error.message().contains("not ready"), "{error:?}");
    assert_eq!(pinecone.asked("POST /indexes").len(), 1);
}
