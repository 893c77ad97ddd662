//! Isolation of accounts over REST: every place that accepts an id, with a foreign one. The reply must equal that for an id
//! that never existed.

use std::collections::BTreeSet;

use reqwest::Method;
use serde_json::{Value, json};
use troupe::domain::{AccountId, AgentId, ConversationId};
use uuid::Uuid;

use super::{Rest, client::Answer, message};
use crate::{
    chat::{ended, send},
    support::{Account, TestApp},
};

/// A place that accepts an id, named by the operation and the parameter or the field.
type Place = (&'static str, &'static str);

const PLACES: &[Place] = &[
    ("listAgents", "account"),
    ("createAgent", "account"),
    ("createAgent", "fallbackAgentId"),
    ("getAgent", "account"),
    ("getAgent", "agent"),
    ("updateAgent", "account"),
    ("updateAgent", "agent"),
    ("updateAgent", "fallbackAgentId"),
    ("deleteAgent", "account"),
    ("deleteAgent", "agent"),
    ("chatWithAgent", "account"),
    ("chatWithAgent", "agent"),
    ("chatWithAgent", "conversationId"),
    ("chatWithOwnAgent", "agent"),
    ("chatWithOwnAgent", "conversationId"),
    ("chat", "account"),
    ("chat", "agentId"),
    ("chat", "conversationId"),
    ("chatInOwnAccount", "agentId"),
    ("chatInOwnAccount", "conversationId"),
    ("listTemplates", "account"),
];

/// An operation of the description: its id, method and path, and the fields of its body.
struct Described {
    id: String,
    method: Method,
    path: String,
    fields: Vec<String>,
}

fn described(openapi: &Value) -> Vec<Described> {
    let mut operations = Vec::new();
    for (path, item) in openapi["paths"].as_object().unwrap() {
        for (method, operation) in item.as_object().unwrap() {
            let schema = &operation["requestBody"]["content"]["application/json"]["schema"];
            let fields = schema["properties"].as_object();
            operations.push(Described {
                id: operation["operationId"].as_str().unwrap().to_owned(),
                method: method.to_uppercase().parse().unwrap(),
                path: path.clone(),
                fields: fields
                    .into_iter()
                    .flat_map(|fields| fields.keys().cloned())
                    .collect(),
            });
        }
    }
    operations
}

/// Everything of an account that a request could have changed.
async fn everything(account: &Account) -> Value {
    let query = "{ agents { totalCount nodes { id slug name status updatedAt deletedAt fallback { id } } }
        conversations { totalCount nodes { id updatedAt messages { totalCount } } } auditLog { totalCount } }";
    account.owner.ok(query, json!({})).await
}

/// Calls an operation with an id in a place, and valid values in all others.
async fn call(rest: &Rest, home: &Account, operation: &Described, place: &str, id: &str) -> Answer {
    let in_path = |name: &str, own: &str| {
        if place == name {
            id.to_owned()
        } else {
            own.to_owned()
        }
    };
    let path = operation
        .path
        .replace("{account}", &in_path("account", &home.id));
    let path = path.replace("{agent}", &in_path("agent", &home.agent));
    let mut body = match operation.id.as_str() {
        "createAgent" => json!({"template": "support_agent", "tier": "standard", "name": "Spy"}),
        "updateAgent" => json!({"name": "Taken"}),
        _ if operation.fields.is_empty() => Value::Null,
        _ => message("Hello", "spy"),
    };
    if operation.fields.iter().any(|field| field == place) {
        body[place] = id.into();
    }
    let body = Some(&body).filter(|body| !body.is_null());
    rest.call(operation.method.clone(), &path, body).await
}

#[tokio::test]
async fn a_foreign_id_gives_the_same_reply_as_an_unknown_id_and_changes_nothing() {
    let app = TestApp::start().await;
    let (home, stranger) = (&app.home, &app.stranger);
    let rest = Rest::of(&app, &home.owner).await;
    let (run, conversation) = send(&stranger.member, json!({"message": "Secret"})).await;
    ended(&stranger.member, &run).await;
    let ids = |place: &str| {
        let uuid = Uuid::now_v7();
        match place {
            "account" => (stranger.id.clone(), AccountId::from_uuid(uuid).to_string()),
            "conversationId" => (
                conversation.clone(),
                ConversationId::from_uuid(uuid).to_string(),
            ),
            _ => (stranger.agent.clone(), AgentId::from_uuid(uuid).to_string()),
        }
    };
    let (ours, theirs) = (everything(home).await, everything(stranger).await);
    let operations = described(rest.openapi());
    let mut seen = BTreeSet::new();
    for operation in &operations {
        let named = ["account", "agent"];
        let named = named
            .iter()
            .filter(|name| operation.path.contains(&format!("{{{name}}}")));
        let fields = operation.fields.iter().map(String::as_str);
        let fields = fields.filter(|field| field.ends_with("Id") && *field != "clientMessageId");
        for place in named.copied().chain(fields) {
            let (foreign, never) = ids(place);
            let refused = call(&rest, home, operation, place, &foreign).await;
            let unknown = call(&rest, home, operation, place, &never).await;
            refused.is_problem(404, "NOT_FOUND");
            assert_eq!(refused.body, unknown.body, "{} {place}", operation.id);
            seen.insert((operation.id.clone(), place.to_owned()));
        }
    }
    assert_eq!(
        everything(home).await,
        ours,
        "something was left behind at home"
    );
    assert_eq!(
        everything(stranger).await,
        theirs,
        "something changed at the stranger's"
    );
    let listed: BTreeSet<_> = PLACES
        .iter()
        .map(|(operation, place)| ((*operation).to_owned(), (*place).to_owned()))
        .collect();
    assert_eq!(
        seen, listed,
        "the places of the description, and those of this test"
    );
}

#[tokio::test]
async fn a_slug_and_a_message_key_of_another_account_reach_nothing_of_it() {
    let app = TestApp::start().await;
    let rest = Rest::of(&app, &app.home.admin).await;
    let stranger = rest.by(&app.stranger.admin);
    let input = json!({"template": "support_agent", "tier": "standard", "name": "Guarded"});
    stranger.post("/accounts/me/agents", &input).await.is(201);
    rest.get("/accounts/me/agents/guarded")
        .await
        .is_problem(404, "NOT_FOUND");
    rest.delete("/accounts/me/agents/guarded")
        .await
        .is_problem(404, "NOT_FOUND");
    let ours = rest.post("/chat", &message("Same", "one")).await;
    let theirs = stranger.post("/chat", &message("Same", "one")).await;
    assert_ne!(ours.is(200)["runId"], theirs.is(200)["runId"]);
    // and a cursor of their run is no place in ours
    let after = theirs.body["cursor"].as_str();
    let resumed = rest
        .chat("/chat", &message("Same", "one"), after)
        .await
        .rest()
        .await;
    assert_eq!(resumed[0].data["problems"][0]["path"], "after");
}
