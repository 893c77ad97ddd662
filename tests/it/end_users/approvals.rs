//! Tool calls that the end user approves: by the person who chats, by the account's server for that person, and by no other
//! caller.

use serde_json::{Value, json};

use super::{REVOKE, begin, browser, with_token};
use crate::{
    chat::{ended, read_to, send},
    support::{Client, Reply, Script, TestApp, ToolServer, until},
    tools::{LOCAL, calls_of, register, told},
};

const CHAT: &str = "subscription($input: ChatInput!) { chat(input: $input) { __typename runId
    ... on ToolCallUpdated { toolCall { id tool status approval { approver argumentsDigest expiresAt arguments { name text } } } }
    ... on RunSucceeded { message { text } } } }";
const RESOLVE: &str = "mutation($input: ResolveToolCallInput!) { resolveToolCall(input: $input) { toolCall { id status } } }";
const GRANT: &str = "mutation($input: GrantToolsInput!) { grantTools(input: $input) { agent { toolGrants { tools policy approver } } } }";
const PENDING: &str =
    "{ pendingApprovals { totalCount nodes { id approval { argumentsDigest } } } }";

/// An account whose end users approve the calls of `write`.
struct Office {
    app: TestApp,
    tools: ToolServer,
    server: String,
}

impl Office {
    async fn open() -> Self {
        let app = TestApp::with(&[LOCAL]).await;
        let tools = ToolServer::start().await;
        let server = register(&app.home.admin, "Workshop", &tools.url).await;
        let office = Self { app, tools, server };
        let granted = office.grant("APPROVE", "END_USER").await;
        let grants = &granted.data()["grantTools"]["agent"]["toolGrants"];
        let of_test = json!({"tools": ["write"], "policy": "APPROVE", "approver": "END_USER"});
        assert!(grants.as_array().unwrap().contains(&of_test), "{grants}");
        office
    }

    async fn grant(&self, policy: &str, approver: &str) -> Reply {
        let input = json!({"agentId": self.app.home.agent, "serverId": self.server, "tools": ["write"],
            "policy": policy, "approver": approver});
        self.app
            .home
            .admin
            .ask(GRANT, json!({"input": input}))
            .await
    }

    /// A run of this end user that waits for a decision; returns its id and the call, as the account's server sees it.
    async fn waiting(&self, end_user: &str, arguments: Value) -> (String, Value) {
        self.app
            .upstream
            .will(Script::calls(&[("workshop__write", arguments)]));
        let home = &self.app.home;
        let input = json!({"message": "Write.", "agentId": home.agent, "endUser": end_user});
        let (run, _) = send(&home.member, input).await;
        until("a call waits", async || {
            let calls = calls_of(&home.reader, &run).await;
            calls
                .first()
                .is_some_and(|call| call["status"] == "AWAITING_APPROVAL")
        })
        .await;
        let call = calls_of(&home.reader, &run).await.remove(0);
        (run, call)
    }
}

/// Decides about a call; `more` are further members of the input.
async fn resolve(client: &Client, call: &Value, approve: bool, more: Value) -> Reply {
    let mut input = json!({"toolCallId": call["id"], "approve": approve, "argumentsDigest": call["argumentsDigest"]});
    let more = more.as_object().unwrap().clone();
    input.as_object_mut().unwrap().extend(more);
    client.ask(RESOLVE, json!({"input": input})).await
}

fn assert_refused(reply: &Reply, code: &str, path: &str) {
    assert_eq!(reply.code(), code, "{reply:?}");
    assert!(
        path.is_empty() || reply.problem_paths() == [path],
        "{reply:?}"
    );
}

/// The calls that wait for this caller.
async fn waiting_for(client: &Client) -> Value {
    client.ok(PENDING, json!({})).await["pendingApprovals"].clone()
}

