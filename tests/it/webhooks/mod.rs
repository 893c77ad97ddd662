//! Webhooks: the events of an account reach its address in their order, signed, at least once, and no one else's do.

mod receiver;

use axum::http::StatusCode;
use serde_json::{Value, json};

use self::receiver::Receiver;
use crate::{
    agent::create,
    chat::{ask, conversation_of},
    registry::KEYS,
    support::{Client, Script, TestApp, Worker, until},
    tools::LOCAL,
};

const CREATE: &str = "mutation($input: CreateWebhookInput!) { createWebhook(input: $input) {
    webhook { id url events status cursor failingSince error } secret } }";
const UPDATE: &str = "mutation($input: UpdateWebhookInput!) { updateWebhook(input: $input) {
    webhook { id url events status cursor failingSince error } secret } }";
const WEBHOOKS: &str =
    "{ webhooks { id url events status cursor deliveredAt failingSince error } }";
const HAND_OFF: &str =
    "mutation($input: HandOffInput!) { handOff(input: $input) { handoff { id } } }";
const EVERY_KIND: [&str; 3] = ["RUN_ENDED", "HANDOFF", "AUDIT_ENTRY"];

/// Creates a webhook for events of every kind; returns it.
pub(crate) async fn a_webhook(client: &Client, url: &str) -> Value {
    created(client, url, &EVERY_KIND).await["webhook"].clone()
}

async fn created(client: &Client, url: &str, events: &[&str]) -> Value {
    let input = json!({"input": {"url": url, "events": events}});
    client.ok(CREATE, input).await["createWebhook"].clone()
}

async fn updated(client: &Client, input: Value) -> Value {
    client.ok(UPDATE, json!({"input": input})).await["updateWebhook"].clone()
}

/// The only webhook of an account.
async fn webhook(client: &Client) -> Value {
    client.ok(WEBHOOKS, json!({})).await["webhooks"][0].clone()
}

/// A program whose webhooks may be servers of this machine, and a worker that sends the deliveries.
async fn app() -> (TestApp, Worker) {
    let app = TestApp::with(&[LOCAL, KEYS]).await;
    let worker = app.worker(&[LOCAL, KEYS]).await;
    (app, worker)
}

fn run_of(events: &[Value]) -> Value {
    events.last().unwrap()["runId"].clone()
}

#[tokio::test]
async fn every_event_of_the_account_arrives_once_signed_and_in_order() {
    let (app, _worker) = app().await;
    let receiver = Receiver::start().await;
    let made = created(&app.home.admin, &receiver.url, &EVERY_KIND).await;
    let secret = made["secret"].as_str().unwrap().to_owned();
    let first = ask(
        &app.home.member,
        json!({"message": "A word that no one else says: flumph"}),
    )
    .await;
    let failing = json!({"error": {"message": "the flumph quota is exhausted"}});
    app.upstream.will(Script::refuses(403, None, failing));
    let second = ask(&app.home.member, json!({"message": "Hello"})).await;
    ask(&app.stranger.member, json!({"message": "Hello"})).await;
    let other = create(
        &app.home.admin,
        json!({"template": "support_agent", "tier": "standard", "name": "Other", "configuration": {}}),
    )
    .await;
    let input = json!({"input": {"conversationId": conversation_of(&first), "toAgentId": other["id"], "reason": "A change"}});
    let handoff = app.home.member.ok(HAND_OFF, input).await["handOff"]["handoff"]["id"].clone();
    until("all events have arrived", async || {
        receiver.data("HANDOFF").len() == 1 && receiver.data("RUN_ENDED").len() == 2
    })
    .await;

    let events = receiver.events();
    let positions: Vec<i64> = events
        .iter()
        .map(|event| event["position"].as_i64().unwrap())
        .collect();
    assert!(
        positions.is_sorted_by(|one, next| one < next),
        "{positions:?}"
    );
    let actions = receiver.data("AUDIT_ENTRY").into_iter();
    let actions: Vec<Value> = actions.map(|entry| entry["action"].clone()).collect();
    assert_eq!(actions[..2], ["createWebhook", "createAgent"]);
    let runs = receiver.data("RUN_ENDED");
    assert_eq!(runs[0]["id"], run_of(&first));
    assert_eq!(runs[0]["status"], "SUCCEEDED");
    assert_eq!(runs[0]["finishReason"], "STOP");
    assert!(runs[0]["usage"]["outputTokens"].as_i64().unwrap() > 0);
    assert_eq!(runs[1]["id"], run_of(&second));
    assert_eq!(runs[1]["status"], "FAILED");
    let code = &second.last().unwrap()["error"]["code"];
    assert_eq!(runs[1]["error"]["code"], *code);
    let handed = &receiver.data("HANDOFF")[0];
    assert_eq!([&handed["id"], &handed["to"]], [&handoff, &other["id"]]);
    assert_eq!(handed["initiator"], "USER");

    for delivery in receiver.received() {
        assert!(!delivery.body.contains("flumph"), "{}", delivery.body);
        delivery.assert_signed_with(&secret);
        let body: Value = serde_json::from_str(&delivery.body).unwrap();
        assert_eq!(body["account"], app.home.id);
        assert_eq!(body["webhook"], made["webhook"]["id"]);
    }
    let last = positions.last().unwrap();
    until("the cursor is at the last event", async || {
        webhook(&app.home.admin).await["cursor"] == *last
    })
    .await;
}

