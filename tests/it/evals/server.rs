//! Cases against a running server, with a key of its account.

use serde_json::json;
use troupe::app::eval::EvalOptions;

use super::{EvalFolder, case, evaluate, json as json_of, options};
use crate::support::{Script, TestApp};

const CASES: &str = "
agents:
  - {slug: support, template: support_agent, tier: standard}
  - {slug: helper, template: support_agent, tier: standard}
  - {slug: sales, template: sales_agent, tier: startup}
cases:
  - {name: by slug, message: What is it?, agent: support, expect: {contains: It is a bike.}}
  - {name: by template, message: What is it called?, agent: helper, expect: {contains: It is a bike.}}
  - {name: unknown, message: Where is it?, agent: sales, expect: {contains: It is a bike.}}
  - {name: scripted, message: Whose is it?, script: [{text: Ours.}], expect: {contains: Ours.}}
";

#[tokio::test]
async fn cases_run_against_a_running_server() {
    let app = TestApp::start().await;
    for _ in 0..2 {
        app.upstream.will(Script::says(&["It is ", "a bike."]));
    }
    let folder = EvalFolder::new();
    let file = folder.write("cases.yaml", CASES);
    let options = EvalOptions {
        url: Some(app.url.clone()),
        concurrency: 1,
        ..options(&[file])
    };
    let key = [("TROUPE_API_KEY", app.home.member.key())];
    let report = evaluate(&folder.path(""), &key, options.clone())
        .await
        .unwrap();
    let found = json_of(&report);
    assert_eq!(
        case(&found, "by slug")["status"],
        "PASSED",
        "{}",
        report.text()
    );
    assert_eq!(
        case(&found, "by template")["status"],
        "PASSED",
        "{}",
        report.text()
    );
    let unknown = case(&found, "unknown");
    assert_eq!(
        unknown["reasons"],
        json!(["the account has no agent \"sales\""])
    );
    assert_eq!(case(&found, "scripted")["status"], "SKIPPED");
    // usage as the server reports it
    let tokens = found["summary"]["usage"]["inputTokens"].as_i64();
    assert!(tokens >= Some(22), "{tokens:?}");
    assert_eq!(found["summary"]["latency"]["answer"]["count"], 2);

    let error = evaluate(&folder.path(""), &[], options.clone())
        .await
        .unwrap_err();
    assert!(
        error.message().contains("TROUPE_API_KEY"),
        "{}",
        error.message()
    );
    let wrong = [("TROUPE_API_KEY", "wrong")];
    let error = evaluate(&folder.path(""), &wrong, options)
        .await
        .unwrap_err();
    assert!(
        error.message().contains("UNAUTHENTICATED"),
        "{}",
        error.message()
    );
}

#[tokio::test]
async fn a_case_that_takes_too_long_is_broken_and_the_next_one_runs() {
    let app = TestApp::start().await;
    app.upstream.will(Script::says_nothing());
    app.upstream.will(Script::says(&["Hello."]));
    let folder = EvalFolder::new();
    let file = folder.write(
        "cases.yaml",
        "cases:
  - {name: waits, message: Are you there?, agent: support, timeoutSeconds: 1, expect: {contains: Hello.}}
  - {name: answers, message: Hello, agent: support, expect: {contains: Hello.}}
",
    );
    let options = EvalOptions {
        url: Some(app.url.clone()),
        concurrency: 1,
        ..options(&[file])
    };
    let key = [("TROUPE_API_KEY", app.home.member.key())];
    let report = evaluate(&folder.path(""), &key, options).await.unwrap();
    let found = json_of(&report);
    let waits = case(&found, "waits");
    assert_eq!(waits["status"], "BROKEN");
    assert_eq!(
        waits["reasons"],
        json!(["took longer than its limit of 1 s"])
    );
    assert_eq!(
        case(&found, "answers")["status"],
        "PASSED",
        "{}",
        report.text()
    );
}
