//! The embedded store: its copies in memory are never stale.

use std::pin::pin;

use futures::poll;

use super::{
    super::fixture::{an_account, on_each_database},
    a_broken_off_upsert_can_be_repeated, a_collection, a_foreign_agent_is_out_of_reach, closest,
    collection_of, passages, query, recall, records,
};
use crate::{
    port::{VectorQuery, VectorStore, cases},
    store::EmbeddedVectors,
};

const PLENTY: usize = 64 << 20;

#[tokio::test]
async fn the_tables_are_a_vector_store() {
    on_each_database(async |store| {
        let vectors = EmbeddedVectors::new(store.clone(), PLENTY);
        let collection = async || a_collection(store, 8).await;
        let sibling = async |of: &crate::port::Collection| {
            collection_of(store, &store.tenant(of.account), 8).await
        };
        cases::of_vector_store(&vectors, collection, sibling).await;
        a_foreign_agent_is_out_of_reach(&vectors, store).await;
        a_broken_off_upsert_can_be_repeated(&vectors, store).await;
    })
    .await;
}

#[tokio::test]
async fn a_small_memory_limit_does_not_change_results() {
    on_each_database(async |store| {
        let tenant = an_account(store).await;
        let kept = records(400, 32);
        let mut collections = Vec::new();
        for _ in 0..4 {
            collections.push(collection_of(store, &tenant, 32).await);
        }
        let roomy = EmbeddedVectors::new(store.clone(), PLENTY);
        for (at, collection) in collections.iter().enumerate() {
            roomy
                .upsert(collection, &kept[at * 100..at * 100 + 100])
                .await
                .unwrap();
        }
        let asked = query(&kept[7], 10);
        roomy.query(&collections[0], &asked).await.unwrap();
        let one = roomy.bytes_in_memory();
        assert!(one >= 100 * 32, "{one}");
        for budget in [0, one, one * 5 / 2] {
            let vectors = EmbeddedVectors::new(store.clone(), budget);
            for round in 0..3 {
                for (at, collection) in collections.iter().enumerate() {
                    let found = vectors.query(collection, &asked).await.unwrap();
                    let expected = closest(&kept[at * 100..at * 100 + 100], &asked);
                    assert_eq!(passages(&found), expected, "round {round}");
                    assert!(vectors.bytes_in_memory() <= budget);
                }
            }
            let held = vectors.bytes_in_memory();
            assert_eq!(held, budget / one.max(1) * one);
        }
    })
    .await;
}

#[tokio::test]
async fn changes_of_one_process_are_visible_in_others() {
    on_each_database(async |store| {
        let here = EmbeddedVectors::new(store.clone(), PLENTY);
        let there = EmbeddedVectors::new(store.clone(), PLENTY);
        let collection = a_collection(store, 32).await;
        let kept = records(300, 32);
        let all = VectorQuery {
            most: 1_000,
            ..query(&kept[3], 1)
        };
        let sees = async |expected: &[crate::port::VectorRecord]| {
            for vectors in [&here, &there] {
                let found = vectors.query(&collection, &all).await.unwrap();
                assert_eq!(passages(&found), closest(expected, &all));
            }
        };
        here.upsert(&collection, &kept[..100]).await.unwrap();
        sees(&kept[..100]).await;
        there.upsert(&collection, &kept[100..]).await.unwrap();
        sees(&kept).await;
        let mut changed = kept[..50].to_vec();
        for record in &mut changed {
            record.values.reverse();
        }
        here.upsert(&collection, &changed).await.unwrap();
        changed.extend_from_slice(&kept[50..]);
        sees(&changed).await;
        let gone: Vec<_> = changed[..40].iter().map(|record| record.passage).collect();
        there.delete(&collection, &gone).await.unwrap();
        sees(&changed[40..]).await;
        // As many changes as before, in a different collection.
        here.remove(&collection).await.unwrap();
        sees(&[]).await;
        for chunk in kept[..80].chunks(20) {
            there.upsert(&collection, chunk).await.unwrap();
        }
        sees(&kept[..80]).await;
    })
    .await;
}

#[tokio::test]
async fn concurrent_searches_share_a_load_although_some_are_cancelled() {
    on_each_database(async |store| {
        let writer = EmbeddedVectors::new(store.clone(), PLENTY);
        let collection = a_collection(store, 48).await;
        let kept = records(3_000, 48);
        writer.upsert(&collection, &kept).await.unwrap();
        let reader = EmbeddedVectors::new(store.clone(), PLENTY);
        let asked = query(&kept[5], 10);
        for polls in 1..20 {
            let mut given_up = pin!(reader.query(&collection, &asked));
            for _ in 0..polls {
                if poll!(given_up.as_mut()).is_ready() {
                    break;
                }
                tokio::task::yield_now().await;
            }
        }
        let all = (0..8).map(|_| reader.query(&collection, &asked));
        for found in futures::future::join_all(all).await {
            assert_eq!(passages(&found.unwrap()), closest(&kept, &asked));
        }
        let recall = recall(&reader, &collection, &kept).await;
        assert!(recall >= 0.999, "{recall}");
    })
    .await;
}
