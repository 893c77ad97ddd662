//! Agents as tools: called, followed, cancelled, called again.

use rmcp::{
    model::{CallToolResult, ClientRequest, NumberOrString, ServerResult},
    service::PeerRequestOptions,
};
use serde_json::{Value, json};

use super::{Peer, REVISIONS, params};
use crate::{
    support::{Script, TestApp, until},
    tools::grant,
};

async fn status(app: &TestApp, run: &str) -> Value {
    let query = "query($id: ID!) { run(id: $id) { status agent { id } message { text } } }";
    app.home.reader.ok(query, json!({"id": run})).await["run"].clone()
}

async fn runs(app: &TestApp) -> Vec<String> {
    let query =
        "{ conversations(first: 50) { nodes { messages(first: 10) { nodes { run { id } } } } } }";
    let found = app.home.reader.ok(query, json!({})).await;
    let conversations = found["conversations"]["nodes"].as_array().unwrap().clone();
    let messages = conversations.iter().flat_map(|conversation| {
        conversation["messages"]["nodes"]
            .as_array()
            .unwrap()
            .clone()
    });
    messages
        .map(|message| message["run"]["id"].as_str().unwrap().to_owned())
        .collect()
}

#[tokio::test]
async fn an_agent_called_as_a_tool_records_a_normal_run() {
    let app = TestApp::start().await;
    for revision in REVISIONS {
        let agents = Peer::connect(&app, "agents", app.home.member.key(), revision).await;
        assert_eq!(agents.tools().await, ["ask_support"]);
        let about = agents.definitions().await[0]["description"].clone();
        let about = about.as_str().unwrap();
        assert!(about.starts_with("Asks the agent \"Support\". "), "{about}");
        let outcome = agents
            .call("ask_support", json!({"message": "Hello"}))
            .await;
        let answer = outcome.ok();
        assert_eq!(answer["text"], "Hello from the scripted model.");
        assert_eq!(outcome.text(), "Hello from the scripted model.");
        assert_eq!(answer["citations"], json!([]));
        let run = status(&app, answer["runId"].as_str().unwrap()).await;
        assert_eq!(run["status"], "SUCCEEDED");
        assert_eq!(run["agent"]["id"], app.home.agent);
        assert_eq!(run["message"]["text"], answer["text"]);
        app.upstream.will(Script::echoes());
        let more = json!({"message": "And then?", "conversationId": answer["conversationId"]});
        let next = agents.ok("ask_support", more).await;
        assert_eq!(next["conversationId"], answer["conversationId"]);
        assert_eq!(next["text"], "And then?");
    }
}

#[tokio::test]
async fn only_active_agents_of_the_account_are_tools() {
    let app = TestApp::start().await;
    let agents = Peer::connect(&app, "agents", app.home.member.key(), REVISIONS[1]).await;
    let create = "mutation { createAgent(input: {template: \"sales_agent\", tier: \"startup\", name: \"Sales Berlin\", activate: true}) { agent { id } } }";
    let made = app.home.owner.ok(create, json!({})).await;
    let tools = async || {
        let fresh = Peer::connect(&app, "agents", app.home.member.key(), REVISIONS[1]).await;
        fresh.tools().await
    };
    assert_eq!(tools().await, ["ask_support", "ask_sales-berlin"]);
    let suspend = "mutation($id: ID!) { suspendAgent(input: {id: $id}) { agent { id } } }";
    let sales = made["createAgent"]["agent"]["id"].clone();
    app.home.owner.ok(suspend, json!({"id": sales})).await;
    assert_eq!(tools().await, ["ask_support"]);
    for gone in ["ask_sales-berlin", "ask_nobody", "support"] {
        let refused = agents.try_call(gone, json!({"message": "x"})).await;
        assert!(refused.unwrap_err().contains("unknown tool"), "{gone}");
    }
    let reader = Peer::connect(&app, "agents", app.home.reader.key(), REVISIONS[1]).await;
    let refused = reader.failure("ask_support", json!({"message": "x"})).await;
    assert!(refused.starts_with("FORBIDDEN: "), "{refused}");
    let foreign =
        json!({"message": "x", "conversationId": "conversation_01h455vb4pex5vsknk084sn02q"});
    let refused = agents.failure("ask_support", foreign).await;
    assert_eq!(refused, "NOT_FOUND: no such conversation");
    let wrong = agents
        .failure(
            "ask_support",
            json!({"message": "x", "context": {"nothing": 1}, "more": 2}),
        )
        .await;
    for path in ["context.nothing", "more"] {
        assert!(wrong.contains(path), "{wrong}");
    }
    assert_eq!(runs(&app).await, Vec::<String>::new());
}

