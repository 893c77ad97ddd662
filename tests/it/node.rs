//! Any object by its id, and the validation of names.

use serde_json::{Value, json};
use troupe::domain::{AgentId, MessageId};
use uuid::Uuid;

use crate::{
    conversation::Exchange,
    knowledge::ingest,
    support::{Reply, TestApp},
};

const NODE: &str = "query($id: ID!) { node(id: $id) { __typename id } }";
const NODES: &str = "query($ids: [ID!]!) { nodes(ids: $ids) { __typename id } }";

fn problem(reply: &Reply) -> &Value {
    assert_eq!(reply.code(), "BAD_USER_INPUT", "{reply:?}");
    &reply.0["errors"][0]["extensions"]["problems"][0]["path"]
}

#[tokio::test]
async fn node_finds_every_type_that_has_an_id() {
    let app = TestApp::start().await;
    let said = Exchange::of(&app.home.member, json!({"message": "Hello"})).await;
    let query = "{ viewer { apiKey { id } } agentTemplate(name: \"support_agent\") { id } }";
    let more = app.home.owner.ok(query, json!({})).await;
    let key = more["viewer"]["apiKey"]["id"].as_str().unwrap();
    let template = more["agentTemplate"]["id"].as_str().unwrap();
    let note = json!({"agentId": app.home.agent, "title": "Note", "text": "Hello."});
    let document = ingest(&app.home.admin, note).await;
    let kinds = [
        ("Account", "account_", app.home.id.as_str()),
        ("Agent", "agent_", &app.home.agent),
        ("AgentTemplate", "template_", template),
        ("ApiKey", "key_", key),
        ("Conversation", "conversation_", &said.conversation),
        ("Document", "document_", document["id"].as_str().unwrap()),
        ("Message", "message_", &said.question),
        ("Message", "message_", &said.answer),
        ("Run", "run_", &said.run),
    ];
    for (kind, prefix, id) in kinds {
        assert!(id.starts_with(prefix), "{id}");
        let found = app.home.owner.ok(NODE, json!({"id": id})).await;
        assert_eq!(found["node"], json!({"__typename": kind, "id": id}));
    }
    let ids: Vec<_> = kinds.iter().map(|(_, _, id)| *id).collect();
    let found = app.home.owner.ok(NODES, json!({"ids": ids})).await;
    let expected: Vec<_> = kinds
        .iter()
        .map(|(kind, _, id)| json!({"__typename": kind, "id": id}))
        .collect();
    assert_eq!(found["nodes"], json!(expected));
}

#[tokio::test]
async fn nodes_keeps_the_order_of_the_ids_and_returns_null_for_unknown_ids() {
    let app = TestApp::start().await;
    let never = AgentId::from_uuid(Uuid::now_v7()).to_string();
    let message = MessageId::from_uuid(Uuid::now_v7()).to_string();
    let ids = [
        &app.home.agent,
        &never,
        &app.home.id,
        &app.stranger.agent,
        &message,
        &app.home.agent,
        &app.stranger.id,
    ];
    let found = app.home.reader.ok(NODES, json!({"ids": ids})).await;
    let here: Vec<_> = found["nodes"]
        .as_array()
        .unwrap()
        .iter()
        .map(|node| node["id"].clone())
        .collect();
    assert_eq!(
        json!(here),
        json!([
            app.home.agent,
            null,
            app.home.id,
            null,
            null,
            app.home.agent,
            null
        ])
    );
    assert_eq!(
        app.home.reader.ok(NODES, json!({"ids": []})).await["nodes"],
        json!([])
    );
}

#[tokio::test]
async fn nodes_accepts_at_most_100_ids_and_reports_the_invalid_one() {
    let app = TestApp::start().await;
    let many = vec![app.home.agent.as_str(); 100];
    let found = app.home.reader.ok(NODES, json!({"ids": many})).await;
    assert_eq!(found["nodes"].as_array().unwrap().len(), 100);
    let more = vec![app.home.agent.as_str(); 101];
    let refused = app.home.reader.ask(NODES, json!({"ids": more})).await;
    assert!(
        ["BAD_USER_INPUT", "TOO_COMPLEX"].contains(&refused.code()),
        "{refused:?}"
    );
    let wrong = app
        .home
        .reader
        .ask(NODES, json!({"ids": [app.home.agent, "nonsense"]}))
        .await;
    assert_eq!(problem(&wrong), "ids[1]");
    let unknown = app
        .home
        .reader
        .ask(NODES, json!({"ids": ["user_01h455vb4pex5vsknk084sn02q"]}))
        .await;
    assert_eq!(problem(&unknown), "ids[0]");
}

