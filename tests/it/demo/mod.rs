//! The demo account of `troupe dev` with the embedded models: what a person without a key sees.

mod answers;
mod content;
mod server;

use serde_json::{Value, json};

use self::server::DemoServer;

const CHAT: &str = "subscription($input: ChatInput!) { chat(input: $input) { __typename
    ... on RunSucceeded { message { text demoQuality citations { passage { text document { title } } } } }
    ... on RunFailed { error { code message } } } }";

/// An answer of an agent.
struct Answer {
    text: String,
    /// The passages that the answer cites, with the titles of their documents.
    citations: Vec<(String, String)>,
}

/// Asks an agent in a new conversation.
async fn ask(server: &DemoServer, agent: &str, message: &str) -> Answer {
    let input = json!({"agentId": server.agent(agent), "message": message});
    let stream = server.owner.subscribe(CHAT, json!({"input": input})).await;
    let replies = stream.rest().await;
    let last = &replies.last().unwrap().data()["chat"];
    assert_eq!(last["__typename"], "RunSucceeded", "{message}: {last}");
    let message = &last["message"];
    assert_eq!(message["demoQuality"], true);
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let citations = message["citations"].as_array().unwrap().iter();
    Answer {
        text: text(&message["text"]),
        citations: citations
            .map(|cited| {
                let passage = &cited["passage"];
                (text(&passage["text"]), text(&passage["document"]["title"]))
            })
            .collect(),
    }
}
