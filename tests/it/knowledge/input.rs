//! Refused inputs, and their messages.

use base64::{Engine, prelude::BASE64_STANDARD};
use serde_json::{Value, json};

use super::{library, try_ingest};
use crate::support::{Reply, TestApp};

fn problem(reply: &Reply) -> (String, String) {
    assert_eq!(reply.code(), "BAD_USER_INPUT", "{reply:?}");
    let problem = &reply.0["errors"][0]["extensions"]["problems"][0];
    let text = |name: &str| problem[name].as_str().unwrap().to_owned();
    (text("path"), text("message"))
}

async fn refused(app: &TestApp, input: Value) -> (String, String) {
    let mut whole = json!({"agentId": app.home.agent, "title": "Note"});
    for (name, value) in input.as_object().unwrap() {
        whole[name] = value.clone();
    }
    problem(&try_ingest(&app.home.admin, whole).await)
}

#[tokio::test]
async fn the_progress_is_of_one_document_or_of_one_agent() {
    let app = TestApp::start().await;
    let (reader, agent) = (&app.home.reader, &app.home.agent);
    for arguments in ["", "(agentId: $id, documentId: $id)"] {
        let query = if arguments.is_empty() {
            "subscription { documentProgress { id } }".to_owned()
        } else {
            format!("subscription($id: ID!) {{ documentProgress{arguments} {{ id }} }}")
        };
        let refused = reader
            .subscribe(&query, json!({"id": agent}))
            .await
            .rest()
            .await;
        let (path, message) = problem(&refused[0]);
        assert_eq!(path, "documentId");
        assert!(message.contains("exactly one"), "{message}");
    }
}

#[tokio::test]
async fn problems_of_a_document_are_reported_by_field() {
    let (app, _worker) = library().await;
    let windows_program =
        BASE64_STANDARD.encode([b"MZ\x90\0\x03\0\0\0".as_slice(), &[0; 400]].concat());
    let cases = [
        (
            json!({}),
            "input",
            "none of text, url, contentBase64 and file",
        ),
        (
            json!({"text": "a", "url": "https://example.com/"}),
            "input",
            "text and url",
        ),
        (json!({"text": " \n"}), "input.text", "blank"),
        (json!({"title": " ", "text": "a"}), "input.title", "blank"),
        (
            json!({"title": "t".repeat(256), "text": "a"}),
            "input.title",
            "at most 255",
        ),
        (json!({"source": "", "text": "a"}), "input.source", "blank"),
        (
            json!({"text": "a", "mediaType": "video/mp4"}),
            "input.mediaType",
            "text/plain",
        ),
        (
            json!({"text": "a", "mediaType": "application/pdf"}),
            "input.mediaType",
            "contentBase64",
        ),
        (
            json!({"contentBase64": "&&&"}),
            "input.contentBase64",
            "base64",
        ),
        (json!({"contentBase64": ""}), "input.contentBase64", "empty"),
        (
            json!({"contentBase64": windows_program, "mediaType": "application/pdf", "title": "invoice.pdf"}),
            "input.contentBase64",
            "Windows",
        ),
        (json!({"url": "ftp://example.com/a"}), "input.url", "http"),
        (json!({"url": "http://10.0.0.8/a"}), "input.url", "private"),
        (
            json!({"url": "http://169.254.169.254/latest/meta-data"}),
            "input.url",
            "",
        ),
        (json!({"url": "http://localhost:6379/"}), "input.url", ""),
    ];
    for (input, path, said) in cases {
        let (at, message) = refused(&app, input.clone()).await;
        assert_eq!(at, path, "{input}: {message}");
        assert!(message.contains(said), "{input}: {message}");
    }
}

#[tokio::test]
async fn an_unknown_charset_and_a_data_url_without_base64_are_refused() {
    let (app, _worker) = library().await;
    let url = json!({"contentBase64": "data:text/plain,hello"});
    let (path, message) = refused(&app, url).await;
    assert_eq!(path, "input.contentBase64");
    assert!(message.contains(";base64,"), "{message}");
    let charset = json!({"text": "a", "mediaType": "text/plain; charset=klingon"});
    let (path, message) = refused(&app, charset).await;
    assert_eq!(path, "input.mediaType");
    assert!(message.contains("klingon"), "{message}");
}

#[tokio::test]
async fn the_input_of_a_search_is_bounded() {
    let (app, _worker) = library().await;
    let ask = "query($agent: ID!, $query: String!, $first: Int!) { searchKnowledge(agentId: $agent, query: $query, first: $first) { text } }";
    for (query, first, path) in [
        (" ", 1, "query"),
        ("a", 0, "first"),
        ("a", 101, "first"),
        (&"a ".repeat(2_001), 1, "query"),
    ] {
        let reply = app
            .home
            .reader
            .ask(
                ask,
                json!({"agent": app.home.agent, "query": query, "first": first}),
            )
            .await;
        assert_eq!(problem(&reply).0, path, "{query:?}");
    }
    // Operators of search engines have no meaning here.
    for query in [
        "\" OR 1=1 --",
        "a:b",
        "NEAR(",
        "!&|()*",
        "'; DROP TABLE passages; --",
        "scope : deadbeef",
    ] {
        let found = app
            .home
            .reader
            .ok(
                ask,
                json!({"agent": app.home.agent, "query": query, "first": 3}),
            )
            .await;
        assert_eq!(found["searchKnowledge"], json!([]), "{query:?}");
    }
}
