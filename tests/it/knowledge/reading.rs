//! Questions while a document is being read.

use serde_json::{Value, json};

use super::{SHOP, ingest, known, library};
use crate::support::{Client, EMBEDDINGS, Stream, TestApp, models};

const CHAT: &str = "subscription($input: ChatInput!) { chat(input: $input) { __typename
    ... on RunSucceeded { message { text citations { passage { document { title } } } } } } }";

async fn chat(client: &Client, agent: &str) -> Stream {
    let input = json!({"message": "How long is the warranty of lamps?", "agentId": agent});
    client.subscribe(CHAT, json!({"input": input})).await
}

/// The message at the end of a run.
async fn message(stream: Stream) -> Value {
    let replies = stream.rest().await;
    replies.last().unwrap().data()["chat"]["message"].clone()
}

fn settings<'a>(models: &'a str, wait: &'a str) -> [(&'a str, &'a str); 3] {
    [
        ("TROUPE_MODELS_DIR", models),
        ("TROUPE_CHAT_MODEL", "embedded"),
        ("TROUPE_RUNS_DOCUMENT_WAIT_SECONDS", wait),
    ]
}

#[tokio::test]
async fn a_quoted_answer_waits_for_a_document_that_is_being_read() {
    let models = models();
    let settings = settings(&models, "60");
    let app = TestApp::with(&settings).await;
    let home = &app.home;
    let input = json!({"agentId": home.agent, "title": "Rules", "text": SHOP});
    ingest(&home.admin, input).await;
    let mut stream = chat(&home.member, &home.agent).await;
    let first = stream.next().await.unwrap();
    assert_eq!(first.data()["chat"]["__typename"], "MessageAdded");
    // only now there is a process that reads the document
    let _worker = app.worker(&settings).await;
    let message = message(stream).await;
    let text = message["text"].as_str().unwrap();
    assert!(
        text.contains("Lamps carry a warranty of four years; batteries are excluded. [1]"),
        "{text}"
    );
    assert_eq!(
        message["citations"],
        json!([{"passage": {"document": {"title": "Rules"}}}])
    );
}

#[tokio::test]
async fn an_answer_says_that_documents_are_being_read() {
    let models = models();
    let app = TestApp::with(&settings(&models, "0")).await;
    let home = &app.home;
    let input = json!({"agentId": home.agent, "title": "Rules", "text": SHOP});
    ingest(&home.admin, input).await;
    let message = message(chat(&home.member, &home.agent).await).await;
    let text = message["text"].as_str().unwrap();
    let expected = "1 document is being read; ask again in a moment.";
    assert!(text.starts_with(expected), "{text}");
    assert_eq!(message["citations"], json!([]));
}

#[tokio::test]
async fn a_prompt_says_that_documents_are_being_read() {
    let app = TestApp::with(&[EMBEDDINGS]).await;
    let home = &app.home;
    for title in ["Rules", "More rules"] {
        let input = json!({"agentId": home.agent, "title": title, "source": title, "text": SHOP});
        ingest(&home.admin, input).await;
    }
    message(chat(&home.member, &home.agent).await).await;
    let asked = app.upstream.asked();
    let instructions = asked.last().unwrap()["messages"][0]["content"].clone();
    let instructions = instructions.as_str().unwrap();
    assert!(
        instructions.contains("2 documents are being read at this moment"),
        "{instructions}"
    );
}

#[tokio::test]
async fn a_prompt_without_such_documents_says_nothing_about_them() {
    let (app, _worker) = library().await;
    let home = &app.home;
    let input = json!({"agentId": home.agent, "title": "Rules", "text": SHOP});
    known(&home.admin, input).await;
    message(chat(&home.member, &home.agent).await).await;
    let asked = app.upstream.asked();
    let instructions = asked.last().unwrap()["messages"][0]["content"].clone();
    assert!(!instructions.as_str().unwrap().contains("being read"));
}
