//! The audit log: who did what, and that no change of the log goes unnoticed.

use sea_orm::{ConnectionTrait, DatabaseConnection, DbBackend};
use serde_json::{Value, json};
use tokio::process::Command;

use super::{at, registered, try_grant, try_refresh, try_remove, updated};
use crate::{
    caller::Caller,
    support::{Client, TestApp, ToolServer},
    tools::LOCAL,
};

async fn log(client: &Client, filter: Value) -> Vec<Value> {
    let query = "query($filter: AuditFilter) { auditLog(filter: $filter, first: 100) { nodes { id sequence at actor action subject agentId detail hash previousHash } } }";
    let found = client.ok(query, json!({"filter": filter})).await;
    found["auditLog"]["nodes"].as_array().unwrap().clone()
}

fn actions(log: &[Value]) -> Vec<&str> {
    log.iter()
        .map(|entry| entry["action"].as_str().unwrap())
        .collect()
}

/// An account with six entries.
async fn busy() -> (TestApp, ToolServer, Value) {
    let app = TestApp::with(&[LOCAL]).await;
    let tools = ToolServer::start().await;
    let admin = &app.home.admin;
    let server = registered(admin, at("Workshop", &tools.url)).await["id"].clone();
    let grant = json!({"agentId": app.home.agent, "serverId": server, "tools": ["find"], "policy": "APPROVE"});
    try_grant(admin, grant).await.data();
    updated(admin, &server, json!({"name": "Werkstatt"})).await;
    try_refresh(admin, &server).await.data();
    try_remove(admin, &server).await.data();
    (app, tools, server)
}

#[tokio::test]
async fn every_change_is_logged_with_actor_and_action() {
    let (app, _tools, _) = busy().await;
    let admin = &app.home.admin;
    let entries = log(admin, Value::Null).await;
    let ours: Vec<_> = actions(&entries)
        .into_iter()
        .filter(|action| !matches!(*action, "createApiKey" | "createAccount"))
        .collect();
    assert_eq!(
        ours,
        [
            "removeMcpServer",
            "refreshMcpServer",
            "updateMcpServer",
            "grantTools",
            "registerMcpServer",
            "createAgent"
        ]
    );
    // A chain, newest first, without gaps.
    for (number, pair) in entries.windows(2).enumerate() {
        assert_eq!(pair[0]["previousHash"], pair[1]["hash"], "{number}");
    }
    let length = i64::try_from(entries.len()).unwrap();
    for (entry, sequence) in entries.iter().zip((1..=length).rev()) {
        assert_eq!(entry["sequence"], sequence);
    }
    assert_eq!(entries.last().unwrap()["previousHash"], "0".repeat(64));
}

#[tokio::test]
async fn entries_are_filtered_by_actor_action_and_time() {
    let (app, _tools, server) = busy().await;
    let admin = &app.home.admin;

    let about = log(admin, json!({"subject": server})).await;
    assert_eq!(about.len(), 5);
    let granted = &log(admin, json!({"action": "grantTools"})).await[0];
    assert_eq!(granted["agentId"], app.home.agent);
    assert_eq!(granted["detail"]["tools"], json!(["find"]));
    assert_eq!(granted["detail"]["policy"], "APPROVE");
    let actor = granted["actor"].as_str().unwrap();
    assert!(actor.starts_with("key_"), "{actor}");
    assert_eq!(log(admin, json!({"actor": actor})).await.len(), 5);
    assert_eq!(
        actions(&log(admin, json!({"agentId": app.home.agent})).await),
        ["grantTools", "createAgent"]
    );
    let later = json!({"from": granted["at"]});
    assert_eq!(log(admin, later).await.len(), 4);
    assert!(
        log(admin, json!({"from": granted["at"], "to": granted["at"]}))
            .await
            .is_empty()
    );
    // The other account has a chain of its own.
    assert!(
        log(&app.stranger.admin, json!({"subject": server}))
            .await
            .is_empty()
    );
    let node = "query($id: ID!) { node(id: $id) { ... on AuditEntry { action } } }";
    let found = admin.ok(node, json!({"id": granted["id"]})).await;
    assert_eq!(found["node"]["action"], "grantTools");
    assert_eq!(
        app.home
            .reader
            .ask(node, json!({"id": granted["id"]}))
            .await
            .code(),
        "FORBIDDEN"
    );
    assert_eq!(
        app.stranger
            .admin
            .ok(node, json!({"id": granted["id"]}))
            .await["node"],
        Value::Null
    );
}

#[tokio::test]
async fn a_refused_change_leaves_no_entry() {
    let app = TestApp::with(&[LOCAL]).await;
    let tools = ToolServer::start().await;
    registered(&app.home.admin, at("Workshop", &tools.url)).await;
    let before = log(&app.home.admin, Value::Null).await;
    super::try_register(&app.home.admin, at("Workshop", &tools.url)).await;
    super::try_register(&app.home.member, at("Mine", &tools.url)).await;
    super::try_register(&app.home.admin, at(" ", &tools.url)).await;
    assert_eq!(log(&app.home.admin, Value::Null).await, before);
}

