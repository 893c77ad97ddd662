//! Documents, the bytes of their contents, and the number of waiting ones.

use futures::{StreamExt, stream};
use sea_orm::{ConnectionTrait, Statement};
use serde_json::{Value, json};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpListener,
};

use super::{assert_refused, at, done_of};
use crate::{
    knowledge::{ingest, progress, try_ingest},
    support::{Client, EMBEDDINGS, Reply, TestApp},
};

const DELETE: &str = "mutation($id: ID!) { deleteDocument(input: {id: $id}) { deletedId } }";
const DELETE_AGENT: &str = "mutation($id: ID!) { deleteAgent(input: {id: $id}) { deletedId } }";
const THREE: &str = "documents: 3 of 3 used; delete some, or ask for a larger tier";

fn note(agent: &str, source: &str, text: &str) -> Value {
    json!({"agentId": agent, "title": "Note", "source": source, "text": text})
}

/// Checks that the counters in the tables agree with the rows.
async fn assert_counted(app: &TestApp) {
    let database = app.connect().await;
    let query = "SELECT document_count, document_bytes, \
         (SELECT COUNT(*) FROM documents WHERE documents.account_id = accounts.id) AS documents, \
         (SELECT CAST(COALESCE(SUM(content_bytes), 0) AS BIGINT) FROM documents WHERE documents.account_id = accounts.id) AS bytes \
         FROM accounts";
    let statement = Statement::from_string(database.get_database_backend(), query);
    for row in database.query_all_raw(statement).await.unwrap() {
        let number = |name: &str| row.try_get::<i64>("", name).unwrap();
        assert_eq!(number("document_count"), number("documents"));
        assert_eq!(number("document_bytes"), number("bytes"));
    }
    database.close().await.unwrap();
}

#[tokio::test]
async fn documents_over_the_quota_are_refused_and_repeats_do_not_count() {
    let app = TestApp::with(&[("TROUPE_QUOTAS_STANDARD_DOCUMENTS", "3")]).await;
    let (admin, agent) = (&app.home.admin, app.home.agent.as_str());
    for source in ["a", "b", "c"] {
        ingest(admin, note(agent, source, "Tea is at four.")).await;
    }
    let refused = try_ingest(admin, note(agent, "d", "Tea is at four.")).await;
    assert_refused(&refused, THREE);
    // The same content again, and another one as its replacement.
    let again = ingest(admin, note(agent, "c", "Tea is at four.")).await;
    let other = ingest(admin, note(agent, "c", "Tea is at five.")).await;
    assert_eq!(again["id"], other["id"]);
    ingest(
        &app.stranger.admin,
        note(&app.stranger.agent, "d", "Tea is at six."),
    )
    .await;
    assert_counted(&app).await;

    admin.ok(DELETE, json!({"id": other["id"]})).await;
    ingest(admin, note(agent, "d", "Tea is at six.")).await;
    assert_refused(&try_ingest(admin, note(agent, "e", "No tea.")).await, THREE);
    assert_counted(&app).await;

    let make = "mutation { createAgent(input: {template: \"support_agent\", tier: \"standard\", name: \"Heir\"}) { agent { id } } }";
    let heir = admin.ok(make, json!({})).await["createAgent"]["agent"]["id"].clone();
    admin.ok(DELETE_AGENT, json!({"id": agent})).await;
    ingest(admin, note(heir.as_str().unwrap(), "e", "Tea again.")).await;
    assert_counted(&app).await;
}

#[tokio::test]
async fn bytes_over_the_quota_are_refused_and_replacements_count_the_difference() {
    let app = TestApp::with(&[("TROUPE_QUOTAS_STANDARD_DOCUMENT_MIB", "1")]).await;
    let (admin, agent) = (&app.home.admin, app.home.agent.as_str());
    let text = |bytes: usize| "a".repeat(bytes);
    ingest(admin, note(agent, "a", &text(600_000))).await;
    let refused = try_ingest(admin, note(agent, "b", &text(600_000))).await;
    assert_refused(
        &refused,
        "bytes of documents: 600000 of 1048576 used, 600000 more are needed; delete some, or ask for a larger tier",
    );
    ingest(admin, note(agent, "b", &text(400_000))).await;
    let larger = try_ingest(admin, note(agent, "a", &text(700_000))).await;
    assert_refused(
        &larger,
        "bytes of documents: 1000000 of 1048576 used, 100000 more are needed; delete some, or ask for a larger tier",
    );
    ingest(admin, note(agent, "a", &text(640_000))).await;
    ingest(admin, note(agent, "a", &text(100_000))).await;
    ingest(admin, note(agent, "c", &text(500_000))).await;
    assert_counted(&app).await;
}

#[tokio::test]
async fn the_number_of_waiting_documents_is_bounded() {
    let app = TestApp::with(&[
        EMBEDDINGS,
        ("TROUPE_QUOTAS_STANDARD_DOCUMENTS_WAITING", "2"),
    ])
    .await;
    let (admin, agent) = (&app.home.admin, app.home.agent.as_str());
    let first = ingest(admin, note(agent, "a", "One.")).await;
    ingest(admin, note(agent, "b", "Two.")).await;
    let refused = try_ingest(admin, note(agent, "c", "Three.")).await;
    assert_refused(
        &refused,
        "documents waiting to be read: 2 of 2 used; wait until some are read, or ask for a larger tier",
    );
    let retry = &refused.0["errors"][0]["extensions"]["retryAfterSeconds"];
    assert_eq!(*retry, 30);
    // A document that is waiting already keeps its place.
    ingest(admin, note(agent, "b", "Two and a half.")).await;
    let _worker = app.worker(&[EMBEDDINGS]).await;
    progress(admin, first["id"].as_str().unwrap()).await;
    ingest(admin, note(agent, "c", "Three.")).await;
}

