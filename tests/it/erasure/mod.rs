//! Erasing and exporting an end user: nothing of the person is left anywhere, and everything of the others is.

mod account;
mod canaries;
mod crash;
mod dump;
mod export;
mod refusals;

use chrono::TimeDelta;
use serde_json::{Value, json};
use tokio::process::Command;
use troupe::port::{Clock, SystemClock};

use crate::{
    registry::KEYS,
    support::{Client, EMBEDDINGS, Script, TestApp, ToolServer, until},
    tools::{LOCAL, follow, grant, register},
};

const ERASE: &str = "mutation($user: String!) { eraseEndUser(input: {endUser: $user}) { erasure {
    endUser finishedAt sentTo removed { kind count } } } }";
const ERASURE: &str = "query($user: String!) { erasure(endUser: $user) { endUser finishedAt sentTo removed { kind count } } }";
const SESSION: &str = "mutation($input: CreateSessionInput!) { createSession(input: $input) { token session { id endUser { id } } } }";
const RATE: &str =
    "mutation($input: RateMessageInput!) { rateMessage(input: $input) { message { id } } }";
const HAND_OFF: &str =
    "mutation($input: HandOffInput!) { handOff(input: $input) { handoff { id } } }";

/// Begins an erasure; returns it.
async fn erase(client: &Client, person: &str) -> Value {
    let begun = client.ok(ERASE, json!({"user": person})).await;
    begun["eraseEndUser"]["erasure"].clone()
}

/// The latest erasure of a person.
async fn erasure(client: &Client, person: &str) -> Value {
    client.ok(ERASURE, json!({"user": person})).await["erasure"].clone()
}

/// Waits until the erasure has finished, and returns it.
async fn finished(client: &Client, person: &str) -> Value {
    until("the erasure has finished", || async {
        !erasure(client, person).await["finishedAt"].is_null()
    })
    .await;
    erasure(client, person).await
}

/// The number of removed rows of a kind.
fn removed(erasure: &Value, kind: &str) -> u64 {
    let kinds = erasure["removed"].as_array().unwrap().iter();
    let mut counts = kinds.filter(|counted| counted["kind"] == kind);
    counts
        .next()
        .map_or(0, |counted| counted["count"].as_u64().unwrap())
}

/// The number of runs in the usage report of the last days.
async fn counted_runs(client: &Client) -> u64 {
    let now = SystemClock.now();
    let range = json!({"from": now - TimeDelta::days(7), "to": now + TimeDelta::days(1)});
    let query = "query($range: DateRange!) { usage(range: $range) { rows { runs } } }";
    let found = client.ok(query, json!({"range": range})).await;
    let rows = found["usage"]["rows"].as_array().unwrap().iter();
    rows.map(|row| row["runs"].as_u64().unwrap()).sum()
}

/// An account with two agents and tools, where people leave canaries.
struct Stage {
    app: TestApp,
    tools: ToolServer,
    sales: String,
}

impl Stage {
    async fn open() -> Self {
        let app = TestApp::with(&[LOCAL, KEYS, EMBEDDINGS]).await;
        let tools = ToolServer::start().await;
        let admin = &app.home.admin;
        let server = register(admin, "Workshop", &tools.url).await;
        grant(admin, &app.home.agent, &server, &["say"], "AUTO").await;
        grant(admin, &app.home.agent, &server, &["write"], "APPROVE").await;
        let made = admin.ok("mutation { createAgent(input: {template: \"sales_agent\", tier: \"enterprise\", name: \"Sales\", configuration: {keepLead: false, products: [{name: \"Plan\", description: \"For all.\", price: \"10 dollars\"}]}}) { agent { id } } }", json!({})).await;
        let sales = made["createAgent"]["agent"]["id"]
            .as_str()
            .unwrap()
            .to_owned();
        Self { app, tools, sales }
    }

    /// A session of a person, with a token for its browser.
    async fn session(&self, input: Value) -> Value {
        let made = self
            .app
            .home
            .admin
            .ok(SESSION, json!({"input": input}))
            .await;
        made["createSession"].clone()
    }

    /// Runs `troupe audit verify` over the app's database.
    async fn assert_audit_is_whole(&self) {
        let done = Command::new(env!("CARGO_BIN_EXE_troupe"))
            .args(["audit", "verify"])
            .env_clear()
            .env("TROUPE_DATABASE_URL", self.app.database_url())
            .envs([KEYS])
            .output()
            .await
            .unwrap();
        let said = [done.stdout, done.stderr].concat();
        assert!(done.status.success(), "{}", String::from_utf8_lossy(&said));
    }
}

/// The texts that one person left, each of its own.
struct Canaries {
    who: &'static str,
    all: Vec<String>,
}

impl Canaries {
    fn of(who: &'static str) -> Self {
        Self {
            who,
            all: Vec::new(),
        }
    }

    /// A text that occurs nowhere else.
    fn fresh(&mut self, place: &str) -> String {
        let text = format!("canary-{}-{:04}-{place}", self.who, self.all.len());
        self.all.push(text.clone());
        text
    }
}

