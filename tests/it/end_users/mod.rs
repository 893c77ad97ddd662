//! End users: sessions, what they may see, and how their streams end.

mod approvals;
mod inputs;
mod isolation;
mod public_agents;
mod registered_operations;
mod sessions;
mod streams;

use serde_json::{Value, json};

use crate::support::{Client, TestApp};

const CREATE: &str = "mutation($input: CreateSessionInput!) { createSession(input: $input) {
    token session { id expiresAt revokedAt origins agents { id } endUser { id externalId displayName }
        limits { messagesPerMinute tokens } } } }";
const RENEW: &str = "mutation($token: String!) { renewSession(input: {token: $token}) { session { id expiresAt } } }";
const REVOKE: &str =
    "mutation($input: RevokeSessionsInput!) { revokeSessions(input: $input) { revoked } }";
const SEND: &str = "mutation($input: ChatInput!) { sendMessage(input: $input) { run { id conversation { id endUser } agent { id } } } }";
pub(crate) const VIEWER: &str = "{ viewer { role session { id endUser { externalId } } endUser { id externalId displayName } } }";
/// The events of an answer, as an end user may read them.
const CHAT: &str = "subscription($input: ChatInput!, $after: String) { chat(input: $input, after: $after) {
    __typename runId cursor ... on MessageAdded { run { id conversation { id } } }
    ... on TokenDelta { text offset utf16Offset } ... on RunSucceeded { message { id text } } ... on RunFailed { error { code message } } } }";

/// Begins a session of an end user of the home account; returns the payload.
pub(crate) async fn begin(app: &TestApp, input: Value) -> Value {
    let made = app.home.admin.ok(CREATE, json!({"input": input})).await;
    made["createSession"].clone()
}

/// The browser of an end user of the home account.
pub(crate) async fn browser(app: &TestApp, end_user: &str) -> Client {
    let made = begin(app, json!({"endUser": end_user})).await;
    with_token(app, &made)
}

pub(crate) fn with_token(app: &TestApp, made: &Value) -> Client {
    app.anonymous.with_key(made["token"].as_str().unwrap())
}

fn read(value: &Value) -> String {
    value.as_str().unwrap().to_owned()
}