#[tokio::test]
async fn concurrent_changes_form_one_chain() {
    let app = TestApp::with(&[LOCAL]).await;
    let tools = ToolServer::start().await;
    let before = log(&app.home.admin, Value::Null).await.len();
    let names: Vec<_> = (0..20).map(|number| format!("Server {number}")).collect();
    let all = names
        .iter()
        .map(|name| registered(&app.home.admin, at(name, &tools.url)));
    futures::future::join_all(all).await;
    assert_eq!(log(&app.home.admin, Value::Null).await.len(), before + 20);
    let (whole, said) = verify(&app, None).await;
    assert!(whole, "{said}");
}

#[tokio::test]
async fn an_operators_changes_in_an_account_are_in_that_accounts_log() {
    let app = TestApp::with(&[LOCAL]).await;
    let tools = ToolServer::start().await;
    let inside = Caller::operator_in(&app, &app.home.id);
    let register = "mutation($input: RegisterMcpServerInput!) { registerMcpServer(input: $input) { mcpServer { id } } }";
    let input = at("Home's", &tools.url);
    inside.ask(register, json!({"input": input})).await.data();
    assert_eq!(
        log(&app.home.admin, json!({"action": "registerMcpServer"}))
            .await
            .len(),
        1
    );
    let own = app
        .operator
        .ok(
            "{ auditLog(filter: {action: \"registerMcpServer\"}) { totalCount } }",
            json!({}),
        )
        .await;
    assert_eq!(own["auditLog"]["totalCount"], 0);
}

/// Runs `troupe audit verify`; returns whether every log is valid, and the output.
async fn verify(app: &TestApp, account: Option<&str>) -> (bool, String) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_troupe"));
    command
        .args(["audit", "verify"])
        .env_clear()
        .env("TROUPE_DATABASE_URL", app.database_url());
    if let Some(account) = account {
        command.args(["--account", account]);
    }
    let done = command.output().await.unwrap();
    let said = format!(
        "{}{}",
        String::from_utf8_lossy(&done.stdout),
        String::from_utf8_lossy(&done.stderr)
    );
    (done.status.success(), said)
}

/// Removes the guards against changed entries, as the owner of the tables could.
async fn unguard(database: &DatabaseConnection) {
    let statements: &[&str] = match database.get_database_backend() {
        DbBackend::Postgres => &["DROP TRIGGER audit_entries_no_change ON audit_entries"],
        _ => &[
            "DROP TRIGGER audit_entries_no_update",
            "DROP TRIGGER audit_entries_no_delete",
        ],
    };
    for statement in statements {
        database.execute_unprepared(statement).await.unwrap();
    }
}

const HOME: &str = "account_id = (SELECT id FROM accounts WHERE name = 'Home')";

#[tokio::test]
async fn audit_entries_are_append_only() {
    let (app, _tools, _) = busy().await;
    let database = app.connect().await;
    for statement in [
        format!("UPDATE audit_entries SET actor = 'nobody' WHERE {HOME}"),
        format!("DELETE FROM audit_entries WHERE {HOME}"),
    ] {
        let refused = database.execute_unprepared(&statement).await.unwrap_err();
        assert!(refused.to_string().contains("only ever added"), "{refused}");
    }
    let (whole, said) = verify(&app, None).await;
    assert!(whole, "{said}");
    assert!(said.contains(&format!("{}: ", app.home.id)), "{said}");
}

#[tokio::test]
async fn every_tampering_is_detected_and_named() {
    for (tampering, said) in [
        (
            format!("UPDATE audit_entries SET actor = 'nobody' WHERE {HOME} AND sequence = 3"),
            "entry 3 (audit_",
        ),
        (
            format!("UPDATE audit_entries SET subject = NULL WHERE {HOME} AND sequence = 2"),
            "entry 2 (audit_",
        ),
        (
            format!("DELETE FROM audit_entries WHERE {HOME} AND sequence = 1"),
            "entry 1 is missing",
        ),
        (
            format!("DELETE FROM audit_entries WHERE {HOME} AND sequence IN (2, 3)"),
            "entries 2 to 3 are missing",
        ),
        (
            format!("DELETE FROM audit_entries WHERE {HOME} AND sequence > 4"),
            "the last ones, are missing",
        ),
        (
            format!("DELETE FROM audit_entries WHERE {HOME}"),
            "the last ones, are missing",
        ),
        (
            format!(
                "UPDATE audit_entries SET sequence = 99 WHERE {HOME} AND sequence = 2;
                 UPDATE audit_entries SET sequence = 2 WHERE {HOME} AND sequence = 3;
                 UPDATE audit_entries SET sequence = 3 WHERE {HOME} AND sequence = 99"
            ),
            "edited or moved",
        ),
    ] {
        let (app, _tools, _) = busy().await;
        let database = app.connect().await;
        unguard(&database).await;
        for statement in tampering.split(';') {
            database.execute_unprepared(statement).await.unwrap();
        }
        let (whole, found) = verify(&app, None).await;
        assert!(!whole && found.contains(said), "{tampering}: {found}");
        assert!(found.contains(&app.home.id), "{found}");
        let (whole, found) = verify(&app, Some(&app.stranger.id)).await;
        assert!(whole, "{found}");
        // Later entries do not hide it.
        let new = json!({"agentId": app.home.agent, "serverId": super::built_in(&app.home.admin, "tickets").await["id"], "tools": ["get_ticket"]});
        try_grant(&app.home.admin, new).await.data();
        let (whole, found) = verify(&app, Some(&app.home.id)).await;
        assert!(!whole, "{tampering}: {found}");
    }
}