#[tokio::test]
async fn what_a_server_does_not_accept_is_sent_again_until_it_does() {
    let (app, _worker) = app().await;
    let receiver = Receiver::start().await;
    let refused = [StatusCode::INTERNAL_SERVER_ERROR, StatusCode::FOUND];
    receiver.will_answer(&refused);
    let made = created(&app.home.admin, &receiver.url, &["RUN_ENDED"]).await;
    let run = run_of(&ask(&app.home.member, json!({"message": "Hello"})).await);
    until("a failure is shown", async || {
        !webhook(&app.home.admin).await["failingSince"].is_null()
    })
    .await;
    let shown = webhook(&app.home.admin).await;
    let error = shown["error"].as_str().unwrap();
    assert!(
        error.contains("answered 500") || error.contains("answered 302"),
        "{error}"
    );
    assert_eq!(shown["status"], "ACTIVE");
    until("the event has arrived", async || {
        receiver.data("RUN_ENDED").len() == 1
    })
    .await;
    assert_eq!(receiver.data("RUN_ENDED")[0]["id"], run);
    let ids: Vec<String> = receiver
        .received()
        .iter()
        .map(|delivery| delivery.events()[0]["id"].as_str().unwrap().to_owned())
        .collect();
    assert_eq!(ids.len(), 3);
    assert!(ids.iter().all(|id| *id == ids[0]), "{ids:?}");
    until("no failure is shown", async || {
        let shown = webhook(&app.home.admin).await;
        shown["failingSince"].is_null() && shown["error"].is_null()
    })
    .await;
    assert_eq!(webhook(&app.home.admin).await["id"], made["webhook"]["id"]);
}

#[tokio::test]
async fn a_webhook_whose_server_is_gone_is_paused_and_keeps_its_events() {
    let (app, _worker) = app().await;
    let receiver = Receiver::start().await;
    receiver.will_answer(&[StatusCode::GONE]);
    let made = created(&app.home.admin, &receiver.url, &["RUN_ENDED"]).await;
    let id = &made["webhook"]["id"];
    let first = run_of(&ask(&app.home.member, json!({"message": "Hello"})).await);
    until("the webhook is paused", async || {
        webhook(&app.home.admin).await["status"] == "PAUSED"
    })
    .await;
    let second = run_of(&ask(&app.home.member, json!({"message": "Hello"})).await);
    let active = updated(&app.home.admin, json!({"id": id, "status": "ACTIVE"})).await;
    assert_eq!(active["webhook"]["status"], "ACTIVE");
    assert_eq!(active["secret"], Value::Null);
    until("both events have arrived", async || {
        receiver.data("RUN_ENDED").len() == 2
    })
    .await;
    let runs: Vec<Value> = receiver
        .data("RUN_ENDED")
        .iter()
        .map(|run| run["id"].clone())
        .collect();
    assert_eq!(runs, [first.clone(), second.clone()]);

    // everything again, under a new secret
    let input = json!({"id": id, "after": 0, "newSecret": true});
    let again = updated(&app.home.admin, input).await;
    assert_ne!(again["secret"], made["secret"]);
    until("both events have arrived again", async || {
        receiver.data("RUN_ENDED").len() == 4
    })
    .await;
    let last = receiver.received().pop().unwrap();
    last.assert_signed_with(again["secret"].as_str().unwrap());
}