/// Every decision about Ada's call that is not hers is refused.
async fn assert_only_hers(office: &Office, ada: &Client, call: &Value) {
    let (app, home) = (&office.app, &office.app.home);
    let none = json!({});
    let bob = browser(app, "bob").await;
    assert_eq!(
        waiting_for(&bob).await,
        json!({"totalCount": 0, "nodes": []})
    );
    // a restricted session of the same person may not talk to the agent, so it does not approve for it either
    let create = "mutation { createAgent(input: {template: \"support_agent\", tier: \"standard\", name: \"Other\"}) { agent { id } } }";
    let other = home.admin.ok(create, json!({})).await;
    let other = json!({"endUser": "ada", "agentIds": [other["createAgent"]["agent"]["id"]]});
    let restricted = with_token(app, &begin(app, other).await);
    let others_digest = json!({"argumentsDigest": "0".repeat(64)});
    for (client, more, code, path) in [
        (&bob, none.clone(), "NOT_FOUND", ""),
        (&app.anonymous, none.clone(), "UNAUTHENTICATED", ""),
        (&restricted, none, "FORBIDDEN", ""),
        (
            ada,
            json!({"endUser": "bob"}),
            "BAD_USER_INPUT",
            "input.endUser",
        ),
        (
            ada,
            others_digest,
            "BAD_USER_INPUT",
            "input.argumentsDigest",
        ),
    ] {
        assert_refused(&resolve(client, call, true, more).await, code, path);
    }
    assert_eq!(office.tools.calls().len(), 0);
}

/// The call and the audit log name the person who approved.
async fn assert_logged(office: &Office, call: &Value, run: &Value, person: &Value) {
    let home = &office.app.home;
    let calls = calls_of(&home.reader, run.as_str().unwrap()).await;
    assert_eq!(calls[0]["resolvedBy"], *person);
    let log =
        "query($id: ID!) { auditLog(filter: {subject: $id}) { nodes { actor action detail } } }";
    let log = home.admin.ok(log, json!({"id": call["id"]})).await;
    let entries = log["auditLog"]["nodes"].as_array().unwrap();
    let with = |action: &str| entries.iter().position(|entry| entry["action"] == action);
    let decided = &entries[with("resolveToolCall").unwrap()];
    assert_eq!(decided["actor"], *person);
    assert_eq!(decided["detail"]["approver"], "END_USER");
    let made = &entries[with("toolCall").unwrap()];
    assert_eq!(made["detail"]["approvedBy"], *person);
}

#[tokio::test]
async fn an_end_user_approves_its_own_call_and_reads_what_it_approves() {
    let office = Office::open().await;
    let (app, home) = (&office.app, &office.app.home);
    let made = begin(app, json!({"endUser": "ada"})).await;
    let ada = with_token(app, &made);
    let approvals = "subscription { toolApprovals { id status approval { argumentsDigest } } }";
    let mut own = ada.subscribe(approvals, json!({})).await;
    let arguments = json!({"text": "Dear Bob"});
    app.upstream
        .will(Script::calls(&[("workshop__write", arguments)]));
    let input = json!({"message": "Write.", "agentId": home.agent});
    let mut stream = ada.subscribe(CHAT, json!({"input": input})).await;
    let seen = read_to("ToolCallUpdated", "chat", &mut stream).await;
    let shown = seen.last().unwrap()["toolCall"].clone();
    let approval = &shown["approval"];
    assert_eq!(shown["status"], "AWAITING_APPROVAL");
    assert_eq!(approval["approver"], "END_USER");
    assert!(approval["expiresAt"].is_string());
    assert_eq!(
        approval["arguments"],
        json!([{"name": "text", "text": "Dear Bob"}])
    );
    let call = json!({"id": shown["id"], "argumentsDigest": approval["argumentsDigest"]});
    let node = json!({"id": call["id"], "approval": {"argumentsDigest": call["argumentsDigest"]}});
    assert_eq!(
        waiting_for(&ada).await,
        json!({"totalCount": 1, "nodes": [node]})
    );
    let first = own.next().await.unwrap().data()["toolApprovals"].clone();
    assert_eq!(first["id"], call["id"]);
    assert_only_hers(&office, &ada, &call).await;

    app.upstream.will(Script::says(&["Written."]));
    let resolved = resolve(&ada, &call, true, json!({})).await;
    let status = &resolved.data()["resolveToolCall"]["toolCall"]["status"];
    assert_eq!(status, "RUNNING");
    let end = read_to("RunSucceeded", "chat", &mut stream).await;
    assert_eq!(end.last().unwrap()["message"]["text"], "Written.");
    assert_eq!(office.tools.count("write"), 1);
    let again = own.next().await.unwrap().data()["toolApprovals"].clone();
    assert_eq!(again["id"], call["id"]);
    let repeated = resolve(&ada, &call, true, json!({})).await;
    assert_refused(&repeated, "CONFLICT", "");
    let person = &made["session"]["endUser"]["id"];
    assert_logged(&office, &call, &seen[0]["runId"], person).await;

    // a revoked session decides about nothing
    let (_, next) = office.waiting("ada", json!({"text": "x"})).await;
    let revoked = json!({"input": {"sessionId": made["session"]["id"]}});
    home.admin.ok(REVOKE, revoked).await;
    let revoked = resolve(&ada, &next, true, json!({})).await;
    assert_refused(&revoked, "UNAUTHENTICATED", "");
}

