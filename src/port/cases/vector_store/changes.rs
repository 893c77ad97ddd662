//! Vectors are added, replaced and removed.

use super::{
    filled, holds, prepared, query,
    records::{records, revised},
    soon,
};
use crate::port::{Collection, VectorStore};

pub(super) async fn a_vector_is_kept_replaced_and_removed(
    store: &dyn VectorStore,
    collection: Collection,
) {
    let collection = prepared(store, collection).await;
    holds(store, &collection, &[]).await;
    store.upsert(&collection, &[]).await.unwrap();
    holds(store, &collection, &[]).await;

    let mut kept = records(collection.dimensions, 10);
    store.upsert(&collection, &kept[..1]).await.unwrap();
    holds(store, &collection, &kept[..1]).await;
    for _ in 0..2 {
        store.upsert(&collection, &kept).await.unwrap();
        holds(store, &collection, &kept).await;
    }
    let changed = revised(&kept[..7]);
    store.upsert(&collection, &changed).await.unwrap();
    kept.splice(..7, changed);
    holds(store, &collection, &kept).await;

    store.delete(&collection, &[]).await.unwrap();
    let absent = records(collection.dimensions, 1);
    for _ in 0..2 {
        let gone = [kept[0].passage, absent[0].passage, kept[9].passage];
        store.delete(&collection, &gone).await.unwrap();
    }
    holds(store, &collection, &kept[1..9]).await;
    for _ in 0..2 {
        let (gone, absent) = (kept[5].document, absent[0].document);
        store.delete_document(&collection, gone).await.unwrap();
        store.delete_document(&collection, absent).await.unwrap();
    }
    holds(store, &collection, &kept[1..5]).await;
    store.settle(&collection).await.unwrap();
    holds(store, &collection, &kept[1..5]).await;

    let asked = [kept[0].passage, kept[1].passage, absent[0].passage];
    let fetched = store.fetch(&collection, &asked).await.unwrap();
    assert_eq!(fetched.len(), 1, "{fetched:?}");
    assert_eq!(fetched[0].passage, kept[1].passage);
    assert_eq!(store.fetch(&collection, &[]).await.unwrap(), []);
}

pub(super) async fn a_removed_collection_can_be_prepared_anew(
    store: &dyn VectorStore,
    collection: Collection,
) {
    let kept = records(collection.dimensions, 6);
    let mut unplaced = collection.clone();
    let mut collection = filled(store, collection, &kept).await;
    for _ in 0..2 {
        store.remove(&collection).await.unwrap();
    }
    holds(store, &collection, &[]).await;
    let nothing = store.fetch(&collection, &[kept[0].passage]).await.unwrap();
    assert_eq!(nothing, []);
    store.delete(&collection, &[kept[0].passage]).await.unwrap();
    let document = kept[0].document;
    store.delete_document(&collection, document).await.unwrap();
    store.settle(&collection).await.unwrap();

    collection.place = store.prepare(&collection).await.unwrap();
    holds(store, &collection, &[]).await;
    store.upsert(&collection, &kept[2..]).await.unwrap();
    holds(store, &collection, &kept[2..]).await;
    store.remove(&collection).await.unwrap();
    unplaced.place = store.prepare(&unplaced).await.unwrap();
    holds(store, &unplaced, &[]).await;
    store.remove(&unplaced).await.unwrap();
}

pub(super) async fn writers_at_once_lose_nothing(store: &dyn VectorStore, collection: Collection) {
    let kept = records(collection.dimensions, 300);
    let collection = prepared(store, collection).await;
    let (first, second) = kept.split_at(200);
    let shared = &kept[150..250];
    let asked = query(&kept[0], 5);
    let written = futures::join!(
        store.upsert(&collection, first),
        store.upsert(&collection, second),
        store.upsert(&collection, shared),
        store.query(&collection, &asked),
    );
    written.0.unwrap();
    written.1.unwrap();
    written.2.unwrap();
    written.3.unwrap();
    holds(store, &collection, &kept).await;
    let gone = [kept[0].passage];
    let written = futures::join!(
        store.delete(&collection, &gone),
        store.delete_document(&collection, kept[299].document),
        store.upsert(&collection, shared),
    );
    written.0.unwrap();
    written.1.unwrap();
    written.2.unwrap();
    holds(store, &collection, &kept[1..295]).await;
    store.remove(&collection).await.unwrap();
    soon("the collection is gone", async || {
        Ok(store.count(&collection).await? == 0)
    })
    .await;
}
