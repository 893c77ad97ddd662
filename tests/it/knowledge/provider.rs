//! Documents while the embedding API is odd, refuses, or fails for a while.

use serde_json::{Value, json};

use super::{SHOP, ingest, known, library, progress, search, vector_store};
use crate::support::{EmbeddingHabit, TestApp, until};

/// A document of this number of sections, each a passage of its own.
fn sections(count: usize) -> String {
    let filler = "It stands in the long corridor behind the second stair, between the window and the clock. ".repeat(3);
    let sections: Vec<_> = (0..count)
        .map(|number| format!("## Locker {number}\n\nThe code is key{number}. {filler}"))
        .collect();
    sections.join("\n\n")
}

/// Ingests a document that must fail; returns its last state.
async fn failing(app: &TestApp, text: &str) -> Value {
    let home = &app.home;
    let input = json!({"agentId": home.agent, "title": "Shop", "text": text});
    let taken = ingest(&home.admin, input).await;
    let seen = progress(&home.admin, taken["id"].as_str().unwrap()).await;
    let last = seen.last().unwrap().clone();
    assert_eq!(last["status"], "FAILED", "{seen:?}");
    last
}

#[tokio::test]
async fn odd_answers_of_an_embedding_api_are_read() {
    for habit in [
        EmbeddingHabit::FirstIndexMissing,
        EmbeddingHabit::NoIndex,
        EmbeddingHabit::Base64,
        EmbeddingHabit::MostTexts(10),
        EmbeddingHabit::NoFormat,
    ] {
        let (app, _worker) = library().await;
        let home = &app.home;
        app.upstream.embeddings.play(habit);
        let input = json!({"agentId": home.agent, "title": "Lockers", "text": sections(14)});
        known(&home.admin, input).await;
        let found = search(&home.reader, &home.agent, "What is the code key9?").await;
        assert_eq!(found[0]["headings"], json!(["Locker 9"]), "{habit:?}");
    }
}

#[tokio::test]
async fn a_text_of_ideographs_is_split_by_the_tokens_of_the_model() {
    let (app, _worker) = library().await;
    let home = &app.home;
    app.upstream
        .embeddings
        .play(EmbeddingHabit::MostTokens(512));
    let paragraph = "春眠不觉晓处处闻啼鸟夜来风雨声花落知多少。".repeat(30);
    let text = format!("{paragraph}\n\n{paragraph}\n\n{paragraph}");
    let input = json!({"agentId": home.agent, "title": "Poem", "text": text});
    known(&home.admin, input).await;
    let passages = vector_store(&home.reader, &home.agent).await;
    assert!(passages["vectorStore"]["passageCount"].as_i64().unwrap() > 3);
}

#[tokio::test]
async fn a_text_that_the_model_refuses_as_too_long_is_embedded_in_parts() {
    let (app, _worker) = library().await;
    let home = &app.home;
    app.upstream.embeddings.play(EmbeddingHabit::MostTokens(40));
    let input = json!({"agentId": home.agent, "title": "Shop", "text": SHOP});
    known(&home.admin, input).await;
    let found = search(&home.reader, &home.agent, "Which batteries are excluded?").await;
    assert_eq!(
        found[0]["headings"],
        json!(["Shop", "Warranty"]),
        "{found:?}"
    );
}

#[tokio::test]
async fn a_refusal_that_will_not_change_fails_the_document_at_once() {
    let (app, _worker) = library().await;
    app.upstream.embeddings.play(EmbeddingHabit::RefuseAll(400));
    let last = failing(&app, SHOP).await;
    let error = last["error"].as_str().unwrap();
    assert!(error.contains("this model is for birds"), "{error}");
    assert_eq!(last["attempts"], 1);
}

#[tokio::test]
async fn vectors_of_another_length_fail_the_document_at_once() {
    let (app, _worker) = library().await;
    let home = &app.home;
    let input = json!({"agentId": home.agent, "title": "Shop", "text": SHOP});
    known(&home.admin, input).await;
    app.upstream.embeddings.play(EmbeddingHabit::Short);
    let last = failing(&app, &sections(2)).await;
    let error = last["error"].as_str().unwrap();
    assert!(error.contains("128 numbers, expected 256"), "{error}");
}

#[tokio::test]
async fn a_failure_is_shown_while_the_document_is_retried() {
    let (app, _worker) = library().await;
    let home = &app.home;
    app.upstream.embeddings.play(EmbeddingHabit::RefuseAll(503));
    let input = json!({"agentId": home.agent, "title": "Shop", "text": SHOP});
    let taken = ingest(&home.admin, input).await;
    let id = taken["id"].as_str().unwrap().to_owned();
    until("the failure is shown", || async {
        let query =
            "query($id: ID!) { node(id: $id) { ... on Document { status error attempts } } }";
        let node = home.reader.ok(query, json!({"id": id})).await["node"].clone();
        let error = node["error"].as_str().unwrap_or_default();
        node["status"] != "FAILED"
            && node["attempts"].as_i64() > Some(0)
            && error.contains("tried again in")
    })
    .await;
    app.upstream.embeddings.play(EmbeddingHabit::None);
    let seen = progress(&home.reader, &id).await;
    let last = seen.last().unwrap();
    assert_eq!(
        (&last["status"], &last["error"]),
        (&json!("READY"), &Value::Null)
    );
}