fn named(end_user: &str) -> Value {
    json!({"endUser": end_user})
}

#[tokio::test]
async fn the_accounts_keys_decide_for_an_end_user_only_by_name() {
    let office = Office::open().await;
    let (app, home) = (&office.app, &office.app.home);
    let (run, call) = office.waiting("ada", json!({"text": "x"})).await;
    let idle = office.grant("AUTO", "END_USER").await;
    assert_eq!(idle.problem_paths(), ["input.approver"]);
    for (client, more, code, path) in [
        (&home.reader, named("ada"), "FORBIDDEN", ""),
        (&home.member, json!({}), "FORBIDDEN", ""),
        (&home.member, named("bob"), "NOT_FOUND", ""),
        (&home.member, named(""), "BAD_USER_INPUT", "input.endUser"),
        (&home.admin, json!({}), "BAD_USER_INPUT", "input.endUser"),
        (&home.admin, named("bob"), "NOT_FOUND", ""),
        (&app.stranger.owner, named("ada"), "NOT_FOUND", ""),
    ] {
        assert_refused(&resolve(client, &call, true, more).await, code, path);
    }
    app.upstream.will(Script::says(&["Written."]));
    let decided = resolve(&home.member, &call, true, named("ada")).await;
    decided.data();
    let end = ended(&home.reader, &run).await;
    assert_eq!(end["message"]["text"], "Written.");
    let by = &calls_of(&home.reader, &run).await[0]["resolvedBy"];
    assert!(by.as_str().unwrap().starts_with("key_"), "{by}");

    // the staff refuses without a name
    let (run, call) = office.waiting("ada", json!({"text": "x"})).await;
    app.upstream.will(Script::says(&["Then not."]));
    let comment = json!({"comment": "Not today."});
    resolve(&home.admin, &call, false, comment).await.data();
    ended(&home.reader, &run).await;
    let asked = app.upstream.asked();
    assert!(told(asked.last().unwrap()).contains("Not today."));
    assert_staff_is_asked(&office).await;
}

/// What cannot be shown whole is the staff's to approve, and what the grant gives the staff since.
async fn assert_staff_is_asked(office: &Office) {
    let (app, home) = (&office.app, &office.app.home);
    let ada = browser(app, "ada").await;
    let long = json!({"text": "x".repeat(9_000)});
    let (run, call) = office.waiting("ada", long).await;
    assert_eq!(waiting_for(&ada).await["totalCount"], 0);
    let own = "query($id: ID!) { run(id: $id) { toolCalls { approval { approver } } } }";
    let seen = ada.ok(own, json!({"id": run})).await;
    assert_eq!(seen["run"]["toolCalls"], json!([{"approval": null}]));
    for (client, more) in [(&ada, json!({})), (&home.member, named("ada"))] {
        let refused = resolve(client, &call, true, more).await;
        assert_refused(&refused, "FORBIDDEN", "");
    }
    app.upstream.will(Script::says(&["Written."]));
    resolve(&home.admin, &call, true, json!({})).await.data();
    ended(&home.reader, &run).await;
    assert_eq!(office.tools.count("write"), 2);

    let (run, call) = office.waiting("ada", json!({"text": "x"})).await;
    office.grant("APPROVE", "STAFF").await.data();
    app.upstream.will(Script::says(&["I may not."]));
    resolve(&ada, &call, true, json!({})).await.data();
    ended(&home.reader, &run).await;
    assert_eq!(calls_of(&home.reader, &run).await[0]["status"], "DENIED");
    assert_eq!(office.tools.count("write"), 2);
}