#[tokio::test]
async fn partial_text_is_sent_as_progress() {
    let app = TestApp::start().await;
    for revision in REVISIONS {
        let mut agents = Peer::connect(&app, "agents", app.home.member.key(), revision).await;
        app.upstream
            .will(Script::default().text("One").gate().text(" two").done());
        let request = ClientRequest::CallToolRequest(rmcp::model::Request::new(params(
            "ask_support",
            json!({"message": "Count"}),
        )));
        let options = PeerRequestOptions::no_options();
        let handle = agents
            .client()
            .send_cancellable_request(request, options)
            .await
            .unwrap();
        let token = handle.progress_token.clone();
        let told = tokio::time::timeout(crate::support::PATIENCE, agents.progress.recv()).await;
        let told = told.unwrap().unwrap();
        assert_eq!(told.message.as_deref(), Some("One"), "{revision}");
        assert_eq!(told.progress_token, token);
        assert!(
            !matches!(told.progress_token.0, NumberOrString::String(ref text) if text.is_empty())
        );
        app.upstream.release(1);
        let ServerResult::CallToolResult(CallToolResult {
            structured_content, ..
        }) = handle.await_response().await.unwrap()
        else {
            panic!("no result of a call");
        };
        assert_eq!(structured_content.unwrap()["text"], "One two");
    }
}

#[tokio::test]
async fn a_cancelled_request_cancels_the_run() {
    let app = TestApp::start().await;
    for revision in REVISIONS {
        let mut agents = Peer::connect(&app, "agents", app.home.member.key(), revision).await;
        app.upstream.will(Script::default().text("One").hang());
        let before = runs(&app).await;
        let request = ClientRequest::CallToolRequest(rmcp::model::Request::new(params(
            "ask_support",
            json!({"message": "Count"}),
        )));
        let options = PeerRequestOptions::no_options();
        let handle = agents
            .client()
            .send_cancellable_request(request, options)
            .await
            .unwrap();
        let told = tokio::time::timeout(crate::support::PATIENCE, agents.progress.recv()).await;
        assert!(told.unwrap().is_some());
        handle
            .cancel(Some("changed my mind".to_owned()))
            .await
            .unwrap();
        until("the model is let go", || async { app.upstream.open() == 0 }).await;
        let now = runs(&app).await;
        let run = now.iter().find(|run| !before.contains(run)).unwrap();
        until("the run is cancelled", || async {
            status(&app, run).await["status"] == "CANCELLED"
        })
        .await;
    }
}

#[tokio::test]
async fn a_repeated_request_is_answered_once() {
    let app = TestApp::start().await;
    let agents = Peer::connect(&app, "agents", app.home.member.key(), REVISIONS[0]).await;
    let question = json!({"message": "Hello", "clientMessageId": "mine"});
    let answer = agents.ok("ask_support", question.clone()).await;
    assert_eq!(agents.ok("ask_support", question).await, answer);
    assert_eq!(app.upstream.asked().len(), 1);
    let other = agents
        .failure(
            "ask_support",
            json!({"message": "Other", "clientMessageId": "mine"}),
        )
        .await;
    assert!(
        other.starts_with("CONFLICT: clientMessageId: was used"),
        "{other}"
    );
}