/// Plants canaries of one person in every input that reaches the tables, in several conversations; returns the
/// account's own id of the person.
async fn plant(stage: &Stage, canaries: &mut Canaries) -> String {
    let home = &stage.app.home;
    let person = canaries.fresh("person");
    let origin = format!("https://{}.example", canaries.fresh("origin"));
    let name = canaries.fresh("name");
    stage
        .session(json!({"endUser": person, "origins": [origin]}))
        .await;
    let session = stage
        .session(json!({"endUser": person, "displayName": name, "messagesPerMinute": 1000}))
        .await;
    let browser = stage
        .app
        .anonymous
        .with_key(session["token"].as_str().unwrap());
    for round in 0..16 {
        let conversation = plant_by_key(stage, canaries, &person).await;
        stage
            .app
            .upstream
            .will(Script::says(&[&canaries.fresh("answer")]));
        let input = json!({"message": canaries.fresh("message"), "conversationId": conversation,
            "clientMessageId": canaries.fresh("key")});
        follow_as_end_user(&browser, input).await;
        if round % 4 == 0 {
            let input = json!({"conversationId": conversation, "toAgentId": stage.sales, "reason": canaries.fresh("reason")});
            home.member.ok(HAND_OFF, json!({"input": input})).await;
            stage
                .app
                .upstream
                .will(Script::says(&[&canaries.fresh("answer")]));
            let input =
                json!({"message": canaries.fresh("message"), "conversationId": conversation});
            follow_as_end_user(&browser, input).await;
        }
    }
    plant_contact(stage, canaries, &person).await;
    plant_denied_call(stage, canaries, &person).await;
    plant_waiting_call(stage, canaries, &person).await;
    person
}

/// A conversation with a tool call, sent by the account's server for the person.
async fn plant_by_key(stage: &Stage, canaries: &mut Canaries, person: &str) -> String {
    let home = &stage.app.home;
    let argument = canaries.fresh("argument");
    stage.tools.will_say(&canaries.fresh("result"));
    stage.app.upstream.will(
        Script::default()
            .text(&canaries.fresh("thought"))
            .then_calls(&[("workshop__say", json!({"text": argument}))]),
    );
    stage
        .app
        .upstream
        .will(Script::says(&[&canaries.fresh("answer")]));
    let input = json!({
        "message": canaries.fresh("message"),
        "agentId": home.agent,
        "endUser": person,
        "context": {"caseId": canaries.fresh("case"), "customerId": canaries.fresh("customer")},
        "clientMessageId": canaries.fresh("key"),
        "allowTools": ["say", canaries.fresh("tool")],
    });
    let events = follow(&home.member, input).await;
    let run = events[0]["runId"].as_str().unwrap();
    let found = home
        .member
        .ok(
            "query($id: ID!) { run(id: $id) { message { id } conversation { id } } }",
            json!({"id": run}),
        )
        .await;
    let rating = json!({"messageId": found["run"]["message"]["id"], "value": "UP", "comment": canaries.fresh("comment")});
    home.member.ok(RATE, json!({"input": rating})).await;
    found["run"]["conversation"]["id"]
        .as_str()
        .unwrap()
        .to_owned()
}

/// A record of a built-in server that a tool call added.
async fn plant_contact(stage: &Stage, canaries: &mut Canaries, person: &str) {
    let contact = json!({"name": canaries.fresh("contact"), "company": canaries.fresh("company")});
    stage
        .app
        .upstream
        .will(Script::calls(&[("crm__create_contact", contact)]));
    stage
        .app
        .upstream
        .will(Script::says(&[&canaries.fresh("answer")]));
    let input =
        json!({"message": canaries.fresh("message"), "agentId": stage.sales, "endUser": person});
    let events = follow(&stage.app.home.member, input).await;
    assert_eq!(events.last().unwrap()["__typename"], "RunSucceeded");
}

/// A tool call that an administrator denied with a comment.
async fn plant_denied_call(stage: &Stage, canaries: &mut Canaries, person: &str) {
    let run = plant_waiting_call(stage, canaries, person).await;
    let admin = &stage.app.home.admin;
    let calls = "query($id: ID!) { run(id: $id) { toolCalls { id argumentsDigest } } }";
    let found = admin.ok(calls, json!({"id": run})).await;
    let call = &found["run"]["toolCalls"][0];
    stage
        .app
        .upstream
        .will(Script::says(&[&canaries.fresh("answer")]));
    let input = json!({"toolCallId": call["id"], "argumentsDigest": call["argumentsDigest"],
        "approve": false, "comment": canaries.fresh("comment")});
    let resolve = "mutation($input: ResolveToolCallInput!) { resolveToolCall(input: $input) { toolCall { id } } }";
    admin.ok(resolve, json!({"input": input})).await;
    crate::chat::ended(admin, &run).await;
}

/// A run that waits for an approval; returns its id.
async fn plant_waiting_call(stage: &Stage, canaries: &mut Canaries, person: &str) -> String {
    let home = &stage.app.home;
    let argument = json!({"text": canaries.fresh("argument")});
    stage
        .app
        .upstream
        .will(Script::calls(&[("workshop__write", argument)]));
    let input =
        json!({"message": canaries.fresh("message"), "agentId": home.agent, "endUser": person});
    let (run, _) = crate::chat::send(&home.member, input).await;
    until("the call waits", || async {
        let found = home
            .member
            .ok(
                "query($id: ID!) { run(id: $id) { status } }",
                json!({"id": run}),
            )
            .await;
        found["run"]["status"] == "AWAITING_APPROVAL"
    })
    .await;
    run
}

/// A chat of an end user to the end of its answer.
async fn follow_as_end_user(browser: &Client, input: Value) {
    let chat = "subscription($input: ChatInput!) { chat(input: $input) { __typename ... on RunFailed { error { message } } } }";
    let stream = browser.subscribe(chat, json!({"input": input})).await;
    let replies = stream.rest().await;
    let last = &replies.last().unwrap().data()["chat"];
    assert_eq!(last["__typename"], "RunSucceeded", "{last}");
}
