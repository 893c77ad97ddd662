//! State that several processes over one database share through Redis; without `TROUPE_TEST_REDIS_URL` these tests
//! check nothing.

use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use crate::{
    access::create_key,
    caller::{Caller, Heard},
    support::{ReservedPort, TestApp, until},
};

const VIEWER: &str = "{ viewer { role } }";
const REVOKE: &str = "mutation($id: ID!) { revokeApiKey(input: {id: $id}) { apiKey { id } } }";
const SEND: &str = "mutation { sendMessage(input: {message: \"Hello\"}) { run { id } } }";

#[tokio::test]
async fn a_revoked_key_is_refused_in_every_process_and_its_sockets_are_closed() {
    let app = TestApp::start().await;
    if !app.has_redis() {
        return;
    }
    let second = app.second(&[]).await;
    let (id, secret) = create_key(&app.home.owner, "READER").await;
    let there = Caller::nobody(&app).with_key(&secret).at(&second.url);
    let mut socket = there.connect().await;
    assert_eq!(socket.hear().await, Heard::Acknowledged);
    there.ask(VIEWER, json!({})).await.data();
    app.home.owner.ok(REVOKE, json!({"id": id})).await;
    assert_eq!(socket.hear().await, Heard::Closed(4403));
    assert_eq!(
        there.ask(VIEWER, json!({})).await.code(),
        "UNAUTHENTICATED",
        "whatever the process had cached of the key"
    );
    assert_eq!(there.connect().await.hear().await, Heard::Closed(4401));
}

#[tokio::test]
async fn a_rate_limit_is_shared_by_all_processes() {
    let slow = [
        ("TROUPE_LIMITS_MESSAGES_PER_MINUTE", "1"),
        ("TROUPE_LIMITS_MESSAGE_BURST", "4"),
    ];
    let app = TestApp::with(&slow).await;
    if !app.has_redis() {
        return;
    }
    let second = app.second(&slow).await;
    let here = Caller::of(&app, &app.home.member);
    let there = here.clone().at(&second.url);
    let mut codes = Vec::new();
    for caller in [&here, &there, &here, &there, &here, &there] {
        codes.push(caller.ask(SEND, json!({})).await.code().to_owned());
    }
    assert_eq!(codes, ["", "", "", "", "RATE_LIMITED", "RATE_LIMITED"]);
}

#[tokio::test]
async fn a_persisted_query_registered_in_one_process_is_found_in_others() {
    let app = TestApp::start().await;
    if !app.has_redis() {
        return;
    }
    let second = app.second(&[]).await;
    let query = "{ viewer { role account { name } } }";
    let hash = data_encoding::HEXLOWER.encode(&Sha256::digest(query));
    let extensions = json!({"persistedQuery": {"version": 1, "sha256Hash": hash}});
    let http = reqwest::Client::builder().no_proxy().build().unwrap();
    let ask = async |url: &str, body: Value| {
        let request = http.post(format!("{url}/graphql")).json(&body);
        let request = request.bearer_auth(app.home.reader.key());
        let reply: Value = request.send().await.unwrap().json().await.unwrap();
        reply
    };
    let by_hash = json!({"extensions": extensions});
    let unknown = ask(&second.url, by_hash.clone()).await;
    let code = &unknown["errors"][0]["extensions"]["code"];
    assert_eq!(code, "PERSISTED_QUERY_NOT_FOUND");
    let taught = ask(&app.url, json!({"query": query, "extensions": extensions})).await;
    assert_eq!(taught["data"]["viewer"]["role"], "READER");
    assert_eq!(ask(&second.url, by_hash).await, taught);
}

#[tokio::test]
async fn the_readiness_probe_reports_whether_redis_is_reachable() {
    let app = TestApp::start().await;
    let probe = async |url: &str| {
        let reply = reqwest::get(format!("{url}/readyz")).await.unwrap();
        let status = reply.status().as_u16();
        let body: Value = reply.json().await.unwrap();
        (status, body["checks"]["redis"].clone())
    };
    if app.has_redis() {
        assert_eq!(
            probe(&app.url).await,
            (200, json!({"ready": true, "required": false}))
        );
    } else {
        assert_eq!(probe(&app.url).await, (200, Value::Null));
    }
    // An unreachable Redis: the process works with less, and reports it.
    let free = ReservedPort::new();
    let url = format!("redis://{}", free.address());
    let alone = app.second(&[("TROUPE_REDIS_URL", url.as_str())]).await;
    let (status, redis) = probe(&alone.url).await;
    assert_eq!(status, 200);
    assert_eq!(redis["ready"], false);
    assert_eq!(
        redis["reason"],
        "Redis does not answer; check TROUPE_REDIS_URL and that it runs"
    );
    let caller = Caller::of(&app, &app.home.member).at(&alone.url);
    until("it goes on alone", async || {
        caller.ask(SEND, json!({})).await.code().is_empty()
    })
    .await;
}
