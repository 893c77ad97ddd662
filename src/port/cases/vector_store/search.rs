//! Which vectors a query finds, and in which order.

use super::{
    filled, passages, prepared, query,
    records::{cosine, records, unit},
};
use crate::{
    domain::DocumentId,
    error::Kind,
    port::{Collection, VectorMatch, VectorQuery, VectorRecord, VectorStore},
};

pub(super) async fn the_closest_come_first(store: &dyn VectorStore, collection: Collection) {
    let mut kept = records(collection.dimensions, 40);
    // a vector equal to the query, its opposite, and an orthogonal one
    for (record, values) in kept.iter_mut().zip([[1.0, 0.0], [-1.0, 0.0], [0.0, 1.0]]) {
        record.values = values.to_vec();
        record.values.resize(collection.dimensions, 0.0);
    }
    let collection = filled(store, collection, &kept).await;
    let found = store.query(&collection, &query(&kept[0], 1_000)).await;
    let found = found.unwrap();
    assert_eq!(found.len(), kept.len());
    assert_as_told(&found, &kept[0].values, &kept);
    for (record, expected) in kept.iter().zip([1.0, -1.0, 0.0]) {
        let hit = found.iter().find(|found| found.passage == record.passage);
        assert!((hit.unwrap().score - expected).abs() < 1e-3, "{hit:?}");
    }
    assert_eq!(found[0].passage, kept[0].passage);
    assert_eq!(found[39].passage, kept[1].passage);

    for most in [1, 2, 7, 39] {
        let nearest = store.query(&collection, &query(&kept[0], most)).await;
        assert_eq!(passages(&nearest.unwrap()), passages(&found[..most]));
    }
    let between = unit(
        kept[0]
            .values
            .iter()
            .zip(&kept[2].values)
            .map(|(a, b)| a + b)
            .collect(),
    );
    let asked = VectorQuery {
        values: between.clone(),
        most: 40,
        documents: Vec::new(),
    };
    let found = store.query(&collection, &asked).await.unwrap();
    assert_as_told(&found, &between, &kept);
}

pub(super) async fn only_among_some_documents(store: &dyn VectorStore, collection: Collection) {
    let kept = records(collection.dimensions, 600);
    let collection = filled(store, collection, &kept).await;
    let absent = records(collection.dimensions, 1)[0].document;
    let many: Vec<_> = kept[100..].iter().step_by(5).map(|r| r.document).collect();
    assert_eq!(many.len(), 100);
    for documents in [
        vec![kept[7].document],
        vec![kept[7].document, kept[33].document],
        vec![absent, kept[599].document, absent],
        vec![absent],
        many,
    ] {
        let meant = |record: &&VectorRecord| documents.contains(&record.document);
        let expected: Vec<_> = kept.iter().filter(meant).cloned().collect();
        let found = among(store, &collection, &documents, 1_000).await;
        assert_eq!(
            found.len(),
            expected.len(),
            "of {} documents",
            documents.len()
        );
        assert_as_told(&found, &kept[0].values, &expected);
        let found = among(store, &collection, &documents, 3).await;
        assert_eq!(found.len(), expected.len().min(3));
        assert_as_told(&found, &kept[0].values, &expected);
        let best = best(&kept[0].values, &expected);
        if let Some(best) = best {
            assert!((found[0].score - best).abs() < 1e-3, "{found:?}");
        }
    }
}

async fn among(
    store: &dyn VectorStore,
    collection: &Collection,
    documents: &[DocumentId],
    most: usize,
) -> Vec<VectorMatch> {
    let asked = VectorQuery {
        values: records(collection.dimensions, 1).remove(0).values,
        most,
        documents: documents.to_vec(),
    };
    store.query(collection, &asked).await.unwrap()
}

fn best(asked: &[f32], among: &[VectorRecord]) -> Option<f32> {
    let scores = among.iter().map(|record| cosine(asked, &record.values));
    scores.reduce(f32::max)
}

/// Checks that scores are cosines in descending order, of stored vectors, and that each vector is found once, with its
/// document.
pub(super) fn assert_as_told(found: &[VectorMatch], asked: &[f32], kept: &[VectorRecord]) {
    assert!(
        found.is_sorted_by(|one, next| one.score >= next.score),
        "{found:?}"
    );
    let mut seen = std::collections::HashSet::new();
    for hit in found {
        assert!(seen.insert(hit.passage), "found twice: {hit:?}");
        let record = kept.iter().find(|record| record.passage == hit.passage);
        let record = record.expect("something was found that is not there");
        assert_eq!(record.document, hit.document);
        let expected = cosine(asked, &record.values);
        assert!(
            (hit.score - expected).abs() < 1e-3,
            "{hit:?}, expected {expected}"
        );
    }
}

pub(super) async fn another_dimension_is_refused(store: &dyn VectorStore, collection: Collection) {
    let kept = records(collection.dimensions, 3);
    let collection = prepared(store, collection).await;
    for dimensions in [collection.dimensions - 1, collection.dimensions + 1] {
        let wrong = records(dimensions, 1);
        let error = store.query(&collection, &query(&wrong[0], 1)).await;
        assert_eq!(*error.unwrap_err().kind(), Kind::Internal);
        let mixed = [kept[0].clone(), wrong[0].clone(), kept[1].clone()];
        let error = store.upsert(&collection, &mixed).await;
        assert_eq!(*error.unwrap_err().kind(), Kind::Internal);
    }
    // no record of the refused call was stored
    let collection = filled(store, collection, &kept[2..]).await;
    let found = store.query(&collection, &query(&kept[0], 10)).await;
    assert_eq!(passages(&found.unwrap()), [kept[2].passage]);
}