#[tokio::test]
async fn a_failed_run_is_a_tool_error() {
    let app = TestApp::start().await;
    let agents = Peer::connect(&app, "agents", app.home.member.key(), REVISIONS[1]).await;
    for _ in 0..8 {
        app.upstream.will(Script::refuses(
            401,
            None,
            json!({"error": {"message": "secret words"}}),
        ));
    }
    let failed = agents
        .failure("ask_support", json!({"message": "Hello"}))
        .await;
    let code = failed.split(':').next().unwrap();
    assert!(
        !code.is_empty() && code.chars().all(|c| c.is_ascii_uppercase() || c == '_'),
        "{failed}"
    );
    assert!(!failed.contains("secret words"), "{failed}");
}

/// The id of a built-in server.
pub(crate) async fn built_in(app: &TestApp, kind: &str) -> String {
    let found = app
        .home
        .admin
        .ok("{ mcpServers(first: 50) { nodes { id type } } }", json!({}))
        .await;
    let servers = found["mcpServers"]["nodes"].as_array().unwrap().clone();
    let server = servers
        .iter()
        .find(|server| server["type"] == kind)
        .unwrap();
    server["id"].as_str().unwrap().to_owned()
}

fn new_ticket() -> Script {
    let ticket = json!({"subject": "Printer on fire", "description": "It burns."});
    Script::calls(&[("tickets__create_ticket", ticket)])
}

#[tokio::test]
async fn an_agent_uses_its_granted_built_in_tools() {
    let app = TestApp::start().await;
    let home = &app.home;
    let tickets = built_in(&app, "tickets").await;
    grant(
        &home.admin,
        &home.agent,
        &tickets,
        &["create_ticket"],
        "AUTO",
    )
    .await;
    let agents = Peer::connect(&app, "agents", home.member.key(), REVISIONS[1]).await;
    app.upstream.will(new_ticket());
    app.upstream
        .will(Script::says(&["Your ticket is number 1."]));
    let answer = agents
        .ok("ask_support", json!({"message": "My printer burns."}))
        .await;
    assert_eq!(answer["text"], "Your ticket is number 1.");
    let found = Peer::connect(&app, "tickets", home.reader.key(), REVISIONS[1]).await;
    let found = found.ok("find_tickets", json!({})).await;
    assert_eq!(found["tickets"][0]["subject"], "Printer on fire");
    let stranger = Peer::connect(&app, "tickets", app.stranger.owner.key(), REVISIONS[1]).await;
    assert_eq!(stranger.ok("count_tickets", json!({})).await["total"], 0);
}

#[tokio::test]
async fn a_caller_learns_that_approval_is_pending_and_retries() {
    let app = TestApp::start().await;
    let home = &app.home;
    let tickets = built_in(&app, "tickets").await;
    grant(
        &home.admin,
        &home.agent,
        &tickets,
        &["create_ticket"],
        "APPROVE",
    )
    .await;
    let agents = Peer::connect(&app, "agents", home.member.key(), REVISIONS[1]).await;
    app.upstream.will(new_ticket());
    let question = json!({"message": "My printer burns.", "clientMessageId": "mine"});
    let waits = agents.failure("ask_support", question.clone()).await;
    assert!(
        waits.starts_with("AWAITING_APPROVAL: a person has to decide"),
        "{waits}"
    );
    let pending = "{ pendingApprovals { nodes { id argumentsDigest } } }";
    let pending = home.admin.ok(pending, json!({})).await["pendingApprovals"]["nodes"][0].clone();
    app.upstream.will(Script::says(&["It is number 1."]));
    let resolve = "mutation($input: ResolveToolCallInput!) { resolveToolCall(input: $input) { toolCall { id } } }";
    let decision = json!({"toolCallId": pending["id"], "approve": true, "argumentsDigest": pending["argumentsDigest"]});
    home.admin.ok(resolve, json!({"input": decision})).await;
    // The call was approved, so the same question returns its answer.
    let answer = agents.ok("ask_support", question).await;
    assert_eq!(answer["text"], "It is number 1.");
}
