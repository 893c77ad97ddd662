//! Processes that are killed during an ingestion or a move: the next process finishes their work.

use std::collections::BTreeSet;

use rand::{RngExt, SeedableRng, rngs::StdRng};
use serde_json::{Value, json};

use super::{ingest, search, vector_store};
use crate::{
    pinecone::{KEY, Pinecone},
    support::{Client, EMBEDDINGS, Process, TestDatabase, Upstream, until},
};

/// The number of kills.
const KILLS: usize = 10;
/// A process counts as dead after three seconds.
const SHORT_LEASE: (&str, &str) = ("TROUPE_JOBS_LEASE_SECONDS", "3");
/// The number of passages of the test document.
const PARTS: usize = 260;

fn lockers() -> String {
    let filler = "It stands in the long corridor behind the second stair, between the window and the clock. ".repeat(3);
    let parts: Vec<String> = (0..PARTS)
        .map(|number| {
            format!(
                "## Locker {number}\n\nThe code is {}. {filler}\n\n",
                number * 37
            )
        })
        .collect();
    parts.concat()
}

/// A new agent: those of the demo account have documents.
async fn new_agent(client: &Client) -> String {
    let create = "mutation { createAgent(input: {template: \"support_agent\", tier: \"standard\", name: \"Lockers\"}) { agent { id } } }";
    let made = client.ok(create, json!({})).await;
    made["createAgent"]["agent"]["id"]
        .as_str()
        .unwrap()
        .to_owned()
}

/// Checks that a search for words of every passage finds each passage once.
async fn assert_served_once(client: &Client, agent: &str) {
    let found = search_many(client, agent).await;
    let places: Vec<(String, i64)> = found
        .iter()
        .map(|passage| {
            let document = passage["document"]["id"].as_str().unwrap().to_owned();
            (document, passage["position"].as_i64().unwrap())
        })
        .collect();
    let unique: BTreeSet<_> = places.iter().collect();
    assert_eq!(unique.len(), places.len(), "something is served twice");
    assert!(
        !search(client, agent, "corridor stair window clock")
            .await
            .is_empty()
    );
}

async fn search_many(client: &Client, agent: &str) -> Vec<Value> {
    let found = client
        .ok(
            "query($agent: ID!) { searchKnowledge(agentId: $agent, query: \"corridor stair window clock\", first: 100) { position document { id } } }",
            json!({"agent": agent}),
        )
        .await;
    found["searchKnowledge"].as_array().unwrap().clone()
}

#[tokio::test]
async fn an_ingestion_survives_ten_kills() {
    let database = TestDatabase::create().await;
    let upstream = Upstream::start().await;
    let settings = [EMBEDDINGS, SHORT_LEASE];
    let gate = upstream.embeddings.hold();
    let mut chance = StdRng::seed_from_u64(11);
    let mut process = Process::start(&database, &upstream, &settings).await;
    let agent = new_agent(&process.owner).await;
    let taken = ingest(
        &process.owner,
        json!({"agentId": agent, "title": "Lockers", "source": "lockers", "text": lockers()}),
    )
    .await;
    let id = taken["id"].as_str().unwrap().to_owned();
    // The request for the vector length, and the first batch: the document has been read then, which two kills may
    // prevent.
    gate.add_permits(2);
    until("it has been read", async || {
        upstream.embeddings.texts() > 2 && upstream.embeddings.held() > 0
    })
    .await;
    for _ in 0..KILLS {
        // During one of the next batches, or before the first.
        let before = upstream.embeddings.texts();
        let more = chance.random_range(0..40);
        gate.add_permits(2);
        until("it has got on, or is done", || async {
            upstream.embeddings.texts() >= before + more
                || gate.available_permits() > 0
                || status(&process.owner, &id).await == "READY"
                || upstream.embeddings.texts() > before
        })
        .await;
        process.kill().await;
        process = Process::start(&database, &upstream, &settings).await;
    }
    gate.add_permits(100_000);
    until("it is searched", || async {
        status(&process.owner, &id).await == "READY"
    })
    .await;
    let kept = vector_store(&process.owner, &agent).await;
    assert_eq!(kept["vectorStore"]["passageCount"], PARTS, "{kept}");
    assert_eq!(
        kept["documents"]["nodes"][0]["passageCount"], PARTS,
        "{kept}"
    );
    assert_served_once(&process.owner, &agent).await;
    drop(process);
    drop(database);
}

#[tokio::test]
async fn a_move_survives_ten_kills() {
    let database = TestDatabase::create().await;
    let upstream = Upstream::start().await;
    let pinecone = Pinecone::start().await;
    pinecone.lag(2, 1);
    let url = pinecone.url.clone();
    let settings = [
        EMBEDDINGS,
        SHORT_LEASE,
        ("TROUPE_PINECONE_URL", url.as_str()),
        ("TROUPE_PINECONE_API_KEY", KEY),
    ];
    let mut chance = StdRng::seed_from_u64(5);
    let mut process = Process::start(&database, &upstream, &settings).await;
    let agent = new_agent(&process.owner).await;
    super::known(
        &process.owner,
        json!({"agentId": agent, "title": "Lockers", "source": "lockers", "text": lockers()}),
    )
    .await;
    let mut kinds = ["PINECONE_DEDICATED", "EMBEDDED"].into_iter().cycle();
    let mut kind = kinds.next().unwrap();
    begin(&process.owner, &agent, kind).await;
    for _ in 0..KILLS {
        // During the move, which has a few requests for each part and each check.
        let before = requests(&pinecone);
        let more = chance.random_range(0..12);
        until("it has got on, or is done", || async {
            requests(&pinecone) >= before + more || is_done(&process.owner, &agent, kind).await
        })
        .await;
        if is_done(&process.owner, &agent, kind).await {
            kind = kinds.next().unwrap();
            begin(&process.owner, &agent, kind).await;
        }
        process.kill().await;
        process = Process::start(&database, &upstream, &settings).await;
        assert!(
            !search(&process.owner, &agent, "corridor stair window clock")
                .await
                .is_empty()
        );
    }
    until("the move is done", || async {
        is_done(&process.owner, &agent, kind).await
    })
    .await;
    let kept = vector_store(&process.owner, &agent).await;
    let migration = &kept["vectorStore"]["migration"];
    assert_eq!(
        (&migration["copied"], &migration["total"]),
        (&json!(PARTS), &json!(PARTS)),
        "{kept}"
    );
    assert_served_once(&process.owner, &agent).await;
    drop(process);
    drop(database);
}

fn requests(pinecone: &Pinecone) -> usize {
    pinecone.asked("").len()
}

async fn status(client: &Client, id: &str) -> String {
    let found = client
        .ok(
            "query($id: ID!) { node(id: $id) { ... on Document { status } } }",
            json!({"id": id}),
        )
        .await;
    found["node"]["status"].as_str().unwrap().to_owned()
}

async fn begin(client: &Client, agent: &str, kind: &str) {
    let change = "mutation($agent: ID!, $kind: VectorStoreKind!) { changeVectorStore(input: {agentId: $agent, kind: $kind}) { agent { id } } }";
    client
        .ok(change, json!({"agent": agent, "kind": kind}))
        .await;
}

async fn is_done(client: &Client, agent: &str, kind: &str) -> bool {
    let store = vector_store(client, agent).await;
    let store = &store["vectorStore"];
    store["kind"] == kind && store["migration"]["state"] == "DONE"
}
