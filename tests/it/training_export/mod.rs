//! `troupe export`: rated answers as JSON Lines, with the consent of the account and of the person, without secrets.

mod consent;
mod lines;
mod refusals;

use std::process::{Output, Stdio};

use serde_json::{Value, json};
use tokio::process::Command;

use crate::support::{Client, TestApp};

/// Gives or withdraws the account's consent.
const CONSENT: &str = "mutation($input: UpdateAccountInput!) { updateAccount(input: $input) { account { trainingConsentAt } } }";

/// Runs `troupe export` for the home account of an app, with the access of its processes.
async fn export(app: &TestApp, arguments: &[&str]) -> Output {
    export_of(app, &app.home.id, arguments).await
}

/// Runs `troupe export` for an account.
async fn export_of(app: &TestApp, account: &str, arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_troupe"))
        .args(["export", "--account", account])
        .args(arguments)
        .current_dir(app.folder())
        .env_clear()
        .envs(app.of_processes())
        .env("TROUPE_LOG_FILTER", "error")
        .stdin(Stdio::null())
        .kill_on_drop(true)
        .output()
        .await
        .unwrap()
}

/// The lines of an export that succeeds, and its summary.
fn written(output: Output) -> (Vec<String>, String) {
    let summary = String::from_utf8(output.stderr).unwrap();
    assert!(output.status.success(), "{summary}");
    let lines = String::from_utf8(output.stdout).unwrap();
    (lines.lines().map(str::to_owned).collect(), summary)
}

/// The lines of an export that succeeds, as JSON.
fn json_of(output: Output) -> Vec<Value> {
    let (lines, _) = written(output);
    let parsed = lines.iter().map(|line| serde_json::from_str(line).unwrap());
    parsed.collect()
}

/// Gives or withdraws the consent of the home account.
async fn account_consents(app: &TestApp, is_given: bool) -> Value {
    let input = json!({"trainingConsent": is_given});
    let changed = app.home.owner.ok(CONSENT, json!({"input": input})).await;
    changed["updateAccount"]["account"]["trainingConsentAt"].clone()
}

/// Begins a session of a person of the home account with this consent, and returns since when the person consents.
async fn person_consents(app: &TestApp, person: &str, is_given: Option<bool>) -> Value {
    let mut input = json!({"endUser": person});
    if let Some(is_given) = is_given {
        input["trainingConsent"] = is_given.into();
    }
    let create = "mutation($input: CreateSessionInput!) { createSession(input: $input) { session { endUser { trainingConsentAt } } } }";
    let made = app.home.admin.ok(create, json!({"input": input})).await;
    made["createSession"]["session"]["endUser"]["trainingConsentAt"].clone()
}

/// Rates an answer.
async fn rate(client: &Client, answer: &str, value: &str, comment: Option<&str>) {
    let rate =
        "mutation($input: RateMessageInput!) { rateMessage(input: $input) { message { id } } }";
    let input = json!({"messageId": answer, "value": value, "comment": comment});
    client.ok(rate, json!({"input": input})).await;
}
