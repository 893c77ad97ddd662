//! Vectors in Pinecone, tested against a fake server in this process: `tests/pinecone`.

mod cases;
mod dedicated;
mod fake;
mod faults;
mod keys;
mod limits;

use std::time::Duration;

use reqwest::{Client, redirect::Policy};

use super::{
    fake_pinecone::{KEY, Pinecone},
    id,
};
use crate::{
    adapter::pinecone::{PineconeLayout, PineconeOptions, PineconeTimeouts, PineconeVectorStore},
    domain::{DocumentId, PassageId, Secret},
    port::{Collection, CollectionLocation, VectorRecord, VectorStore},
};

/// A collection of a new agent of a new account.
fn a_collection() -> Collection {
    Collection {
        account: id(),
        agent: id(),
        generation: 1,
        dimensions: 8,
        place: CollectionLocation::default(),
    }
}

/// A collection of another agent of the same account.
fn a_sibling(of: &Collection) -> Collection {
    Collection {
        agent: id(),
        place: CollectionLocation::default(),
        ..of.clone()
    }
}

async fn prepared(store: &PineconeVectorStore, mut collection: Collection) -> Collection {
    collection.place = store.prepare(&collection).await.unwrap();
    collection
}

/// Vectors with a single number that is not 0.
fn records(dimensions: usize, count: usize) -> Vec<VectorRecord> {
    let document: DocumentId = id();
    let record = |index: usize| {
        let mut values = vec![0.0; dimensions];
        values[index % dimensions] = 1.0;
        let passage: PassageId = id();
        VectorRecord {
            passage,
            document,
            values,
        }
    };
    (0..count).map(record).collect()
}

/// Short pauses, so that retries are fast.
fn timeouts() -> PineconeTimeouts {
    PineconeTimeouts {
        request: Duration::from_mins(1),
        call: Duration::from_mins(2),
        pause: Duration::from_millis(1),
        ready: Duration::from_mins(2),
        look: Duration::from_millis(1),
    }
}

fn options(pinecone: &Pinecone) -> PineconeOptions {
    PineconeOptions {
        url: pinecone.url.clone(),
        api_key: Some(Secret::new(KEY)),
        cloud: "aws".to_owned(),
        region: "us-east-1".to_owned(),
        timeouts: timeouts(),
    }
}

fn client() -> Client {
    let client = Client::builder().no_proxy().redirect(Policy::none());
    client.build().unwrap()
}

fn store_with(layout: PineconeLayout, options: PineconeOptions) -> PineconeVectorStore {
    // The first test of the process installs the provider.
    let _ = rustls::crypto::ring::default_provider().install_default();
    PineconeVectorStore::new(layout, client(), options)
}

fn store(layout: PineconeLayout, pinecone: &Pinecone) -> PineconeVectorStore {
    store_with(layout, options(pinecone))
}
