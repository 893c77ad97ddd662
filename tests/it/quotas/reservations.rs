//! Budgets hold when answers are given at the same time, because each reserves what it may cost.

use futures::future::join_all;
use serde_json::{Value, json};

use crate::{
    chat::{CHAT, ended, events, kinds, read_to, text},
    support::{Client, Script, Stream, TestApp, within_one_month},
};

const BUDGET: &str = "mutation($tokens: BigInt) { updateAccount(input: {monthlyTokenBudget: $tokens, enforcement: BLOCK}) { account { id } } }";

/// The tokens that the account spent, and those that its answers hold.
pub(crate) async fn billing(client: &Client) -> (i64, i64) {
    let query = "{ account { billing { spentTokens reservedTokens } } }";
    let billing = client.ok(query, json!({})).await["account"]["billing"].clone();
    let number = |name: &str| billing[name].as_i64().unwrap();
    (number("spentTokens"), number("reservedTokens"))
}

async fn set_budget(app: &TestApp, tokens: i64) {
    app.home.owner.ok(BUDGET, json!({"tokens": tokens})).await;
}

/// The tokens of the prompt for a first message "Hello", by what an answer to it reserves. The default output limit is 512.
pub(super) async fn prompt_tokens(app: &TestApp, agent: &str) -> i64 {
    app.upstream.will(Script::default().text("Once").hang());
    let input = json!({"input": {"message": "Hello", "agentId": agent}});
    let mut stream = app.home.member.subscribe(CHAT, input).await;
    let seen = read_to("TokenDelta", "chat", &mut stream).await;
    let (_, reserved) = billing(&app.home.owner).await;
    let cancel = "mutation($id: ID!) { cancelRun(input: {runId: $id}) { run { id } } }";
    let run = seen[0]["runId"].clone();
    app.home.member.ok(cancel, json!({"id": run})).await;
    ended(&app.home.member, run.as_str().unwrap()).await;
    let (_, left) = billing(&app.home.owner).await;
    assert_eq!(left, 0, "the run that has ended holds nothing");
    reserved - 512
}

#[tokio::test]
async fn answers_at_the_same_time_in_two_processes_stay_within_a_budget() {
    const BUDGET: i64 = 10_000;
    within_one_month().await;
    let app = TestApp::start().await;
    let second = app.second(&[]).await;
    let elsewhere = Client::new(&second.url, Some(app.home.member.key()));
    app.upstream
        .thinks(|_| Script::default().text("Hello").done_at(300, 50));
    set_budget(&app, BUDGET).await;
    let mut streams = Vec::new();
    for number in 0..50 {
        let client = [&app.home.member, &elsewhere][number % 2];
        streams.push(client.subscribe(CHAT, hello()).await);
    }
    let outcomes = join_all(streams.into_iter().map(outcome)).await;
    let answered = outcomes.iter().filter(|outcome| *outcome == "answered");
    let mut answered = i64::try_from(answered.count()).unwrap();
    let (spent, reserved) = billing(&app.home.owner).await;
    assert_eq!((spent, reserved), (answered * 350, 0), "{outcomes:?}");
    assert!(spent <= BUDGET, "{outcomes:?}");
    assert!(
        outcomes
            .iter()
            .all(|outcome| outcome == "answered" || outcome == "QUOTA_EXCEEDED"),
        "{outcomes:?}"
    );

    // what the others held for too long is there when they have ended
    while outcome(app.home.member.subscribe(CHAT, hello()).await).await == "answered" {
        answered += 1;
    }
    let (spent, _) = billing(&app.home.owner).await;
    assert_eq!(spent, answered * 350);
    assert!(spent > BUDGET * 8 / 10 && spent <= BUDGET, "{spent}");
}

fn hello() -> Value {
    json!({"input": {"message": "Hello"}})
}

/// "answered", or the code with which a chat was refused or failed.
async fn outcome(stream: Stream) -> String {
    let last = stream.rest().await.pop().unwrap();
    match last.0.get("errors") {
        Some(_) => last.code().to_owned(),
        None => match &last.data()["chat"]["error"]["code"] {
            Value::Null => "answered".to_owned(),
            code => code.as_str().unwrap().to_owned(),
        },
    }
}

#[tokio::test]
#[expect(
    clippy::too_many_lines,
    reason = "one budget, from its end to its raise"
)]
async fn an_answer_ends_where_the_budget_does_and_continues_when_it_is_raised() {
    within_one_month().await;
    let app = TestApp::start().await;
    set_budget(&app, 1_000_000).await;
    let prompt = prompt_tokens(&app, &app.home.agent).await;
    let (spent, _) = billing(&app.home.owner).await;
    set_budget(&app, spent + prompt + 40).await;
    // a provider that does not keep to the limit that it was given
    let words = "and so on ".repeat(100);
    app.upstream.will(
        words
            .split_inclusive(' ')
            .fold(Script::default(), Script::text)
            .done_at(u32::try_from(prompt).unwrap(), 40),
    );
    let stream = app
        .home
        .member
        .subscribe(CHAT, json!({"input": {"message": "Hello"}}))
        .await;
    let seen = events("chat", &stream.rest().await);
    assert_eq!(kinds(&seen).last(), Some(&"RunSucceeded"), "{seen:?}");
    let last = seen.last().unwrap();
    let given = text(&seen);
    assert!(
        words.starts_with(&given) && given.len() < words.len(),
        "{given}"
    );
    assert_eq!(last["message"]["text"], given);
    let limit = app.upstream.asked().pop().unwrap()["max_tokens"].clone();
    assert_eq!(limit, 40);
    let query = "query($id: ID!) { run(id: $id) { finishReason message { id finishReason } } }";
    let run = app
        .home
        .member
        .ok(query, json!({"id": seen[0]["runId"]}))
        .await["run"]
        .clone();
    assert_eq!(run["finishReason"], "BUDGET");
    let (after, _) = billing(&app.home.owner).await;
    assert!(after <= spent + prompt + 41, "{after}");

    // nothing is left
    let refused = app
        .home
        .member
        .ask(
            "mutation { sendMessage(input: {message: \"Hello\"}) { run { id } } }",
            json!({}),
        )
        .await;
    let failed = if refused.0.get("errors").is_some() {
        refused.code().to_owned()
    } else {
        let id = refused.data()["sendMessage"]["run"]["id"].clone();
        let run = ended(&app.home.member, id.as_str().unwrap()).await;
        run["error"]["code"].as_str().unwrap().to_owned()
    };
    assert_eq!(failed, "QUOTA_EXCEEDED");
    set_budget(&app, 1_000_000).await;
    let go_on = "mutation($id: ID!) { continueMessage(input: {messageId: $id, clientMessageId: \"more\"}) { run { id } } }";
    let more = app
        .home
        .member
        .ok(go_on, json!({"id": run["message"]["id"]}))
        .await;
    let more = more["continueMessage"]["run"]["id"]
        .as_str()
        .unwrap()
        .to_owned();
    assert_eq!(ended(&app.home.member, &more).await["status"], "SUCCEEDED");
}
