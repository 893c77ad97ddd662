//! Conversations as a product: lists, changes, versions of messages, and the stream of changes.

mod changes;
mod list;
mod update;
mod versions;

use serde_json::{Value, json};

use crate::{
    conversation::Exchange,
    support::{Client, Script, until},
};

/// A stream that ends at the model's maximum length.
pub(crate) fn cut_at_length(text: &str) -> Script {
    let finish = json!({"choices": [{"index": 0, "delta": {}, "finish_reason": "length"}]});
    let script = Script::default().text(text);
    script.raw(&format!("data: {finish}\n\ndata: [DONE]\n\n"))
}

/// Sends a message and waits for its answer; returns the exchange.
async fn talk(client: &Client, message: &str, conversation: Option<&str>) -> Exchange {
    let input = json!({"message": message, "conversationId": conversation});
    Exchange::of(client, input).await
}

/// Waits until a run has ended; returns its answer's id, null for none.
async fn ended(client: &Client, run: &Value) -> Value {
    let query = "query($id: ID!) { run(id: $id) { status message { id } } }";
    let read = async || client.ok(query, json!({"id": run})).await["run"].clone();
    until("the run has ended", async || {
        let status = read().await["status"].clone();
        ["SUCCEEDED", "FAILED", "CANCELLED"].contains(&status.as_str().unwrap())
    })
    .await;
    read().await["message"]["id"].clone()
}

/// The texts of the messages of a conversation, as clients show them.
async fn shown(client: &Client, conversation: &str) -> Vec<String> {
    let query = "query($id: ID!) { conversation(id: $id) { messageCount lastMessage { text }
        messages(first: 100) { totalCount nodes { text } } } }";
    let found = client.ok(query, json!({"id": conversation})).await["conversation"].clone();
    let nodes = found["messages"]["nodes"].as_array().unwrap();
    let text = |node: &Value| node["text"].as_str().unwrap().to_owned();
    let texts: Vec<String> = nodes.iter().map(text).collect();
    assert_eq!(found["messageCount"], texts.len());
    assert_eq!(found["messages"]["totalCount"], texts.len());
    assert_eq!(
        found["lastMessage"]["text"].as_str(),
        texts.last().map(String::as_str)
    );
    texts
}
