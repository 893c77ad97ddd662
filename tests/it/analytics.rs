//! Analytics of an account and of an agent, through the public API.

use chrono::{DateTime, DurationRound, TimeDelta, Utc};
use futures::future::join_all;
use sea_orm::ConnectionTrait;
use serde_json::{Value, json};
use troupe::port::{Clock, SystemClock};

use crate::{
    agent::create,
    chat::{ask, conversation_of},
    conversation::Exchange,
    support::{Client, Script, TestApp, until},
    tools::Workshop,
    usage::report,
};

const ANALYTICS: &str = "query($range: DateRange!, $agent: ID) { analytics(range: $range, agentId: $agent) {
    agents { agent { slug } runs failed failures { code count } firstTokenP50Ms firstTokenP95Ms durationP50Ms durationP95Ms
        toolCalls toolFailures satisfaction usage { inputTokens outputTokens attempts costUsd firstTokenMs } }
    handoffs { from { slug } to { slug } count resolved }
    routing { decisions byReason refused correctedByUser } } }";

/// A period around now of which only records are read, one of whole hours, and one of whole days: the same runs, counted in
/// three ways.
fn periods() -> [Value; 3] {
    let now = SystemClock.now();
    let whole = |length: TimeDelta| {
        let from = now.duration_trunc(length).unwrap() - length;
        json!({"from": from, "to": from + length + length + length})
    };
    let minutes = TimeDelta::minutes(25);
    let edges = json!({"from": now - minutes, "to": now + minutes});
    [edges, whole(TimeDelta::hours(1)), whole(TimeDelta::days(1))]
}

/// The analytics of the runs of the test, after a check that sums and records report the same.
async fn analytics(client: &Client, agent: Option<&str>) -> Value {
    let [edges, hours, days] = periods();
    let of = async |range: Value| {
        let variables = json!({"range": range, "agent": agent});
        client.ok(ANALYTICS, variables).await["analytics"].clone()
    };
    let by_records = of(edges).await;
    assert_eq!(of(hours).await, by_records, "by hour");
    assert_eq!(of(days).await, by_records, "by day");
    by_records
}

async fn rate(client: &Client, message: &str, value: &str) {
    let rate =
        "mutation($input: RateMessageInput!) { rateMessage(input: $input) { message { id } } }";
    let input = json!({"messageId": message, "value": value});
    client.ok(rate, json!({"input": input})).await;
}

async fn finished_at(client: &Client, run: &str) -> DateTime<Utc> {
    let query = "query($id: ID!) { run(id: $id) { finishedAt } }";
    let found = client.ok(query, json!({"id": run})).await;
    found["run"]["finishedAt"]
        .as_str()
        .unwrap()
        .parse()
        .unwrap()
}

