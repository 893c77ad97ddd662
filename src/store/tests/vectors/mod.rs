//! Vectors in the tables and in pgvector: the contract of every vector store, and the properties of each of the two.

mod embedded;
mod pgvector;

use uuid::Uuid;

use super::fixture::{an_account, an_agent};
use crate::{
    domain::{DocumentId, PassageId},
    port::{Collection, CollectionLocation, VectorMatch, VectorQuery, VectorRecord, VectorStore},
    store::{Store, TenantStore},
};

async fn a_collection(store: &Store, dimensions: usize) -> Collection {
    let tenant = an_account(store).await;
    collection_of(store, &tenant, dimensions).await
}

/// The first collection of a new agent.
async fn collection_of(store: &Store, tenant: &TenantStore, dimensions: usize) -> Collection {
    Collection {
        account: tenant.account,
        agent: an_agent(store, tenant).await.id,
        generation: 1,
        dimensions,
        place: CollectionLocation::default(),
    }
}

/// `count` vectors around `count / 20` centres, the same in every run, in documents of ten.
fn records(count: usize, dimensions: usize) -> Vec<VectorRecord> {
    let mut numbers = Numbers(0x2545_F491_4F6C_DD1D);
    let mut vector = |around: Option<&Vec<f32>>| {
        let noise: Vec<f32> = (0..dimensions).map(|_| numbers.next()).collect();
        unit(match around {
            None => noise,
            Some(centre) => centre
                .iter()
                .zip(&noise)
                .map(|(c, n)| c + n * 0.08)
                .collect(),
        })
    };
    let centres: Vec<_> = (0..count.div_ceil(20)).map(|_| vector(None)).collect();
    let mut document = DocumentId::from_uuid(Uuid::now_v7());
    (0..count)
        .map(|at| {
            if at % 10 == 0 {
                document = DocumentId::from_uuid(Uuid::now_v7());
            }
            VectorRecord {
                passage: PassageId::from_uuid(Uuid::now_v7()),
                document,
                values: vector(Some(&centres[at % centres.len()])),
            }
        })
        .collect()
}

struct Numbers(u64);

impl Numbers {
    /// The next number, from -1 to 1.
    fn next(&mut self) -> f32 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        f32::from(u16::try_from(self.0 >> 48).unwrap()) / 32_768.0 - 1.0
    }
}

fn unit(values: Vec<f32>) -> Vec<f32> {
    let length = values.iter().map(|value| value * value).sum::<f32>().sqrt();
    values.into_iter().map(|value| value / length).collect()
}

fn query(close_to: &VectorRecord, most: usize) -> VectorQuery {
    VectorQuery {
        values: close_to.values.clone(),
        most,
        documents: Vec::new(),
    }
}

fn passages(found: &[VectorMatch]) -> Vec<PassageId> {
    found.iter().map(|found| found.passage).collect()
}

/// The passages that an exact search returns.
fn closest(records: &[VectorRecord], query: &VectorQuery) -> Vec<PassageId> {
    let score = |record: &VectorRecord| -> f32 {
        let products = record.values.iter().zip(&query.values);
        products.map(|(one, other)| one * other).sum()
    };
    let mut sorted: Vec<_> = records.iter().collect();
    sorted.sort_by(|one, other| score(other).total_cmp(&score(one)));
    sorted
        .iter()
        .take(query.most)
        .map(|one| one.passage)
        .collect()
}

/// The mean share of the ten exact nearest vectors that a search returns, over every hundredth record.
async fn recall(store: &dyn VectorStore, of: &Collection, records: &[VectorRecord]) -> f64 {
    let (mut hits, mut all) = (0_u32, 0_u32);
    for record in records.iter().step_by(100) {
        let asked = query(record, 10);
        let found = passages(&store.query(of, &asked).await.unwrap());
        let expected = closest(records, &asked);
        hits += u32::try_from(expected.iter().filter(|one| found.contains(one)).count()).unwrap();
        all += 10;
    }
    f64::from(hits) / f64::from(all)
}

/// A caller that names another account's agent reaches none of its vectors.
async fn a_foreign_agent_is_out_of_reach(vectors: &dyn VectorStore, store: &Store) {
    let ours = a_collection(store, 8).await;
    let kept = records(30, 8);
    vectors.upsert(&ours, &kept).await.unwrap();
    let theirs = Collection {
        account: an_account(store).await.account,
        ..ours.clone()
    };
    let error = vectors.upsert(&theirs, &kept[..3]).await.unwrap_err();
    assert_eq!(*error.kind(), crate::error::Kind::Conflict);
    let asked = query(&kept[0], 10);
    assert_eq!(vectors.query(&theirs, &asked).await.unwrap(), []);
    let ids: Vec<_> = kept.iter().map(|record| record.passage).collect();
    assert_eq!(vectors.fetch(&theirs, &ids).await.unwrap(), []);
    vectors.delete(&theirs, &ids).await.unwrap();
    let document = kept[0].document;
    vectors.delete_document(&theirs, document).await.unwrap();
    vectors.settle(&theirs).await.unwrap();
    vectors.remove(&theirs).await.unwrap();
    assert_eq!(vectors.count(&theirs).await.unwrap(), 0);
    assert_eq!(vectors.count(&ours).await.unwrap(), 30);
    let found = vectors.query(&ours, &asked).await.unwrap();
    assert_eq!(passages(&found), closest(&kept, &asked));
}

/// An upsert that was cancelled midway leaves complete vectors; the next one completes it.
async fn a_broken_off_upsert_can_be_repeated(vectors: &dyn VectorStore, store: &Store) {
    let collection = a_collection(store, 64).await;
    let kept = records(6_000, 64);
    let begun = async { while vectors.count(&collection).await.unwrap() == 0 {} };
    tokio::select! {
        () = begun => {}
        _ = vectors.upsert(&collection, &kept) => panic!("it was done before anything of it was seen"),
    }
    let there = vectors.count(&collection).await.unwrap();
    assert!(there < 6_000, "{there}");
    let asked = query(&kept[0], 10);
    let found = vectors.query(&collection, &asked).await.unwrap();
    assert_eq!(found.len(), 10);
    vectors.upsert(&collection, &kept).await.unwrap();
    assert_eq!(vectors.count(&collection).await.unwrap(), 6_000);
    let found = vectors.query(&collection, &asked).await.unwrap();
    assert_eq!(passages(&found), closest(&kept, &asked));
}
