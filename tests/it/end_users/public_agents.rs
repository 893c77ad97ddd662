//! Public agents: people without a name, who come from a page without any credential.

use sea_orm::ConnectionTrait;
use serde_json::{Value, json};

use super::{RENEW, SEND, VIEWER, read};
use crate::{
    caller::{Caller, Heard},
    support::{Reply, TestApp, until},
};

const SHOP: &str = "https://shop.example";
const OPEN: &str = "mutation($input: SetPublicAccessInput!) { setPublicAccess(input: $input) { agent { publicAccess {
    origins messagesPerMinute tokens expiresInSeconds } } } }";
const CLOSE: &str = "mutation($id: ID!) { revokePublicAccess(input: {agentId: $id}) { agent { publicAccess { tokens } } } }";
const START: &str = "mutation($id: ID!, $token: String) { startPublicSession(input: {agentId: $id, token: $token}) {
    token session { id expiresAt limits { messagesPerMinute tokens } } endUser { id externalId anonymous } } }";
const LIST: &str = "{ conversations { totalCount } agents { nodes { id } } }";

/// Makes the agent of the home account public for the pages of the shop.
async fn open(app: &TestApp) -> Value {
    let input = json!({"agentId": app.home.agent, "origins": [SHOP], "messagesPerMinute": 4, "tokens": 900});
    let made = app.home.admin.ok(OPEN, json!({"input": input})).await;
    made["setPublicAccess"]["agent"]["publicAccess"].clone()
}

fn page(app: &TestApp) -> Caller {
    Caller::nobody(app).on_page_of(SHOP)
}

async fn start(app: &TestApp, page: &Caller) -> Value {
    let begun = page.ask(START, json!({"id": app.home.agent})).await;
    begun.data()["startPublicSession"].clone()
}

fn with_token(page: &Caller, begun: &Value) -> Caller {
    page.clone().with_key(begun["token"].as_str().unwrap())
}

#[tokio::test]
async fn a_page_without_credentials_talks_to_a_public_agent_and_to_nothing_else() {
    let app = TestApp::start().await;
    assert_eq!(
        open(&app).await,
        json!({"origins": [SHOP], "messagesPerMinute": 4, "tokens": 900, "expiresInSeconds": 3600})
    );
    let begun = start(&app, &page(&app)).await;
    let limits = json!({"messagesPerMinute": 4, "tokens": 900});
    assert_eq!(begun["session"]["limits"], limits);
    let name = read(&begun["endUser"]["externalId"]);
    assert!(name.starts_with("anonymous-"), "{begun}");
    assert_eq!(begun["endUser"]["anonymous"], true);

    // an end user like any other, on pages of this origin only
    let visitor = with_token(&page(&app), &begun);
    let viewer = visitor.ask(VIEWER, json!({})).await.data()["viewer"].clone();
    assert_eq!(
        (
            viewer["role"].as_str(),
            viewer["endUser"]["externalId"].as_str()
        ),
        (Some("END_USER"), Some(name.as_str()))
    );
    let create = "mutation { createAgent(input: {template: \"sales_agent\", tier: \"startup\", name: \"Sales\"}) { agent { id } } }";
    let other = app.home.admin.ok(create, json!({})).await;
    let other = &other["createAgent"]["agent"]["id"];
    let refused = visitor
        .ask(SEND, json!({"input": {"message": "Hi", "agentId": other}}))
        .await;
    assert_eq!(refused.code(), "NOT_FOUND");
    let sent = visitor.ask(SEND, json!({"input": {"message": "Hi"}})).await;
    let conversation = &sent.data()["sendMessage"]["run"]["conversation"];
    assert_eq!(conversation["endUser"], name);
    let seen = visitor.ask(LIST, json!({})).await.data().clone();
    let own =
        json!({"conversations": {"totalCount": 1}, "agents": {"nodes": [{"id": app.home.agent}]}});
    assert_eq!(seen, own);

    // another visitor is another person
    let next = with_token(&page(&app), &start(&app, &page(&app)).await);
    let seen = next.ask(LIST, json!({})).await.data().clone();
    assert_eq!(seen["conversations"]["totalCount"], 0);
    let elsewhere = Caller::nobody(&app).with_key(begun["token"].as_str().unwrap());
    assert_eq!(elsewhere.ask(VIEWER, json!({})).await.code(), "FORBIDDEN");

    // the origin is for sessions that name it, not for keys and other sessions
    let session = super::begin(&app, json!({"endUser": "ada"})).await;
    for token in [app.home.owner.key(), session["token"].as_str().unwrap()] {
        let refused = page(&app).with_key(token).ask(VIEWER, json!({})).await;
        assert_eq!(refused.code(), "FORBIDDEN", "{refused:?}");
    }
    let anonymous = page(&app).ask(VIEWER, json!({})).await;
    assert_eq!(anonymous.code(), "UNAUTHENTICATED");

    let log = app.audit_log(&app.home.id).await;
    let last = log
        .iter()
        .rfind(|entry| entry.note.action == "setPublicAccess");
    assert_eq!(last.unwrap().note.detail["origins"], json!([SHOP]));
}

