//! More vectors than fit into one request of any store.

use super::{
    filled, holds, query,
    records::{cosine, passage_ids, records},
    search::assert_as_told,
};
use crate::port::{Collection, VectorStore};

pub(super) async fn thousands_are_kept_found_and_removed(
    store: &dyn VectorStore,
    collection: Collection,
) {
    let kept = records(collection.dimensions, 2_500);
    let collection = filled(store, collection, &kept).await;
    store.settle(&collection).await.unwrap();
    for asked in kept.iter().step_by(500) {
        let found = store.query(&collection, &query(asked, 10)).await.unwrap();
        assert_eq!(found.len(), 10);
        assert_eq!(found[0].passage, asked.passage);
        assert_as_told(&found, &asked.values, &kept);
        let mut scores: Vec<_> = kept
            .iter()
            .map(|r| cosine(&asked.values, &r.values))
            .collect();
        scores.sort_by(|one, other| other.total_cmp(one));
        // an index with approximate search may miss one of ten
        let tenth = scores[9] - 1e-3;
        assert!(
            found[8].score >= tenth,
            "{found:?}, expected {:?}",
            &scores[..10]
        );
    }
    let (gone, left) = kept.split_at(1_200);
    store.delete(&collection, &passage_ids(gone)).await.unwrap();
    holds(store, &collection, left).await;
    store
        .delete_document(&collection, left[0].document)
        .await
        .unwrap();
    holds(store, &collection, &left[5..]).await;
    store.remove(&collection).await.unwrap();
    holds(store, &collection, &[]).await;
}