#[tokio::test]
#[expect(clippy::too_many_lines, reason = "one story")]
async fn analytics_count_runs_failures_ratings_and_decisions_of_each_agent() {
    let app = TestApp::start().await;
    let (admin, member) = (&app.home.admin, &app.home.member);
    let other = create(
        admin,
        json!({"template": "support_agent", "tier": "standard", "name": "Other", "configuration": {"keepCase": false}}),
    )
    .await;
    let to_home = json!({"message": "Hello", "agentId": app.home.agent});
    let first = Exchange::of(member, to_home.clone()).await;
    let second = Exchange::of(member, to_home.clone()).await;
    let third = Exchange::of(member, json!({"message": "Hello", "agentId": other["id"]})).await;
    let refusal = json!({"error": {"message": "no such key"}});
    app.upstream.will(Script::refuses(401, None, refusal));
    let failed = ask(member, to_home).await;
    assert_eq!(failed.last().unwrap()["__typename"], "RunFailed");
    let code = failed.last().unwrap()["error"]["code"].clone();
    rate(member, &first.answer, "UP").await;
    rate(member, &second.answer, "UP").await;
    // a second rating replaces the first, and a repeated one changes nothing
    rate(member, &second.answer, "DOWN").await;
    rate(member, &second.answer, "DOWN").await;

    let found = analytics(admin, None).await;
    let agents = found["agents"].as_array().unwrap();
    let [of_home, of_other] = &agents[..] else {
        panic!("{found:#}")
    };
    assert_eq!(of_home["agent"]["slug"], "support");
    assert_eq!(
        (&of_home["runs"], &of_home["failed"]),
        (&json!(3), &json!(1))
    );
    assert_eq!(of_home["failures"], json!([{"code": code, "count": 1}]));
    assert_eq!(of_home["satisfaction"], 0.5);
    assert!(of_home["durationP50Ms"].as_i64() <= of_home["durationP95Ms"].as_i64());
    assert!(of_home["firstTokenP95Ms"].is_i64(), "{of_home}");
    assert_eq!(
        (&of_other["runs"], &of_other["failures"]),
        (&json!(1), &json!([]))
    );
    assert_eq!(of_other["satisfaction"], Value::Null);
    let by_reason =
        json!({"REQUESTED": 4, "CONVERSATION": 0, "INTENT": 0, "FALLBACK": 0, "HANDOFF": 0});
    let routing =
        json!({"decisions": 4, "byReason": by_reason, "refused": 0, "correctedByUser": 0});
    assert_eq!(found["routing"], routing);
    assert_eq!(found["handoffs"], json!([]));

    // the usage report has the same sums
    let usage = report(admin, "AGENT").await;
    let tokens = |place: usize| &usage["rows"][place]["usage"]["inputTokens"];
    assert_eq!(&of_home["usage"]["inputTokens"], tokens(0));
    assert_eq!(&of_other["usage"]["inputTokens"], tokens(1));
    assert_eq!(of_other["usage"]["attempts"], 1);
    // of one agent, in both places
    let of_one = analytics(admin, other["id"].as_str()).await;
    assert_eq!(of_one["agents"], json!([of_other]));
    assert_eq!(of_one["routing"]["decisions"], 1);
    let nested = "query($id: ID!, $range: DateRange!) { agent(by: {id: $id}) { analytics(range: $range) { runs satisfaction agent { slug } } } }";
    let [_, hours, _] = periods();
    let variables = json!({"id": app.home.agent, "range": hours});
    assert_eq!(
        admin.ok(nested, variables).await["agent"]["analytics"],
        json!({"runs": 3, "satisfaction": 0.5, "agent": {"slug": "support"}})
    );
    // another account has none of it, and an agent without runs has zeros
    let strange = analytics(&app.stranger.admin, None).await;
    assert_eq!(
        (&strange["agents"], &strange["routing"]["decisions"]),
        (&json!([]), &json!(0))
    );
    let strange = analytics(&app.stranger.admin, Some(&app.stranger.agent)).await;
    assert_eq!(strange["agents"][0]["runs"], 0);
    assert_eq!(strange["agents"][0]["durationP50Ms"], Value::Null);

    exact_at_the_edges(admin, &app.home.agent, &first.run).await;
    // what is deleted stays in the counts
    let delete = "mutation($id: ID!) { deleteConversation(input: {id: $id}) { deletedId } }";
    admin.ok(delete, json!({"id": first.conversation})).await;
    assert_eq!(analytics(admin, None).await, found);
    let delete = "mutation($id: ID!) { deleteAgent(input: {id: $id}) { deletedId } }";
    admin.ok(delete, json!({"id": other["id"]})).await;
    let left = analytics(admin, None).await;
    assert_eq!(left["agents"], json!([of_home]));
    assert_eq!(left["routing"], routing);
    drop(third);
}

/// The period from the end of a run counts it, the next instant does not.
async fn exact_at_the_edges(admin: &Client, agent: &str, run: &str) {
    let at = finished_at(admin, run).await;
    let instant = TimeDelta::microseconds(1);
    let hour = TimeDelta::hours(1);
    let runs = async |from: DateTime<Utc>, to: DateTime<Utc>| {
        let range = json!({"range": {"from": from, "to": to}, "agent": agent});
        let found = admin.ok(ANALYTICS, range).await;
        found["analytics"]["agents"][0]["runs"].as_i64().unwrap()
    };
    assert_eq!(runs(at, at + instant).await, 1);
    assert_eq!(runs(at - hour, at).await, 0);
    let to = at + hour;
    assert_eq!(runs(at, to).await - runs(at + instant, to).await, 1);
    // an end two days later is read from the sums, the start from the records
    let to = to + TimeDelta::days(2);
    assert_eq!(runs(at, to).await - runs(at + instant, to).await, 1);
}