#[tokio::test]
async fn what_is_not_public_is_not_found_and_other_pages_are_refused_readably() {
    let app = TestApp::with(&[("TROUPE_LIMITS_ADDRESS_SESSIONS_PER_MINUTE", "8")]).await;
    open(&app).await;
    let ask = async |page: &Caller, id: &str| page.ask(START, json!({"id": id})).await;
    let unknown = "agent_01h455vb4pex5vsknk084sn02q";
    let create = "mutation { createAgent(input: {template: \"sales_agent\", tier: \"startup\", name: \"Sales\"}) { agent { id } } }";
    let made = app.home.admin.ok(create, json!({})).await;
    let suspended = read(&made["createAgent"]["agent"]["id"]);
    let input = json!({"input": {"agentId": suspended, "origins": [SHOP]}});
    app.home.admin.ok(OPEN, input).await;
    let suspend = "mutation($id: ID!) { suspendAgent(input: {id: $id}) { agent { publicAccess { tokens } } } }";
    app.home.admin.ok(suspend, json!({"id": suspended})).await;
    let never = ask(&page(&app), unknown).await;
    assert_eq!(never.code(), "NOT_FOUND");
    for id in [&app.stranger.agent, &suspended] {
        assert_eq!(ask(&page(&app), id).await.0, never.0);
    }
    let member = "{ agents { nodes { publicAccess { tokens } } } }";
    assert_eq!(
        app.home.member.ask(member, json!({})).await.code(),
        "FORBIDDEN"
    );

    // an origin that only another account's agent lists passes the installation's door, and not the agent's
    let input =
        json!({"input": {"agentId": app.stranger.agent, "origins": ["https://other.example"]}});
    app.stranger.admin.ok(OPEN, input).await;
    assert_pages_refused(&app).await;

    // on a socket, too, and nothing else
    let mut socket = page(&app).connect().await;
    assert_eq!(socket.hear().await, Heard::Acknowledged);
    socket.subscribe(START, json!({"id": app.home.agent})).await;
    let begun = socket.answer().await.data()["startPublicSession"].clone();
    assert_eq!(socket.hear().await, Heard::Complete);
    socket.subscribe(VIEWER, json!({})).await;
    assert_eq!(socket.answer().await.code(), "UNAUTHENTICATED");
    let mut socket = with_token(&page(&app), &begun).connect().await;
    assert_eq!(socket.hear().await, Heard::Acknowledged);

    let mut codes = Vec::new();
    for _ in 0..8 {
        codes.push(ask(&page(&app), unknown).await.code().to_owned());
    }
    assert!(codes.contains(&"RATE_LIMITED".to_owned()), "{codes:?}");

    app.home
        .admin
        .ok(CLOSE, json!({"id": app.home.agent}))
        .await;
    app.home.admin.ok(CLOSE, json!({"id": suspended})).await;
    let refused = with_token(&page(&app), &begun).ask(VIEWER, json!({})).await;
    assert_eq!(refused.code(), "FORBIDDEN");
    let again = app
        .home
        .admin
        .ask(CLOSE, json!({"id": app.home.agent}))
        .await;
    assert_eq!(again.code(), "NOT_FOUND");
}

/// Asks on pages of other origins than the agent's.
async fn assert_pages_refused(app: &TestApp) {
    for (origin, reason) in [
        (
            Some("https://other.example"),
            "not for pages of this origin",
        ),
        (
            Some("https://evil.example"),
            "does not allow pages of the origin",
        ),
        (None, "no Origin"),
    ] {
        let caller = origin.map_or_else(
            || Caller::nobody(app),
            |origin| page(app).on_page_of(origin),
        );
        let body = json!({"query": START, "variables": {"id": app.home.agent}});
        let response = caller.post(&body).await;
        let readable = response.headers().get("access-control-allow-origin");
        let readable = readable.map(|origin| origin.to_str().unwrap().to_owned());
        assert_eq!(readable.as_deref(), origin);
        let refused = Reply(response.json().await.unwrap());
        assert_eq!(refused.code(), "FORBIDDEN");
        assert!(refused.message().contains(reason), "{refused:?}");
    }
}

#[tokio::test]
async fn a_renewed_session_keeps_the_person_and_unused_people_are_removed() {
    let app = TestApp::start().await;
    open(&app).await;
    let first = start(&app, &page(&app)).await;
    let with = json!({"id": app.home.agent, "token": first["token"]});
    let second = page(&app).ask(START, with).await;
    let second = second.data()["startPublicSession"].clone();
    assert_eq!(second["endUser"], first["endUser"]);
    let visitor = with_token(&page(&app), &first);
    visitor
        .ask(SEND, json!({"input": {"message": "Hi"}}))
        .await
        .data();
    visitor
        .ask(RENEW, json!({"token": second["token"]}))
        .await
        .data();
    let visitor = with_token(&page(&app), &second);
    let seen = visitor.ask(LIST, json!({})).await.data().clone();
    assert_eq!(seen["conversations"]["totalCount"], 1);
    let ada = super::begin(
        &app,
        json!({"endUser": "ada", "agentIds": [app.home.agent]}),
    )
    .await;
    for token in [&first["token"], &ada["token"], &json!("ts_never")] {
        let with = json!({"id": app.home.agent, "token": token});
        let refused = page(&app).ask(START, with).await;
        assert_eq!(refused.problem_paths(), ["input.token"], "{refused:?}");
    }

    start(&app, &page(&app)).await;
    let count = async || {
        let people = "{ endUsers { totalCount } }";
        app.home.admin.ok(people, json!({})).await["endUsers"]["totalCount"].clone()
    };
    assert_eq!(count().await, 3);
    let database = app.connect().await;
    // as if everyone had come long ago
    for (table, column) in [("sessions", "expires_at"), ("end_users", "unused_until")] {
        let long_ago = format!(
            "UPDATE {table} SET {column} = '2026-01-01T00:00:00+00:00' WHERE {column} IS NOT NULL"
        );
        database.execute_unprepared(&long_ago).await.unwrap();
    }
    let _worker = app.worker(&[]).await;
    until("unused people are removed", async || count().await == 2).await;
}