#[tokio::test]
async fn ids_sort_by_creation_time() {
    let app = TestApp::start().await;
    let create = "mutation { createAgent(input: {template: \"support_agent\", tier: \"standard\", name: \"Next\"}) { agent { id } } }";
    let mut ids = vec![app.home.agent.clone()];
    for _ in 0..10 {
        let made = app.home.admin.ok(create, json!({})).await;
        ids.push(
            made["createAgent"]["agent"]["id"]
                .as_str()
                .unwrap()
                .to_owned(),
        );
    }
    assert!(ids.is_sorted(), "{ids:?}");
}

/// Arguments for names, as `$text`, and their paths in problems.
const NAMES: [(&str, &str); 8] = [
    (
        "mutation($text: String!) { createAccount(input: {name: $text, tier: ENTRY}) { account { id } } }",
        "input.name",
    ),
    (
        "mutation($text: String!) { updateAccount(input: {name: $text}) { account { id } } }",
        "input.name",
    ),
    (
        "mutation($text: String!) { createApiKey(input: {name: $text, role: READER}) { apiKey { id } } }",
        "input.name",
    ),
    (
        "mutation($text: String!) {
            createAgent(input: {template: \"support_agent\", tier: \"standard\", name: $text}) { agent { id } }
        }",
        "input.name",
    ),
    (
        "mutation($text: String!, $agent: ID!) { updateAgent(input: {id: $agent, name: $text}) { agent { id } } }",
        "input.name",
    ),
    (
        "mutation($text: String!) { sendMessage(input: {message: \"Hello\", endUser: $text}) { run { id } } }",
        "input.endUser",
    ),
    (
        "mutation($text: String!) { sendMessage(input: {message: \"Hello\", clientMessageId: $text}) { run { id } } }",
        "input.clientMessageId",
    ),
    (
        "mutation($text: String!) { sendMessage(input: {message: \"Hello\", allowTools: [$text]}) { run { id } } }",
        "input.allowTools[0]",
    ),
];

#[tokio::test]
async fn an_unreadable_name_is_refused_in_every_argument() {
    let app = TestApp::start().await;
    let (long, far) = ("x".repeat(121), "ü".repeat(100_000));
    let texts = [
        "",
        " \u{3000} ",
        "a\u{0}b",
        "a\u{202e}b",
        "a\u{2066}b",
        "a\u{7}b",
        "two\nlines",
        "a\tb",
        long.as_str(),
        far.as_str(),
    ];
    for (query, path) in NAMES {
        let is_operators = query.contains("createAccount");
        let client = if is_operators {
            &app.operator
        } else {
            &app.home.owner
        };
        let give = async |text: &str| {
            let variables = json!({"text": text, "agent": app.home.agent});
            client.ask(query, variables).await
        };
        for text in texts {
            let refused = give(text).await;
            let shown: String = text.chars().take(20).collect();
            assert_eq!(problem(&refused), path, "{shown:?}");
            assert!(refused.message().len() < 300, "{}", refused.message());
            assert!(!refused.message().contains('\u{202e}'));
        }
        give(&"ü".repeat(120)).await.data();
    }
}

#[tokio::test]
async fn a_lone_surrogate_is_refused_before_execution() {
    let app = TestApp::start().await;
    let body = r#"{"query": "mutation { updateAccount(input: {name: \"a\\uD800b\"}) { account { name } } }"}"#;
    let variable = r#"{"query": "mutation($name: String!) { updateAccount(input: {name: $name}) { account { name } } }", "variables": {"name": "a\ud800b"}}"#;
    let http = reqwest::Client::builder().no_proxy().build().unwrap();
    for body in [body, variable] {
        let request = http
            .post(format!("{}/graphql", app.url))
            .bearer_auth(app.home.owner.key());
        let reply = request
            .header("content-type", "application/json")
            .body(body)
            .send()
            .await
            .unwrap();
        assert!(reply.status().is_client_error() || reply.status().is_success());
        let reply = Reply(reply.json().await.unwrap());
        assert!(
            ["BAD_USER_INPUT", "GRAPHQL_PARSE_FAILED"].contains(&reply.code()),
            "{reply:?}"
        );
    }
    assert_eq!(
        app.home.owner.ok("{ account { name } }", json!({})).await["account"]["name"],
        "Home"
    );
}

#[tokio::test]
async fn a_message_is_not_blank_and_has_a_maximum_length() {
    let app = TestApp::start().await;
    let send = "mutation($text: String!) { sendMessage(input: {message: $text}) { run { id } } }";
    let long = "ü".repeat(32_001);
    for text in ["", " \n\t ", "a\u{0}b", "a\u{202a}b", long.as_str()] {
        let refused = app.home.member.ask(send, json!({"text": text})).await;
        assert_eq!(problem(&refused), "input.message");
    }
    app.home
        .member
        .ok(send, json!({"text": "two\nlines\tand ümläuts 👋🏽"}))
        .await;
}
