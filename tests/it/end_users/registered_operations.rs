//! Registered operations: the only documents of end users, where their account says so.

use data_encoding::HEXLOWER;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use super::{begin, read};
use crate::{
    caller::{Caller, Heard},
    support::{Reply, TestApp, until},
};

const REGISTER: &str = "mutation($operations: [OperationInput!]!) { registerOperations(input: {operations: $operations}) {
    operations { id name sha256Hash } } }";
const REMOVE: &str =
    "mutation($ids: [ID!]!) { unregisterOperations(input: {ids: $ids}) { deletedIds } }";
const LIST: &str = "{ registeredOperations(first: 1) { totalCount nodes { name document } } account { endUserOperations } }";
const ME: &str = "query Me { viewer { endUser { externalId } } }";
const CHANGES: &str = "subscription Changes { agentChanged { id } }";
const OTHER: &str = "query Other { viewer { role } }";

fn hash(document: &str) -> String {
    HEXLOWER.encode(&Sha256::digest(document))
}

async fn set(app: &TestApp, setting: &str) {
    let update = "mutation($to: EndUserOperations!) { updateAccount(input: {endUserOperations: $to}) { account { id } } }";
    app.home.owner.ok(update, json!({"to": setting})).await;
}

async fn send(caller: &Caller, body: Value) -> Reply {
    Reply(caller.post(&body).await.json().await.unwrap())
}

fn is_refused(reply: &Reply) -> bool {
    reply.code() == "FORBIDDEN" && reply.message().contains("registerOperations")
}

#[tokio::test]
async fn an_end_user_executes_registered_operations_only_where_the_account_says_so() {
    let app = TestApp::start().await;
    assert_not_registered(&app).await;
    let admin = &app.home.admin;
    let operations = json!([{"document": ME, "sha256Hash": hash(ME)}, {"document": CHANGES}]);
    let made = admin.ok(REGISTER, json!({"operations": operations})).await;
    let made = made["registerOperations"]["operations"].clone();
    assert_eq!(
        (&made[0]["name"], &made[1]["name"]),
        (&json!("Me"), &json!("Changes"))
    );
    assert_eq!(made[0]["sha256Hash"], hash(ME));
    let again = admin.ok(REGISTER, json!({"operations": operations})).await;
    assert_eq!(again["registerOperations"]["operations"], made);

    let made_of = begin(&app, json!({"endUser": "ada"})).await;
    let ada = Caller::nobody(&app).with_key(made_of["token"].as_str().unwrap());
    let by_hash = json!({"extensions": {"persistedQuery": {"version": 1, "sha256Hash": hash(ME)}}});
    let by_id = json!({"documentId": format!("sha256:{}", hash(ME))});
    let accepted = [json!({"query": ME}), by_hash, by_id];
    // before the switch, the hash of a registered operation suffices, and nothing is refused
    for body in accepted.iter().chain([&json!({"query": OTHER})]) {
        send(&ada, body.clone()).await.data();
    }
    set(&app, "REGISTERED").await;
    assert_over_http(&ada, &accepted).await;
    assert_over_streams(&app, &ada).await;

    // keys are not affected
    let owner = Caller::of(&app, &app.home.owner);
    send(&owner, json!({"query": OTHER})).await.data();
    send(&owner, json!({"documentId": hash(ME)})).await.data();
    let list = app.home.owner.ok(LIST, json!({})).await;
    assert_eq!(list["registeredOperations"]["totalCount"], 2);
    assert_eq!(list["registeredOperations"]["nodes"][0]["document"], ME);
    assert_eq!(list["account"]["endUserOperations"], "REGISTERED");

    // a change is used at the next request, in every process
    let second = if app.has_redis() {
        Some(app.second(&[]).await)
    } else {
        None
    };
    if let Some(second) = &second {
        let there = ada.clone().at(&second.url);
        assert!(is_refused(&send(&there, json!({"query": OTHER})).await));
    }
    admin
        .ok(REMOVE, json!({"ids": [read(&made[0]["id"])]}))
        .await;
    assert!(is_refused(&send(&ada, json!({"query": ME})).await));
    if let Some(second) = &second {
        let there = ada.clone().at(&second.url);
        let refused = async || is_refused(&send(&there, json!({"query": ME})).await);
        until("the other process has heard of it", refused).await;
    }
    set(&app, "ANY").await;
    send(&ada, json!({"query": ME})).await.data();
    let log = app.audit_log(&app.home.id).await;
    let actions: Vec<_> = log.iter().map(|entry| &*entry.note.action).collect();
    for action in ["registerOperations", "unregisterOperations"] {
        assert!(actions.contains(&action), "{actions:?}");
    }
}