#[tokio::test]
async fn the_last_document_of_the_quota_is_granted_once_across_two_processes() {
    let settings = [("TROUPE_QUOTAS_STANDARD_DOCUMENTS", "3")];
    let app = TestApp::with(&settings).await;
    let second = app.second(&settings).await;
    let admin = app.home.admin.clone();
    let both = [admin.clone(), at(&app, &second.url, &admin)];
    let agent = app.home.agent.clone();
    for source in ["a", "b"] {
        ingest(&admin, note(&agent, source, "Tea is at four.")).await;
    }
    let one_more = async |client: &Client, source: String| {
        try_ingest(client, note(&agent, &source, "Tea is at five.")).await
    };
    assert_eq!(done_of(&both, 10, THREE, one_more).await, 1);
    assert_counted(&app).await;
    // The counters stay correct under concurrent replacements, deletions and additions.
    let churn = async |client: &Client, name: String| -> Reply {
        let text = "x".repeat(name.len() * 100);
        let replaced = try_ingest(client, note(&agent, "a", &text)).await;
        let added = try_ingest(client, note(&agent, &name, &text)).await;
        if let Some(id) = added.0["data"]["ingestDocument"]["document"]["id"].as_str() {
            client.ok(DELETE, json!({"id": id})).await;
        }
        replaced
    };
    assert_eq!(done_of(&both, 8, THREE, churn).await, 16);
    assert_counted(&app).await;
}

#[tokio::test]
async fn a_flood_of_documents_meets_a_quota() {
    let app = TestApp::start().await;
    let (admin, agent) = (&app.home.admin, app.home.agent.as_str());
    let tier =
        "mutation($id: ID!) { updateAccount(input: {id: $id, tier: ENTRY}) { account { tier } } }";
    app.operator.ok(tier, json!({"id": app.home.id})).await;
    let text = "a".repeat(625_000);
    let (admin, text) = (&admin, &text);
    let replies: Vec<Reply> = stream::iter(0..161)
        .map(|number| async move {
            loop {
                let reply = try_ingest(admin, note(agent, &number.to_string(), text)).await;
                // A database that is busy for a moment replies UNAVAILABLE, and the request is repeated.
                if reply.0.get("errors").is_none() || reply.code() != "UNAVAILABLE" {
                    return reply;
                }
            }
        })
        .buffer_unordered(8)
        .collect()
        .await;
    let refused: Vec<_> = replies
        .iter()
        .filter(|reply| reply.0.get("errors").is_some())
        .collect();
    assert!(refused.len() >= 54, "{} were refused", refused.len());
    for reply in refused {
        assert!(
            ["QUOTA_EXCEEDED", "RATE_LIMITED"].contains(&reply.code()),
            "{reply:?}"
        );
        assert!(
            reply.message().contains(|c: char| c.is_ascii_digit()),
            "{reply:?}"
        );
    }
    assert_counted(&app).await;
}

/// Serves a page of this many bytes to every request; returns the port.
async fn page(bytes: usize) -> (u16, tokio::task::JoinHandle<()>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let serving = tokio::runtime::Handle::current().spawn(async move {
        loop {
            let (mut socket, _) = listener.accept().await.unwrap();
            let mut head = [0; 4096];
            let _ = socket.read(&mut head).await;
            let text = "word ".repeat(bytes / 5);
            let answer = format!(
                "HTTP/1.1 200 OK\r\ncontent-type: text/plain\r\ncontent-length: {}\r\nconnection: close\r\n\r\n{text}",
                text.len()
            );
            let _ = socket.write_all(answer.as_bytes()).await;
            let _ = socket.shutdown().await;
        }
    });
    (port, serving)
}

#[tokio::test]
async fn fetched_bytes_count_once_the_fetch_is_done() {
    let settings = [
        EMBEDDINGS,
        ("TROUPE_QUOTAS_STANDARD_DOCUMENT_MIB", "1"),
        ("TROUPE_EGRESS_ALLOW", "127.0.0.1/32"),
    ];
    let app = TestApp::with(&settings).await;
    let _worker = app.worker(&settings).await;
    let (admin, agent) = (&app.home.admin, app.home.agent.as_str());
    ingest(admin, note(agent, "a", &"a".repeat(900_000))).await;
    let (port, serving) = page(200_000).await;
    let url = format!("http://127.0.0.1:{port}/page.txt");
    let taken = ingest(
        admin,
        json!({"agentId": agent, "title": "Page", "url": url}),
    )
    .await;
    let seen = progress(admin, taken["id"].as_str().unwrap()).await;
    serving.abort();
    let last = seen.last().unwrap();
    assert_eq!(last["status"], "FAILED", "{last}");
    assert_eq!(
        last["error"],
        "bytes of documents: 900000 of 1048576 used, 200000 more are needed; delete some, or ask for a larger tier"
    );
    assert_counted(&app).await;
}
