//! Pinecone's limits, and indexes in an unexpected state.

use serde_json::json;

use super::{
    Pinecone,
    PineconeLayout::{Dedicated, Shared},
    a_collection, client, prepared, records, store,
};
use crate::{
    adapter::tests::fake_pinecone::KEY,
    error::Kind,
    port::{Collection, CollectionLocation, VectorQuery, VectorRecord, VectorStore},
};

/// A query for the five nearest vectors.
pub(super) fn query_for(record: &VectorRecord) -> VectorQuery {
    VectorQuery {
        values: record.values.clone(),
        most: 5,
        documents: Vec::new(),
    }
}

async fn post(url: &str, body: &serde_json::Value) -> u16 {
    let request = client()
        .post(url)
        .header("api-key", KEY)
        .header("x-pinecone-api-version", "2026-04");
    let answer = request.json(body).send().await.unwrap();
    answer.status().as_u16()
}

#[tokio::test]
async fn long_vectors_are_sent_in_batches_within_pinecones_limits() {
    let pinecone = Pinecone::start().await;
    let store = store(Shared, &pinecone);
    let collection = Collection {
        dimensions: 1_536,
        ..a_collection()
    };
    let collection = prepared(&store, collection).await;
    let mut kept = records(1_536, 300);
    // The longest JSON form that such numbers have.
    for (index, record) in kept.iter_mut().enumerate() {
        let longest = -0.023_456_79_f32 - f32::from(u16::try_from(index).unwrap()) * 1e-6;
        record.values = vec![longest; 1_536];
    }
    store.upsert(&collection, &kept).await.unwrap();
    assert_eq!(store.count(&collection).await.unwrap(), 300);
    let upserts = pinecone.asked("POST /vectors/upsert");
    assert!((3..=5).contains(&upserts.len()), "{upserts:?}");
    assert!(
        upserts.iter().all(|asked| asked.bytes < 2_000_000),
        "{upserts:?}"
    );
    let passages: Vec<_> = kept.iter().map(|record| record.passage).collect();
    let fetched = store.fetch(&collection, &passages).await.unwrap();
    assert_eq!(fetched.len(), 300);
}

#[tokio::test]
async fn vectors_of_another_dimension_use_an_index_of_their_own() {
    for layout in [Shared, Dedicated] {
        let pinecone = Pinecone::start().await;
        pinecone.lag(0, 2);
        let store = store(layout, &pinecone);
        let short = a_collection();
        let long = Collection {
            dimensions: 384,
            generation: 2,
            ..short.clone()
        };
        // The collection that is prepared first gets the default name.
        let prepared = futures::join!(prepared(&store, short), prepared(&store, long));
        let mut names = [prepared.0.place.index, prepared.1.place.index].map(Option::unwrap);
        names.sort();
        let [usual, other] = names;
        let dimensions = other.strip_prefix(&usual);
        assert!(
            [Some("-8"), Some("-384")].contains(&dimensions),
            "{usual}, {other}"
        );
    }
}

#[tokio::test]
async fn an_index_of_another_kind_is_a_conflict() {
    let pinecone = Pinecone::start().await;
    let store = store(Shared, &pinecone);
    let spec = json!({"serverless": {"cloud": "aws", "region": "eu-west-1"}});
    let foreign =
        json!({"name": "shared-multi-tenant", "dimension": 8, "metric": "euclidean", "spec": spec});
    assert_eq!(
        post(&format!("{}/indexes", pinecone.url), &foreign).await,
        201
    );
    let error = store.prepare(&a_collection()).await.unwrap_err();
    assert_eq!(*error.kind(), Kind::Conflict, "{error:?}");

    let foreign = json!({"name": "theirs", "dimension": 9, "metric": "cosine", "spec": spec});
    assert_eq!(
        post(&format!("{}/indexes", pinecone.url), &foreign).await,
        201
    );
    let placed = Collection {
        place: CollectionLocation {
            index: Some("theirs".to_owned()),
            ..CollectionLocation::default()
        },
        ..a_collection()
    };
    let error = store.prepare(&placed).await.unwrap_err();
    assert_eq!(*error.kind(), Kind::Conflict, "{error:?}");
}

#[tokio::test]
async fn an_unexpected_vector_in_the_index_is_a_conflict() {
    let pinecone = Pinecone::start().await;
    let store = store(Shared, &pinecone);
    let collection = prepared(&store, a_collection()).await;
    let kept = records(8, 1);
    let host = super::fake::host(&pinecone, "shared-multi-tenant").await;
    let foreign = json!({"id": "doc#1", "values": kept[0].values, "metadata": {"document": "x"}});
    let body = json!({"vectors": [foreign], "namespace": collection.place.namespace});
    assert_eq!(
        post(&format!("http://{host}/vectors/upsert"), &body).await,
        200
    );
    let error = store
        .query(&collection, &query_for(&kept[0]))
        .await
        .unwrap_err();
    assert_eq!(*error.kind(), Kind::Conflict, "{error:?}");
}

#[tokio::test]
async fn vectors_with_non_finite_numbers_are_not_sent() {
    let pinecone = Pinecone::start().await;
    let store = store(Shared, &pinecone);
    let collection = prepared(&store, a_collection()).await;
    let mut odd = records(8, 1);
    odd[0].values[3] = f32::NAN;
    let error = store.upsert(&collection, &odd).await.unwrap_err();
    assert_eq!(*error.kind(), Kind::Internal);
    assert!(pinecone.asked("/vectors/upsert").is_empty());
}