/// Sends what an end user may execute where the account says so, and what it may not.
async fn assert_over_http(ada: &Caller, accepted: &[Value]) {
    for body in accepted {
        let reply = send(ada, body.clone()).await;
        assert_eq!(reply.data()["viewer"]["endUser"]["externalId"], "ada");
    }
    let unknown =
        json!({"extensions": {"persistedQuery": {"version": 1, "sha256Hash": hash("unknown")}}});
    for body in [
        json!({"query": OTHER}),
        json!({"query": format!("{ME} ")}),
        json!({"query": "{"}),
        json!({"documentId": hash(OTHER)}),
        unknown,
    ] {
        let refused = send(ada, body).await;
        assert!(is_refused(&refused), "{refused:?}");
    }
    let wrong = send(ada, json!({"query": ME, "documentId": hash(OTHER)})).await;
    assert_eq!(wrong.code(), "BAD_USER_INPUT");
}

/// Does the same on a socket and in a stream.
async fn assert_over_streams(app: &TestApp, ada: &Caller) {
    let mut socket = ada.subscribe(OTHER, json!({})).await;
    assert!(is_refused(&socket.answer().await));
    socket.subscribe(ME, json!({})).await;
    socket.answer().await.data();
    assert_eq!(socket.hear().await, Heard::Complete);
    socket.subscribe(CHANGES, json!({})).await;
    let rename =
        "mutation($id: ID!) { updateAgent(input: {id: $id, name: \"Help\"}) { agent { id } } }";
    let id = json!({"id": app.home.agent});
    let change = async || drop(app.home.admin.ok(rename, id.clone()).await);
    socket.answer_while(change).await.data();
    let streamed = ada
        .post_for("text/event-stream", &json!({"query": OTHER}))
        .await;
    let streamed = streamed.text().await.unwrap();
    assert!(streamed.contains("registerOperations"), "{streamed}");
}

/// Tries to register what end users could not execute.
async fn assert_not_registered(app: &TestApp) {
    let operations = json!([
        {"document": ME, "sha256Hash": hash(OTHER)},
        {"document": "query A { account { id } }"},
        {"document": "query A { viewer { nonsense } }"},
        {"document": "{ viewer { role } }"},
        {"document": OTHER},
    ]);
    let refused = app
        .home
        .admin
        .ask(REGISTER, json!({"operations": operations}))
        .await;
    assert_eq!(
        refused.problem_paths(),
        [
            "input.operations[0].sha256Hash",
            "input.operations[1].document",
            "input.operations[2].document",
            "input.operations[3].document"
        ]
    );
    let many: Vec<_> = (0..101)
        .map(|number| json!({"document": format!("query Q{number} {{ viewer {{ role }} }}")}))
        .collect();
    for operations in [json!([]), json!(many)] {
        let refused = app
            .home
            .admin
            .ask(REGISTER, json!({"operations": operations}))
            .await;
        assert_eq!(refused.problem_paths(), ["input.operations"]);
    }
    let list = app.home.owner.ok(LIST, json!({})).await;
    assert_eq!(list["registeredOperations"]["totalCount"], 0);
}
