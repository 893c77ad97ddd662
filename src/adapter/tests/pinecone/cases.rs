//! Both layouts fulfil the contract of a vector store although writes become visible late and the network fails.

use super::{Pinecone, PineconeLayout, a_collection, a_sibling, store};
use crate::{adapter::tests::fake_pinecone::Fault, port::cases};

/// The calls to Pinecone's API.
const CALLS: [&str; 9] = [
    "POST /indexes",
    "GET /indexes/",
    "GET /indexes",
    "POST /vectors/upsert",
    "POST /query",
    "GET /vectors/fetch",
    "POST /vectors/delete",
    "POST /describe_index_stats",
    "DELETE /namespaces/",
];

/// The faults that a retry overcomes.
const FAULTS: [Fault; 7] = [
    Fault::TooMany(Some(0)),
    Fault::Cut,
    Fault::LostAnswer,
    Fault::Page,
    Fault::Broken,
    Fault::TooMany(None),
    Fault::LostAnswer,
];

async fn keeps_its_promises(layout: PineconeLayout, pinecone: &Pinecone) {
    let store = store(layout, pinecone);
    let sibling = async |of: &_| a_sibling(of);
    cases::of_vector_store(&store, async || a_collection(), sibling).await;
    let reached = pinecone
        .asked("/vectors")
        .into_iter()
        .chain(pinecone.asked("/query"));
    for asked in reached {
        let namespace = asked.namespace.clone().unwrap_or_default();
        assert!(namespace.starts_with("account-"), "{asked:?}");
    }
}

#[tokio::test]
async fn the_shared_index_is_a_vector_store() {
    let pinecone = Pinecone::start().await;
    keeps_its_promises(PineconeLayout::Shared, &pinecone).await;
    let names = ["shared-multi-tenant", "shared-multi-tenant-16"];
    assert_eq!(pinecone.indexes("operator"), names);
}

#[tokio::test]
async fn a_dedicated_index_is_a_vector_store() {
    let pinecone = Pinecone::start().await;
    keeps_its_promises(PineconeLayout::Dedicated, &pinecone).await;
    let names = pinecone.indexes("operator");
    assert!(names.iter().all(|name| name.starts_with("dedicated-")));
}

#[tokio::test]
async fn the_shared_index_works_with_delays_and_faults() {
    is_one_that_is_late_and_fails(PineconeLayout::Shared, &CALLS).await;
}

#[tokio::test]
async fn a_dedicated_index_works_with_delays_and_faults() {
    is_one_that_is_late_and_fails(PineconeLayout::Dedicated, &CALLS).await;
}

async fn is_one_that_is_late_and_fails(layout: PineconeLayout, calls: &[&str]) {
    let pinecone = Pinecone::start().await;
    pinecone.lag(3, 3);
    for call in calls {
        for (index, fault) in FAULTS.into_iter().enumerate() {
            // The distance guarantees that no call meets three faults.
            let after = if index == 0 { 0 } else { 15 };
            pinecone.will(call, after, fault);
        }
    }
    keeps_its_promises(layout, &pinecone).await;
    let met = pinecone.met();
    for call in calls {
        assert!(
            met.iter().any(|(on, _)| on == call),
            "{call} never failed: {met:?}"
        );
    }
    for fault in FAULTS {
        assert!(
            met.iter().any(|(_, met)| *met == fault),
            "{fault:?} never came"
        );
    }
}
