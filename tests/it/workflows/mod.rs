//! The workflows of the templates, through the public API with a scripted model.

mod context;
mod extraction;
mod research;
mod sales;
mod support;

use serde_json::{Value, json};

use crate::{
    agent::create,
    chat::conversation_of,
    mcp::agents::built_in,
    support::{Script, TestApp, unknown},
    tools::{follow, grant},
};

/// An app with one agent.
struct Desk {
    app: TestApp,
    agent: String,
}

impl Desk {
    /// An agent of this template and tier, with these settings, granted these tools of built-in servers.
    async fn open(template: &str, tier: &str, settings: Value, tools: &[(&str, &[&str])]) -> Self {
        let app = TestApp::start().await;
        let agent = create(
            &app.home.admin,
            json!({"template": template, "tier": tier, "name": "Desk", "configuration": settings}),
        )
        .await;
        let agent = agent["id"].as_str().unwrap().to_owned();
        for (kind, tools) in tools {
            let server = built_in(&app, kind).await;
            grant(&app.home.admin, &agent, &server, tools, "AUTO").await;
        }
        Self { app, agent }
    }

    /// The next extractions find this; what it does not name stays unknown.
    fn hears(&self, heard: Value) {
        self.app
            .upstream
            .extracts(move |_, request| Script::says(&[&filled(request, &heard).to_string()]));
    }

    /// Sends a message that allows no tools; returns the events and the conversation.
    async fn chat_without_tools(&self, message: &str) -> (Vec<Value>, String) {
        let input = json!({"message": message, "agentId": self.agent, "allowTools": []});
        let events = follow(&self.app.home.member, input).await;
        let conversation = conversation_of(&events);
        (events, conversation)
    }

    /// Sends a message to the agent; returns the events and the conversation.
    async fn chat(&self, message: &str, conversation: Option<&str>) -> (Vec<Value>, String) {
        let mut input = json!({"message": message, "agentId": self.agent});
        if let Some(conversation) = conversation {
            input["conversationId"] = json!(conversation);
        }
        let events = follow(&self.app.home.member, input).await;
        let conversation = conversation_of(&events);
        (events, conversation)
    }

    /// The context of a conversation as it is shown.
    async fn context(&self, conversation: &str) -> Value {
        context(&self.app, conversation).await
    }

    /// The system prompt of the last request for an answer.
    fn instructions(&self) -> String {
        let last = self.app.upstream.asked().pop().unwrap();
        last["messages"][0]["content"].as_str().unwrap().to_owned()
    }
}

async fn context(app: &TestApp, conversation: &str) -> Value {
    let shown = app
        .home
        .reader
        .ok(
            "query($id: ID!) { conversation(id: $id) { context } }",
            json!({"id": conversation}),
        )
        .await;
    shown["conversation"]["context"].clone()
}

/// The object of a request's schema with these members, and everything else unknown.
fn filled(request: &Value, heard: &Value) -> Value {
    let mut object = unknown(&request["response_format"]["json_schema"]["schema"]);
    for (name, value) in heard.as_object().unwrap() {
        object[name] = value.clone();
    }
    object
}

/// The text of the stored answer.
fn answer(events: &[Value]) -> &str {
    let last = events.last().unwrap();
    assert_eq!(last["__typename"], "RunSucceeded", "{last}");
    last["message"]["text"].as_str().unwrap()
}
