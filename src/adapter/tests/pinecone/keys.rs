//! Which key is used for which account, and that no error contains a key.

use super::{
    Pinecone,
    PineconeLayout::{Dedicated, Shared},
    a_collection, options, prepared, records, store, store_with,
};
use crate::{
    adapter::{
        pinecone::PineconeOptions,
        tests::fake_pinecone::{Fault, KEY},
    },
    domain::Secret,
    error::{Error, Kind},
    port::{Collection, CollectionLocation, VectorStore},
};

const OWN_KEY: &str = "pcsk_customer_hunter2";

fn with_own_key(key: &str) -> Collection {
    let place = CollectionLocation {
        credentials: Some(Secret::new(key)),
        ..CollectionLocation::default()
    };
    Collection {
        place,
        ..a_collection()
    }
}

#[tokio::test]
async fn an_accounts_own_key_is_used_for_everything() {
    for layout in [Shared, Dedicated] {
        let pinecone = Pinecone::start().await;
        pinecone.accept(OWN_KEY, "customer");
        let store = store(layout, &pinecone);
        let collection = prepared(&store, with_own_key(OWN_KEY)).await;
        assert_eq!(collection.place.credentials, Some(Secret::new(OWN_KEY)));
        store.upsert(&collection, &records(8, 5)).await.unwrap();
        assert_eq!(store.count(&collection).await.unwrap(), 5);
        store
            .health(collection.place.credentials.as_ref())
            .await
            .unwrap();
        assert_eq!(pinecone.indexes("operator"), [] as [&str; 0]);
        assert_eq!(pinecone.indexes("customer").len(), 1);
        store.remove(&collection).await.unwrap();
        assert!(pinecone.asked("").iter().all(|asked| asked.key == OWN_KEY));

        // An index of the same name in the operator's project is another index, and the two hosts are cached apart.
        let ours = prepared(&store, a_collection()).await;
        let theirs = prepared(&store, collection).await;
        store.upsert(&theirs, &records(8, 5)).await.unwrap();
        store.upsert(&ours, &records(8, 2)).await.unwrap();
        assert_eq!(store.count(&ours).await.unwrap(), 2);
        assert_eq!(store.count(&theirs).await.unwrap(), 5);
        for asked in pinecone.asked("/vectors/") {
            let own = asked.namespace == theirs.place.namespace;
            assert_eq!(asked.key == OWN_KEY, own, "{asked:?}");
        }
    }
}

#[tokio::test]
async fn a_refused_key_is_not_shown_in_errors() {
    let pinecone = Pinecone::start().await;
    let store = store(Shared, &pinecone);
    let bad = with_own_key("pcsk_wrong_hunter2");
    assert_unavailable_without_key(&store.prepare(&bad).await.unwrap_err());
    let credentials = bad.place.credentials.as_ref();
    assert_unavailable_without_key(&store.health(credentials).await.unwrap_err());
    // The key is accepted once, and then refused.
    pinecone.accept(OWN_KEY, "customer");
    let collection = prepared(&store, with_own_key(OWN_KEY)).await;
    pinecone.accept(OWN_KEY, "nobody");
    let error = store.upsert(&collection, &records(8, 1)).await.unwrap_err();
    assert_unavailable_without_key(&error);
    pinecone.will("POST /query", 0, Fault::Page);
    let shown = format!("{collection:?} {:?}", options(&pinecone));
    assert!(
        !shown.contains("hunter2") && !shown.contains(KEY),
        "{shown}"
    );
    let odd = with_own_key("hunter2\n");
    assert_unavailable_without_key(&store.prepare(&odd).await.unwrap_err());
}

#[tokio::test]
async fn a_missing_key_is_reported_with_the_remedy() {
    let pinecone = Pinecone::start().await;
    let options = PineconeOptions {
        api_key: None,
        ..options(&pinecone)
    };
    let store = store_with(Shared, options);
    let error = store.prepare(&a_collection()).await.unwrap_err();
    assert_eq!(*error.kind(), Kind::Unavailable);
    assert!(error.message().contains("a key of its own"), "{error:?}");
    assert!(pinecone.asked("").is_empty());
    pinecone.accept(OWN_KEY, "customer");
    prepared(&store, with_own_key(OWN_KEY)).await;
}

fn assert_unavailable_without_key(error: &Error) {
    assert_eq!(*error.kind(), Kind::Unavailable, "{error:?}");
    let shown = format!("{error:?} {:?}", error.cause());
    assert!(!shown.contains("hunter2"), "{shown}");
}
