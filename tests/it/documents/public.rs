//! Small files that take gigabytes, and a process that dies while it reads, through the public API.

use base64::{Engine, prelude::BASE64_STANDARD};
use serde_json::{Value, json};

use super::{
    isolation::{running, slow_page},
    pdf::{array_of_zeros, object_streams_of_zeros},
};
use crate::{
    knowledge::{DOCUMENT, ingest, known, progress, texts},
    support::{Client, EMBEDDINGS, Process, TestDatabase, Upstream, until, until_read},
};

/// The maximum growth of the server while documents are read.
const MOST_GROWTH_KIB: u64 = 64 * 1024;

/// The support agent, once the documents of the demo account are read: their readers are not those of a test.
async fn agent_of(client: &Client) -> String {
    until_read(client).await;
    let found = client
        .ok("{ agent(by: {slug: \"support\"}) { id } }", json!({}))
        .await;
    found["agent"]["id"].as_str().unwrap().to_owned()
}

async fn document(client: &Client, id: &str) -> Value {
    let query =
        format!("query($id: ID!) {{ node(id: $id) {{ ... on Document {{ {DOCUMENT} }} }} }}");
    client.ok(&query, json!({"id": id})).await["node"].clone()
}

async fn give(
    client: &Client,
    agent: &str,
    title: &str,
    content: &[u8],
    media_type: &str,
) -> String {
    let content = BASE64_STANDARD.encode(content);
    let input = json!({"agentId": agent, "title": title, "source": title, "contentBase64": content, "mediaType": media_type});
    let taken = ingest(client, input).await;
    taken["id"].as_str().unwrap().to_owned()
}

/// Waits until the document is searchable or has failed, which may take a while.
async fn ended(client: &Client, id: &str) -> Value {
    progress(client, id).await.pop().unwrap()
}

#[tokio::test]
async fn a_decompression_bomb_fails_and_other_documents_are_read() {
    // Built first, because that takes long enough for an idle connection to be closed.
    let operands = "a drawing operation has over 1,000 operands";
    let values = "its object streams have over";
    let files = [
        ("array32", array_of_zeros(16 << 20), operands),
        ("array62", array_of_zeros(31 << 20), operands),
        ("objstm10", object_streams_of_zeros(10), values),
        ("objstm60", object_streams_of_zeros(60), values),
    ];
    let database = TestDatabase::create().await;
    let upstream = Upstream::start().await;
    let process = Process::start(&database, &upstream, &[EMBEDDINGS]).await;
    let (client, agent) = (&process.owner, agent_of(&process.owner).await);
    // Memory that the first document makes the server load counts for no document.
    known(
        client,
        json!({"agentId": agent, "title": "First", "text": "Herons wade."}),
    )
    .await;
    let before = process.peak_memory_kib();
    let mut given = Vec::new();
    for (name, file, reason) in &files {
        assert!(file.len() < 300_000, "{name}: {}", file.len());
        given.push((
            give(client, &agent, name, file, "application/pdf").await,
            reason,
        ));
    }
    let neighbour = give(
        client,
        &agent,
        "Neighbour",
        b"Ferries sleep on Sundays.",
        "text/plain",
    )
    .await;
    assert_eq!(ended(client, &neighbour).await["status"], "READY");
    for (id, reason) in given {
        let found = ended(client, &id).await;
        assert_eq!(found["status"], "FAILED", "{found}");
        let error = found["error"].as_str().unwrap();
        assert!(
            error.starts_with("is too much to read: ") && error.contains(reason),
            "{error}"
        );
    }
    let found = texts(client, &agent, "When do ferries sleep?").await;
    assert_eq!(found[0], "Ferries sleep on Sundays.");
    if let (Some(before), Some(most)) = (before, process.peak_memory_kib()) {
        let grown = most.saturating_sub(before);
        assert!(
            grown < MOST_GROWTH_KIB,
            "the server has grown by {grown} KiB"
        );
    }
    let status = process.terminate().await;
    assert!(status.success(), "{status}");
}

#[tokio::test]
async fn a_document_fails_after_two_killed_extractions() {
    if !cfg!(target_os = "linux") {
        return;
    }
    let database = TestDatabase::create().await;
    let upstream = Upstream::start().await;
    // A process that loses its lease drops what it reads, which is no death: a busy machine must not make it late.
    // The number distinguishes its reader processes from those of other tests.
    let settings = [
        EMBEDDINGS,
        ("TROUPE_JOBS_LEASE_SECONDS", "3"),
        ("TROUPE_KNOWLEDGE_DOCUMENT_SECONDS", "777"),
    ];
    let mut process = Process::start(&database, &upstream, &settings).await;
    let agent = agent_of(&process.owner).await;
    let page = slow_page();
    let id = give(&process.owner, &agent, "Slow", page.as_bytes(), "text/html").await;
    for _ in 0..2 {
        until("it is being read", async || running("777000").len() == 1).await;
        process.kill().await;
        until("its reader has ended too", async || {
            running("777000").is_empty()
        })
        .await;
        process = Process::start(&database, &upstream, &settings).await;
    }
    let found = ended(&process.owner, &id).await;
    assert_eq!(found["status"], "FAILED", "{found}");
    let reason = "the process that read it ended twice while it did; it is not read again, split it or ingest another file";
    assert_eq!(found["error"], reason);
    assert!(running("777000").is_empty(), "it was read once more");
    // Another content of the same document starts its attempts anew.
    let again = give(
        &process.owner,
        &agent,
        "Slow",
        b"Now it is short.",
        "text/plain",
    )
    .await;
    assert_eq!(again, id);
    assert_eq!(ended(&process.owner, &id).await["status"], "READY");
}

#[tokio::test]
async fn a_shutdown_during_extraction_does_not_count_as_a_failure() {
    if !cfg!(target_os = "linux") {
        return;
    }
    let database = TestDatabase::create().await;
    let upstream = Upstream::start().await;
    let settings = [
        EMBEDDINGS,
        ("TROUPE_JOBS_LEASE_SECONDS", "1"),
        ("TROUPE_KNOWLEDGE_DOCUMENT_SECONDS", "778"),
    ];
    let mut process = Process::start(&database, &upstream, &settings).await;
    let agent = agent_of(&process.owner).await;
    let page = slow_page();
    let id = give(&process.owner, &agent, "Slow", page.as_bytes(), "text/html").await;
    for _ in 0..3 {
        until("it is being read", async || running("778000").len() == 1).await;
        assert!(process.terminate().await.success());
        process = Process::start(&database, &upstream, &settings).await;
    }
    until("it is being read once more", async || {
        running("778000").len() == 1
    })
    .await;
    assert_eq!(document(&process.owner, &id).await["status"], "EMBEDDING");
}
