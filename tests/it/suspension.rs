//! A suspended account: refused everywhere, with its connections and runs ended, until it is resumed.

use serde_json::{Value, json};

use crate::{
    caller::{Caller, Heard},
    chat::{CHAT, ended},
    end_users::{VIEWER, begin, with_token},
    support::{Client, Script, TestApp},
};

const SUSPEND: &str = "mutation($id: ID!, $reason: String) { suspendAccount(input: {id: $id, reason: $reason}) { account { suspendedAt } } }";
const RESUME: &str =
    "mutation($id: ID!) { resumeAccount(input: {id: $id}) { account { suspendedAt } } }";

async fn account_of(client: &Client) -> Value {
    let viewer = client.ok("{ viewer { account { id } } }", json!({})).await;
    viewer["viewer"]["account"]["id"].clone()
}

fn assert_suspended(reply: &crate::support::Reply) {
    assert_eq!(reply.code(), "FORBIDDEN", "{reply:?}");
    assert!(
        reply.message().contains("the account is suspended"),
        "{reply:?}"
    );
}

#[tokio::test]
#[expect(
    clippy::too_many_lines,
    reason = "one account, from its suspension to its end"
)]
async fn a_suspended_account_is_refused_and_its_streams_and_runs_end_in_every_process() {
    let app = TestApp::start().await;
    let second = app.second(&[]).await;
    // without Redis, processes tell each other nothing
    let elsewhere = if app.has_redis() {
        &second.url
    } else {
        &app.url
    };
    let home = &app.home;
    let account = account_of(&home.reader).await;
    let session = begin(&app, json!({"endUser": "ada"})).await;
    app.upstream.will(Script::default().text("Once").hang());
    let input = json!({"input": {"message": "Tell me a story"}});
    let mut socket = Caller::of(&app, &home.member)
        .at(elsewhere)
        .subscribe(CHAT, input)
        .await;
    let run = loop {
        let event = socket.answer().await.data()["chat"].clone();
        if event["__typename"] == "TokenDelta" {
            break event["runId"].clone();
        }
    };

    let suspended = app
        .operator
        .ok(SUSPEND, json!({"id": account, "reason": "unpaid"}))
        .await;
    assert!(suspended["suspendAccount"]["account"]["suspendedAt"].is_string());
    let mut reason = Value::Null;
    let code = loop {
        match socket.hear().await {
            Heard::Closed(code) => break code,
            Heard::Answer(answer) if answer.get("errors").is_some() => {
                reason = answer["errors"][0]["message"].clone();
            }
            _ => {}
        }
    };
    assert_eq!((code, &reason), (4403, &json!("account suspended")));
    for client in [&home.owner, &home.member, &with_token(&app, &session)] {
        assert_suspended(&client.ask(VIEWER, json!({})).await);
    }
    account_of(&app.stranger.reader).await;

    let again = app.operator.ok(SUSPEND, json!({"id": account})).await;
    assert_eq!(again, suspended, "the first suspension counts");
    let resumed = app.operator.ok(RESUME, json!({"id": account})).await;
    assert_eq!(
        resumed["resumeAccount"]["account"],
        json!({"suspendedAt": null})
    );
    let stopped = ended(&home.member, run.as_str().unwrap()).await;
    assert_eq!(stopped["status"], "CANCELLED");
    let log = "{ auditLog(first: 10) { nodes { action actor detail } } }";
    let log = home.admin.ok(log, json!({})).await;
    let entries = log["auditLog"]["nodes"].as_array().unwrap();
    let of_suspension = |entry: &&Value| entry["action"] == "suspendAccount";
    let noted: Vec<_> = entries.iter().filter(of_suspension).collect();
    assert_eq!(noted.len(), 1);
    assert_eq!(noted[0]["detail"]["reason"], "unpaid");
    assert!(
        entries
            .iter()
            .any(|entry| entry["action"] == "resumeAccount")
    );
}

#[tokio::test]
async fn the_operators_own_account_cannot_be_suspended() {
    let app = TestApp::start().await;
    let own = account_of(&app.operator).await;
    let refused = app.operator.ask(SUSPEND, json!({"id": own})).await;
    assert_eq!(refused.code(), "CONFLICT", "{refused:?}");
    let unknown = json!({"id": "account_01h455vb4pex5vsknk084sn02q"});
    for mutation in [SUSPEND, RESUME] {
        let refused = app.operator.ask(mutation, unknown.clone()).await;
        assert_eq!(refused.code(), "NOT_FOUND", "{refused:?}");
    }
}
