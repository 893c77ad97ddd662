//! REST endpoints. Every response of these tests is validated against the description at `/openapi.json`.

mod agents;
mod chat;
mod client;
mod end_users;
mod inputs;
mod isolation;
mod openapi;

use serde_json::{Value, json};

use self::client::Rest;

/// The path of the home account's agents in every test.
const AGENTS: &str = "/accounts/me/agents";

/// An agent without the time at which its availability was checked.
fn unchecked(mut agent: Value) -> Value {
    agent["availability"]["checkedAt"] = Value::Null;
    agent
}

/// The input of a message.
fn message(text: &str, key: &str) -> Value {
    json!({"message": text, "clientMessageId": key})
}