#[tokio::test]
async fn events_of_several_processes_are_all_delivered() {
    const CHATS: usize = 12;
    let (app, _worker) = app().await;
    let second = app.second(&[LOCAL, KEYS]).await;
    let receiver = Receiver::start().await;
    created(&app.home.admin, &receiver.url, &["RUN_ENDED"]).await;
    let elsewhere = Client::new(&second.url, Some(app.home.member.key()));
    let chats = (0..CHATS).map(|number| {
        let client = if number % 2 == 0 {
            &app.home.member
        } else {
            &elsewhere
        };
        async move { run_of(&ask(client, json!({"message": "Hello"})).await) }
    });
    let mut runs = futures::future::join_all(chats).await;
    until("all events have arrived", async || {
        receiver.data("RUN_ENDED").len() >= CHATS
    })
    .await;
    let order = |runs: &mut Vec<Value>| {
        runs.sort_by_key(ToString::to_string);
        runs.dedup();
    };
    let mut told: Vec<Value> = receiver
        .data("RUN_ENDED")
        .iter()
        .map(|run| run["id"].clone())
        .collect();
    order(&mut runs);
    order(&mut told);
    assert_eq!(told, runs);
}

#[tokio::test]
async fn an_event_of_an_erased_person_tells_nothing() {
    let (app, _worker) = app().await;
    let receiver = Receiver::start().await;
    let made = created(&app.home.admin, &receiver.url, &["RUN_ENDED"]).await;
    let id = &made["webhook"]["id"];
    updated(&app.home.admin, json!({"id": id, "status": "PAUSED"})).await;
    let of_ada = json!({"message": "Hello", "endUser": "ada"});
    let run = run_of(&ask(&app.home.member, of_ada).await);
    let kept = run_of(&ask(&app.home.member, json!({"message": "Hello"})).await);
    let delete =
        "mutation($id: ID!) { eraseEndUser(input: {endUser: $id}) { erasure { endUser } } }";
    app.home.admin.ok(delete, json!({"id": "ada"})).await;
    until("the person is erased", async || {
        let query = "{ erasure(endUser: \"ada\") { finishedAt } }";
        let found = app.home.admin.ok(query, json!({})).await;
        !found["erasure"]["finishedAt"].is_null()
    })
    .await;
    updated(&app.home.admin, json!({"id": id, "status": "ACTIVE"})).await;
    until("the other event has arrived", async || {
        receiver
            .events()
            .iter()
            .any(|event| event["data"]["id"] == kept)
    })
    .await;
    let bodies: String = receiver
        .received()
        .iter()
        .map(|it| it.body.clone())
        .collect();
    assert!(!bodies.contains(run.as_str().unwrap()), "{bodies}");
}

#[tokio::test]
async fn a_webhook_that_cannot_work_is_refused() {
    let (app, _worker) = app().await;
    let admin = &app.home.admin;
    let refused = async |input: Value, path: &str| {
        let reply = admin.ask(CREATE, json!({"input": input})).await;
        assert_eq!(reply.code(), "BAD_USER_INPUT", "{reply:?}");
        assert!(reply.message().contains(path), "{reply:?}");
    };
    let url = "https://example.com/hook";
    refused(json!({"url": url, "events": []}), "input.events").await;
    for url in [
        "",
        "example.com",
        "ftp://example.com",
        "http://192.0.2.7",
        "https://10.0.0.1/hook",
    ] {
        refused(json!({"url": url, "events": EVERY_KIND}), "input.url").await;
    }
    let made = created(admin, url, &["HANDOFF", "HANDOFF", "RUN_ENDED"]).await;
    assert_eq!(made["webhook"]["events"], json!(["HANDOFF", "RUN_ENDED"]));
    let id = &made["webhook"]["id"];
    for (change, path) in [
        (json!({"id": id, "after": -1}), "input.after"),
        (json!({"id": id, "after": 1_000}), "input.after"),
        (json!({"id": id, "events": []}), "input.events"),
        (
            json!({"id": id, "url": "http://169.254.169.254/"}),
            "input.url",
        ),
        (json!({"id": app.home.agent}), "input.id"),
    ] {
        let reply = admin.ask(UPDATE, json!({"input": change})).await;
        assert_eq!(reply.code(), "BAD_USER_INPUT", "{reply:?}");
        assert!(reply.message().contains(path), "{reply:?}");
    }
    for _ in 1..10 {
        a_webhook(admin, url).await;
    }
    let input = json!({"input": {"url": url, "events": EVERY_KIND}});
    assert_eq!(admin.ask(CREATE, input).await.code(), "QUOTA_EXCEEDED");
    let delete = "mutation($id: ID!) { deleteWebhook(input: {id: $id}) { deletedId } }";
    admin.ok(delete, json!({"id": id})).await;
    assert_eq!(
        admin.ask(delete, json!({"id": id})).await.code(),
        "NOT_FOUND"
    );
    let left = admin.ok(WEBHOOKS, json!({})).await;
    assert_eq!(left["webhooks"].as_array().unwrap().len(), 9);
}
