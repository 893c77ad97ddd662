//! The habits of model providers, as data: each file in `tests/upstreams/chat` and `tests/upstreams/anthropic` plays one,
//! through the whole product.
//!
//! To add a habit, add a file. It begins with lines `key: value`, then has one reply after each line that starts with
//! `---`; the first reply whose condition holds is sent. `tests/upstreams/README.md` describes both.

mod fake;
mod habit;

use std::path::{Path, PathBuf};

use futures::{StreamExt, stream};
use serde_json::{Value, json};

use self::{
    fake::FakeProvider,
    habit::{Api, Habit},
};
use crate::{
    support::{Client, TestApp, ToolServer},
    tools::{LOCAL, grant, register},
};

/// The number of habits that are played at the same time.
const AT_ONCE: usize = 4;

/// What is selected of a run and its answer.
const RUN: &str = "query($id: ID!) { run(id: $id) {
    status attempt finishReason usage { inputTokens outputTokens costUsd } error { code message detail }
    toolCalls { tool status arguments }
    message { text finishReason parts { __typename ... on TextPart { text } ... on ReasoningPart { text } } }
} }";

const SEND: &str = "mutation($input: ChatInput!) { sendMessage(input: $input) { run { id } } }";

/// What a run ended with, in the words of the expectations.
struct Outcome {
    run: Value,
    /// The run as a member without further rights sees it.
    seen_by_member: Value,
    requests: Vec<Value>,
    /// The number of calls that reached the tool server.
    effects: usize,
}

fn folder(api: Api) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests/upstreams")
        .join(api.folder())
}

#[tokio::test]
async fn every_habit_of_a_provider_has_its_expected_outcome() {
    play_all(Api::OpenAi).await;
}

#[tokio::test]
async fn every_habit_of_anthropic_has_its_expected_outcome() {
    play_all(Api::Anthropic).await;
}

async fn play_all(api: Api) {
    let mut files: Vec<_> = std::fs::read_dir(folder(api))
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .collect();
    files.sort();
    assert!(files.len() > 30, "{files:?}");
    let played = stream::iter(files.iter().map(|file| play(api, file)));
    let problems: Vec<_> = played
        .buffer_unordered(AT_ONCE)
        .filter_map(|problem| async { problem })
        .collect()
        .await;
    assert!(problems.is_empty(), "\n{}", problems.join("\n"));
}

/// Plays a habit; returns what differs from its expectation.
async fn play(api: Api, file: &Path) -> Option<String> {
    let name = file.file_stem().unwrap().to_string_lossy().into_owned();
    let habit = Habit::parse(api, &std::fs::read_to_string(file).unwrap());
    let outcome = run(&habit).await;
    let problems = habit.compare(&outcome);
    (!problems.is_empty()).then(|| {
        let requests = outcome.requests.len();
        format!(
            "{name}: {}\n    {requests} requests, {} effects, run {}",
            problems.join("; "),
            outcome.effects,
            outcome.run
        )
    })
}

async fn run(habit: &Habit) -> Outcome {
    let fake = FakeProvider::start(habit.replies.clone()).await;
    let base_url = format!("{}{}", fake.origin, habit.path);
    let [address, key] = habit.api.variables();
    let settings = [LOCAL, (address, base_url.as_str()), (key, "sk-of-the-test")];
    let app = TestApp::configured(&habit.app_yaml(), &settings).await;
    let home = &app.home;
    let tools = ToolServer::start().await;
    if habit.uses_tools {
        let server = register(&home.admin, "T", &tools.url).await;
        grant(
            &home.admin,
            &home.agent,
            &server,
            &["find", "write", "count"],
            "AUTO",
        )
        .await;
    }
    let input = json!({"message": "Say hello.", "agentId": home.agent});
    let mut ended = Value::Null;
    for _ in 0..habit.chats {
        let sent = home.member.ok(SEND, json!({"input": input})).await;
        let id = sent["sendMessage"]["run"]["id"]
            .as_str()
            .unwrap()
            .to_owned();
        ended = end_of(&home.admin, &id).await;
        ended["id"] = json!(id);
    }
    let id = ended["id"].clone();
    let seen_by_member = home.member.ok(RUN, json!({"id": id})).await["run"].clone();
    Outcome {
        run: ended,
        seen_by_member,
        requests: fake.requests(),
        effects: tools.calls().len(),
    }
}

/// The run after its end.
async fn end_of(client: &Client, id: &str) -> Value {
    let events = client
        .subscribe(
            "subscription($id: ID!) { runEvents(runId: $id) { __typename } }",
            json!({"id": id}),
        )
        .await;
    events.rest().await;
    client.ok(RUN, json!({"id": id})).await["run"].clone()
}
