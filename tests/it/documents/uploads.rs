//! Files that come with a request: forms of GraphQL, and `POST /documents`.

use futures::future::join_all;
use reqwest::header::{AUTHORIZATION, CONTENT_TYPE};
use serde_json::{Value, json};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

use crate::{
    knowledge::{library, progress},
    support::{Client, TestApp},
};

const BOUNDARY: &str = "----a-boundary";
const INGEST: &str = "mutation($file: Upload!, $agent: ID!) { ingestDocument(input: {agentId: $agent, title: \"Terms\", file: $file}) {
    document { id mediaType } } }";
const SEARCH: &str = "query($agent: ID!, $query: String!) { searchKnowledge(agentId: $agent, query: $query, first: 1) { text } }";

/// A part of a form: its name, the name of its file, its media type, its content.
type Part<'a> = (&'a str, Option<&'a str>, Option<&'a str>, &'a [u8]);

fn form(parts: &[Part<'_>]) -> Vec<u8> {
    let mut body = Vec::new();
    for (name, file, media_type, content) in parts {
        let file = file.map_or(String::new(), |file| format!("; filename=\"{file}\""));
        let media_type =
            media_type.map_or(String::new(), |kind| format!("\r\nContent-Type: {kind}"));
        let head = format!(
            "--{BOUNDARY}\r\nContent-Disposition: form-data; name=\"{name}\"{file}{media_type}\r\n\r\n"
        );
        body.extend_from_slice(head.as_bytes());
        body.extend_from_slice(content);
        body.extend_from_slice(b"\r\n");
    }
    body.extend_from_slice(format!("--{BOUNDARY}--\r\n").as_bytes());
    body
}

/// Posts a body; returns the status and the reply.
async fn post(
    app: &TestApp,
    key: Option<&Client>,
    path: &str,
    content_type: &str,
    body: Vec<u8>,
) -> (u16, Value) {
    let http = reqwest::Client::builder().no_proxy().build().unwrap();
    let base = app.url.trim_end_matches("/graphql");
    let mut request = http
        .post(format!("{base}{path}"))
        .header(CONTENT_TYPE, content_type)
        .body(body);
    if let Some(client) = key {
        request = request.header(AUTHORIZATION, format!("Bearer {}", client.key()));
    }
    let reply = request.send().await.unwrap();
    let status = reply.status().as_u16();
    (status, reply.json().await.unwrap())
}

async fn post_form(
    app: &TestApp,
    key: Option<&Client>,
    path: &str,
    parts: &[Part<'_>],
) -> (u16, Value) {
    let content_type = format!("multipart/form-data; boundary={BOUNDARY}");
    post(app, key, path, &content_type, form(parts)).await
}

fn code(reply: &Value) -> &str {
    reply["errors"][0]["extensions"]["code"].as_str().unwrap()
}

/// A text of some megabytes with one fact.
fn long_text() -> Vec<u8> {
    let half = "The harbour was quiet that day, and nobody was on the pier.\n\n".repeat(20_000);
    format!("{half}The lighthouse keeper's password is bluebird.\n\n{half}").into_bytes()
}

#[tokio::test]
async fn a_file_of_some_megabytes_is_taken_from_a_form_and_found() {
    let (app, worker) = library().await;
    let admin = &app.home.admin;
    let agent = app.home.agent.as_str();
    let operations = json!({"query": INGEST, "variables": {"file": null, "agent": agent}});
    let small = b"Kettles of the Aurora line have a warranty of two years.";
    let (status, reply) = post_form(
        &app,
        Some(admin),
        "/graphql",
        &[
            ("operations", None, None, operations.to_string().as_bytes()),
            ("map", None, None, br#"{"0": ["variables.file"]}"#),
            ("0", Some("terms.md"), Some("text/markdown"), small),
        ],
    )
    .await;
    assert_eq!(status, 200, "{reply:#}");
    let taken = &reply["data"]["ingestDocument"]["document"];
    assert_eq!(taken["mediaType"], "text/markdown");
    let seen = progress(admin, taken["id"].as_str().unwrap()).await;
    assert_eq!(seen.last().unwrap()["status"], "READY", "{seen:?}");
    let question = json!({"agent": agent, "query": "warranty of Aurora kettles"});
    let found = admin.ok(SEARCH, question).await;
    assert!(found.to_string().contains("two years"), "{found:#}");

    // more than a JSON body may have, to the address for documents
    let large = long_text();
    assert!(large.len() > 2 << 20);
    let (status, reply) = post_form(
        &app,
        Some(admin),
        "/documents",
        &[
            ("agentId", None, None, agent.as_bytes()),
            ("file", Some("harbour.txt"), Some("text/plain"), &large),
        ],
    )
    .await;
    assert_eq!(status, 202, "{reply:#}");
    assert_eq!(reply["document"]["title"], "harbour.txt");
    assert_eq!(reply["document"]["mediaType"], "text/plain");
    assert_eq!(reply["document"]["status"], "PENDING");
    worker.stop().await;
}

#[tokio::test]
async fn the_body_may_be_the_file() {
    let app = TestApp::start().await;
    let agent = &app.home.agent;
    let path = format!("/documents?agentId={agent}&name=page.html&source=the-page");
    let page = b"<h1>Opening hours</h1><p>Monday to Friday, 9 to 17.</p>".to_vec();
    let (status, reply) = post(
        &app,
        Some(&app.home.admin),
        &path,
        "application/octet-stream",
        page,
    )
    .await;
    assert_eq!(status, 202, "{reply:#}");
    let document = &reply["document"];
    assert_eq!(document["title"], "page.html");
    assert_eq!(document["source"], "the-page");
    assert_eq!(document["mediaType"], "text/html");
    let listed = "query($id: ID!) { agent(by: {id: $id}) { documents { nodes { id title } } } }";
    let listed = app.home.reader.ok(listed, json!({"id": agent})).await;
    let nodes = &listed["agent"]["documents"]["nodes"];
    assert_eq!(nodes[0]["id"], document["id"]);
}

#[tokio::test]
#[expect(clippy::too_many_lines, reason = "a list of refusals")]
async fn files_are_refused_in_a_sentence() {
    let app = TestApp::with(&[("TROUPE_KNOWLEDGE_LARGEST_DOCUMENT_MIB", "1")]).await;
    let (agent, admin) = (app.home.agent.as_str(), Some(&app.home.admin));
    let file: Part<'_> = ("file", Some("a.txt"), None, b"Good day.");
    let of_agent: Part<'_> = ("agentId", None, None, agent.as_bytes());
    let post_file = async |key, parts: &[Part<'_>]| post_form(&app, key, "/documents", parts).await;

    let (status, reply) = post_file(None, &[of_agent, file]).await;
    assert_eq!((status, code(&reply)), (401, "UNAUTHENTICATED"), "{reply}");
    let (_, reply) = post_file(Some(&app.home.member), &[of_agent, file]).await;
    assert_eq!(code(&reply), "FORBIDDEN", "{reply}");
    let (_, reply) = post_file(Some(&app.stranger.admin), &[of_agent, file]).await;
    assert_eq!(code(&reply), "NOT_FOUND", "{reply}");
    for parts in [
        vec![of_agent],
        vec![file],
        vec![of_agent, file, file],
        vec![("agentId", None, None, b"agent_".as_slice()), file],
        vec![of_agent, ("file", Some("a.txt"), None, b"")],
    ] {
        let (_, reply) = post_file(admin, &parts).await;
        assert_eq!(code(&reply), "BAD_USER_INPUT", "{reply}");
    }
    let much = vec![b'a'; (1 << 20) + 1];
    let (status, reply) = post_file(admin, &[of_agent, ("file", None, None, &much)]).await;
    assert_eq!((status, code(&reply)), (413, "TOO_COMPLEX"), "{reply}");
    let raw = format!("/documents?agentId={agent}&title=much");
    let (status, reply) = post(&app, admin, &raw, "text/plain", much).await;
    assert_eq!((status, code(&reply)), (413, "TOO_COMPLEX"), "{reply}");

    // parts that are not read count as well
    let ignored = vec![b'a'; 3 << 20];
    let unread: Part<'_> = ("unread", Some("b.txt"), None, &ignored);
    let operations = json!({"query": INGEST, "variables": {"file": null, "agent": agent}});
    let operations = operations.to_string();
    let operations: Part<'_> = ("operations", None, None, operations.as_bytes());
    let content: Part<'_> = ("0", Some("a.txt"), None, b"Good day.");
    let map = |map: &'static [u8]| -> Part<'static> { ("map", None, None, map) };
    for parts in [
        vec![],
        vec![map(b"{}"), operations],
        vec![operations, content],
        vec![operations, map(b"[]"), content],
        vec![operations, map(br#"{"0": ["variables.agent"]}"#), content],
        vec![operations, map(br#"{"0": ["variables.file.x"]}"#), content],
        vec![operations, map(br#"{"0": ["query"]}"#), content],
        vec![operations, map(br#"{"1": ["variables.file"]}"#), content],
        vec![operations, map(b"{}"), content],
    ] {
        let (_, reply) = post_form(&app, admin, "/graphql", &parts).await;
        assert_eq!(code(&reply), "BAD_USER_INPUT", "{reply}");
    }
    let parts = [operations, map(b"{}"), unread];
    let (_, reply) = post_form(&app, admin, "/graphql", &parts).await;
    assert_eq!(code(&reply), "TOO_COMPLEX", "{reply}");
    let (_, reply) = post_form(&app, None, "/graphql", &[operations]).await;
    assert_eq!(code(&reply), "UNAUTHENTICATED", "{reply}");

    // a request without a form cannot make up a file
    for made_up in [
        json!("#__graphql_file__:0"),
        json!({"name": "a.txt", "mediaType": "text/plain", "content": "R29vZCBkYXku"}),
        json!({"name": "a.txt", "content": [71, 111]}),
    ] {
        let variables = json!({"file": made_up, "agent": agent});
        let reply = app.home.admin.ask(INGEST, variables).await;
        assert!(
            ["BAD_USER_INPUT", "GRAPHQL_VALIDATION_FAILED"].contains(&reply.code()),
            "{reply:?}"
        );
    }
    let count = "query($id: ID!) { agent(by: {id: $id}) { documents { totalCount } } }";
    let count = app.home.reader.ok(count, json!({"id": agent})).await;
    assert_eq!(count["agent"]["documents"]["totalCount"], 0);
}

#[tokio::test]
async fn a_sender_who_keeps_no_pace_is_refused_and_leaves_its_place_to_others() {
    let app = TestApp::configured("http: {body_timeout_ms: 400}", &[]).await;
    let agent = &app.home.agent;
    let address = app
        .url
        .trim_start_matches("http://")
        .trim_end_matches("/graphql");
    let key = app.home.admin.key();
    let head = format!(
        "POST /documents?agentId={agent}&name=a.txt HTTP/1.1\r\nHost: {address}\r\nAuthorization: Bearer {key}\r\n\
         Content-Length: 1000\r\n\r\nGood"
    );
    // more senders than there are places
    let silent = (0..6).map(async |_| {
        let mut stream = TcpStream::connect(address).await.unwrap();
        stream.write_all(head.as_bytes()).await.unwrap();
        let mut reply = String::new();
        stream.read_to_string(&mut reply).await.unwrap();
        reply
    });
    for reply in join_all(silent).await {
        let status = reply.split(' ').nth(1);
        assert!([Some("408"), Some("503")].contains(&status), "{reply}");
    }
    let path = format!("/documents?agentId={agent}&name=a.txt");
    let admin = Some(&app.home.admin);
    let (status, reply) = post(&app, admin, &path, "text/plain", b"Good day.".to_vec()).await;
    assert_eq!(status, 202, "{reply}");
}