#[tokio::test]
async fn tool_calls_and_attempts_are_counted() {
    let workshop = Workshop::granting(&["find", "put"], "AUTO").await;
    let call = ("workshop__find", json!({"text": "Ann"}));
    // arguments that do not match the schema
    let wrong = ("workshop__find", json!({"text": 7}));
    workshop.model_calls(&[call, wrong]);
    workshop.model_says("Ann is there.");
    let seen = workshop.chat().await;
    // the first attempt is cut after its first text
    let cut = Script::default().text("Let me").cut();
    workshop.app.upstream.will(cut);
    workshop.model_says("Here you are.");
    let again = workshop.chat().await;
    let run = again.last().unwrap()["runId"].clone();
    let home = &workshop.app.home;
    let query =
        "query($id: ID!) { run(id: $id) { attempt usage { attempts } toolCalls { status } } }";
    let found = home.admin.ok(query, json!({"id": run})).await;
    assert_eq!(found["run"]["attempt"], 2);
    assert_eq!(found["run"]["usage"]["attempts"], 2);
    let calls = home
        .admin
        .ok(query, json!({"id": seen.last().unwrap()["runId"]}))
        .await;
    let calls = calls["run"]["toolCalls"].as_array().unwrap().clone();
    let failed = calls.iter().filter(|call| call["status"] == "FAILED");

    let analytics = analytics(&home.admin, None).await;
    let of_agent = &analytics["agents"][0];
    assert_eq!(of_agent["runs"], 2);
    assert_eq!(of_agent["toolCalls"], calls.len());
    assert_eq!(of_agent["toolFailures"], failed.count());
    assert_eq!(of_agent["usage"]["attempts"], 3);
}

#[tokio::test]
async fn runs_that_end_at_the_same_time_in_two_processes_are_all_counted() {
    const RUNS: usize = 12;
    let app = TestApp::start().await;
    let second = app.second(&[]).await;
    let there = Client::new(&second.url, Some(app.home.member.key()));
    let input = json!({"message": "Hello", "agentId": app.home.agent});
    let chats = (0..RUNS).map(|number| {
        let client = if number % 2 == 0 {
            &app.home.member
        } else {
            &there
        };
        Exchange::of(client, input.clone())
    });
    let chats = join_all(chats).await;
    // two people rate at the same time
    let rated = chats.iter().map(|chat| rate(&there, &chat.answer, "UP"));
    join_all(rated).await;
    let found = analytics(&app.home.admin, None).await;
    assert_eq!(found["agents"][0]["runs"], RUNS);
    assert_eq!(found["agents"][0]["usage"]["attempts"], RUNS);
    assert_eq!(found["agents"][0]["satisfaction"], 1.0);
}

#[tokio::test]
async fn handoffs_and_corrections_are_counted_between_agents() {
    let app = TestApp::start().await;
    let admin = &app.home.admin;
    let other = create(
        admin,
        json!({"template": "support_agent", "tier": "standard", "name": "Other", "configuration": {"keepCase": false}}),
    )
    .await;
    let first = ask(
        &app.home.member,
        json!({"message": "Hello", "agentId": app.home.agent}),
    )
    .await;
    let id = conversation_of(&first);
    let hand_off = "mutation($input: HandOffInput!) { handOff(input: $input) { handoff { id } } }";
    let input = json!({"conversationId": id, "toAgentId": other["id"], "reason": "Other hours"});
    admin.ok(hand_off, json!({"input": input})).await;
    let flow = |resolved: i32| json!([{"from": {"slug": "support"}, "to": {"slug": "other"}, "count": 1, "resolved": resolved}]);
    assert_eq!(analytics(admin, None).await["handoffs"], flow(0));
    ask(
        &app.home.member,
        json!({"message": "And now?", "conversationId": id}),
    )
    .await;
    let found = analytics(admin, None).await;
    assert_eq!(found["handoffs"], flow(1));
    assert_eq!(found["routing"]["byReason"]["CONVERSATION"], 1);
    assert_eq!(
        analytics(admin, other["id"].as_str()).await["handoffs"],
        flow(1)
    );
}

#[tokio::test]
async fn runs_of_a_version_without_sums_are_added_later() {
    let app = TestApp::start().await;
    let admin = &app.home.admin;
    let input = json!({"message": "Hello", "agentId": app.home.agent});
    let said = Exchange::of(&app.home.member, input.clone()).await;
    Exchange::of(&app.home.member, input).await;
    rate(&app.home.member, &said.answer, "UP").await;
    let before = analytics(admin, None).await;
    let database = app.connect().await;
    for statement in [
        "DELETE FROM run_sums",
        "DELETE FROM run_records",
        "UPDATE usage_records SET attempts = 0, summed = false",
    ] {
        database.execute_unprepared(statement).await.unwrap();
    }
    assert_eq!(analytics(admin, None).await["agents"], json!([]));
    // two processes look at the same time
    let _processes = (app.second(&[]).await, app.second(&[]).await);
    let [_, _, days] = periods();
    let range = json!({"range": days, "agent": null});
    until("the earlier runs are counted", async || {
        let found = admin.ok(ANALYTICS, range.clone()).await;
        found["analytics"]["agents"][0]["runs"] == 2
    })
    .await;
    assert_eq!(analytics(admin, None).await, before);
}
