//! Handoffs between agents, through the public API: by agents, by people and by messages.

mod context;
mod crash;
mod guard;
mod person;
mod privacy;
mod story;

use serde_json::{Value, json};

use crate::{
    agent::create,
    chat::events,
    support::{Client, Script, TestApp},
};

/// The selected fields of the events of a run with handoffs.
const CHAT: &str = "subscription($input: ChatInput!) { chat(input: $input) {
    __typename runId cursor sequence
    ... on MessageAdded { run { id conversation { id } } }
    ... on RunStarted { attempt }
    ... on AgentSelected { route { reason agent { slug } } }
    ... on TokenDelta { text offset utf16Offset }
    ... on ToolCallUpdated { toolCall { tool status error } }
    ... on HandedOff { handoff { id outcome reason initiator policy from { slug } to { slug } } }
    ... on RunSucceeded { message { text agent { slug } private } }
    ... on RunFailed { error { code message } }
} }";

/// The selected fields of a conversation with its handoffs.
const HANDOFFS: &str = "query($id: ID!) { conversation(id: $id) { agent { slug } context handoffs {
    id reason initiator policy outcome createdAt from { slug } to { slug }
    carried { kind label why } dropped { kind label why }
} } }";

/// A handoff by a person.
const HAND_OFF: &str = "mutation($input: HandOffInput!) { handOff(input: $input) { handoff { id outcome initiator policy from { slug } to { slug } } } }";

/// An app with an agent for sales and one for support.
struct Office {
    app: TestApp,
    sales: String,
    support: String,
}

impl Office {
    async fn open() -> Self {
        Self::with(&[]).await
    }

    async fn with(settings: &[(&str, &str)]) -> Self {
        let app = TestApp::with(settings).await;
        let sales = create(
            &app.home.admin,
            json!({"template": "sales_agent", "tier": "enterprise", "name": "Sales", "configuration": {"keepLead": false, "products": [{"name": "Plan", "description": "For all.", "price": "10 dollars"}]}}),
        )
        .await;
        let support = app.home.agent.clone();
        let sales = sales["id"].as_str().unwrap().to_owned();
        Self {
            app,
            sales,
            support,
        }
    }

    /// A chat from the message to the end of its answer.
    async fn chat(&self, input: Value) -> Vec<Value> {
        chat(&self.app.home.member, input).await
    }

    /// The next model request is answered with this text.
    fn model_says(&self, text: &str) {
        self.app.upstream.will(Script::says(&[text]));
    }

    /// The next model request is answered with a handoff.
    fn model_hands_off(&self, to: &str, reason: &str) {
        let arguments = json!({"to": to, "reason": reason});
        self.app
            .upstream
            .will(Script::calls(&[("hand_off", arguments)]));
    }

    /// The conversation with its handoffs.
    async fn conversation(&self, id: &str) -> Value {
        let reader = &self.app.home.reader;
        reader.ok(HANDOFFS, json!({"id": id})).await["conversation"].clone()
    }

    /// The last request that the model received.
    fn last_request(&self) -> Value {
        self.app.upstream.asked().pop().unwrap()
    }
}

async fn chat(client: &Client, input: Value) -> Vec<Value> {
    let stream = client.subscribe(CHAT, json!({"input": input})).await;
    events("chat", &stream.rest().await)
}

fn conversation_of(events: &[Value]) -> String {
    let id = &events[0]["run"]["conversation"]["id"];
    id.as_str().unwrap().to_owned()
}

/// The roles and texts of a model request, without the system prompt.
fn messages(request: &Value) -> Vec<(String, String)> {
    let messages = request["messages"].as_array().unwrap().iter().skip(1);
    let word = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    messages
        .map(|message| (word(&message["role"]), word(&message["content"])))
        .collect()
}

/// The system prompt of a model request.
fn system(request: &Value) -> &str {
    request["messages"][0]["content"].as_str().unwrap()
}

fn pair(role: &str, text: &str) -> (String, String) {
    (role.to_owned(), text.to_owned())
}

/// Sender, receiver, initiator, policy and outcome of each handoff.
fn story(conversation: &Value) -> Vec<String> {
    let handoffs = conversation["handoffs"].as_array().unwrap().iter();
    let slug = |agent: &Value| agent["slug"].as_str().unwrap_or("-").to_owned();
    let line = |handoff: &Value| {
        format!(
            "{} → {}: {} {} {}",
            slug(&handoff["from"]),
            slug(&handoff["to"]),
            handoff["initiator"].as_str().unwrap(),
            handoff["policy"].as_str().unwrap(),
            handoff["outcome"].as_str().unwrap(),
        )
    };
    handoffs.map(line).collect()
}

/// The labels of items of one kind, with the reasons.
fn items<'a>(items: &'a Value, kind: &str) -> Vec<(&'a str, &'a str)> {
    let items = items.as_array().unwrap().iter();
    items
        .filter(|item| item["kind"] == kind)
        .map(|item| {
            (
                item["label"].as_str().unwrap(),
                item["why"].as_str().unwrap(),
            )
        })
        .collect()
}
