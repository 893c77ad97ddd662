//! Two collections that contain the same ids are isolated from each other.

use super::{
    filled, holds, passages, prepared, query,
    records::{passage_ids, records},
};
use crate::port::{Collection, VectorQuery, VectorStore};

/// Stores vectors of the same passages and documents in both, and checks that a change of one is never visible in the
/// other.
pub(super) async fn keep_apart(store: &dyn VectorStore, one: Collection, other: Collection) {
    let ours = records(one.dimensions, 20);
    let mut theirs = records(other.dimensions, 30);
    for (ours, theirs) in ours.iter().zip(&mut theirs) {
        (theirs.passage, theirs.document) = (ours.passage, ours.document);
        theirs.values.reverse();
    }
    let one = filled(store, one, &ours).await;
    let other = prepared(store, other).await;
    holds(store, &other, &[]).await;
    assert_eq!(store.fetch(&other, &passage_ids(&ours)).await.unwrap(), []);
    store.delete(&other, &passage_ids(&ours)).await.unwrap();
    store
        .delete_document(&other, ours[0].document)
        .await
        .unwrap();
    let other = filled(store, other, &theirs).await;
    holds(store, &one, &ours).await;

    let among = VectorQuery {
        documents: vec![ours[0].document, theirs[29].document],
        ..query(&ours[0], 1_000)
    };
    let found = passages(&store.query(&one, &among).await.unwrap());
    assert_eq!(found.len(), 5);
    assert!(passage_ids(&ours[..5]).iter().all(|id| found.contains(id)));

    let (first, last) = (ours[0].passage, ours[19].document);
    store.delete(&one, &[first]).await.unwrap();
    store.delete_document(&one, last).await.unwrap();
    holds(store, &one, &ours[1..15]).await;
    holds(store, &other, &theirs).await;
    store.settle(&one).await.unwrap();
    store.remove(&one).await.unwrap();
    holds(store, &one, &[]).await;
    holds(store, &other, &theirs).await;
    // what remains does not disturb a new start either
    let one = filled(store, one, &ours[..3]).await;
    store.remove(&other).await.unwrap();
    holds(store, &other, &[]).await;
    holds(store, &one, &ours[..3]).await;
    store.remove(&one).await.unwrap();
}
