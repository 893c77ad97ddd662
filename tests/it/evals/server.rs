//! Cases against a running server, with a key of its account.

use serde_json::json;
use troupe::app::eval::EvalOptions;

use super::{EvalFolder, case, evaluate, json as json_of, options};
use crate::{
    agent::create,
    support::{Script, TestApp},
    template::{publish, template},
};

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

/// An agent of a version of a template.
async fn agent_of_version(app: &TestApp, slug: &str, version: &str) {
    let agent = json!({"template": "guide", "templateVersion": version, "tier": "standard",
        "name": slug, "slug": slug});
    create(&app.home.admin, agent).await;
}

#[tokio::test]
async fn agents_of_two_versions_are_compared_on_a_running_server() {
    let app = TestApp::start().await;
    for (version, answer) in [("1.0.0", "kind"), ("2.0.0", "quick")] {
        let mut guide = template("guide", version);
        guide["systemPrompt"] = format!("Be {answer}.").into();
        publish(&app.operator, guide).await.data();
    }
    agent_of_version(&app, "guide", "2.0.0").await;
    app.upstream
        .thinks(|request| Script::says(&[request["messages"][0]["content"].as_str().unwrap()]));
    let folder = EvalFolder::new();
    let file = folder.write(
        "cases.yaml",
        "agents: [{slug: guide, template: guide, tier: standard}]
cases:
  - {name: kind, message: Who are you?, agent: guide, expect: {contains: kind}}
  - {name: quick, message: How are you?, agent: guide, expect: {contains: quick}}
",
    );
    let against = |version: &str| EvalOptions {
        url: Some(app.url.clone()),
        against: Some(version.to_owned()),
        ..options(std::slice::from_ref(&file))
    };
    let key = [("TROUPE_API_KEY", app.home.member.key())];
    let folder = folder.path("");
    let missing = evaluate(&folder, &key, against("guide@1.0.0")).await;
    let missing = missing.unwrap_err();
    assert!(
        format!("{missing:?}").contains("no agent of guide@1.0.0"),
        "{missing:?}"
    );
    agent_of_version(&app, "guide-before", "1.0.0").await;
    let report = evaluate(&folder, &key, against("1.0.0")).await.unwrap();
    assert!(!report.passes_gate(), "{}", report.text());
    let comparison = &json_of(&report)["comparison"];
    let worse = comparison["worse"].as_array().unwrap();
    assert_eq!((worse.len(), &worse[0]["name"]), (1, &json!("kind")));
    // the case that passes now does not make the other one better
    assert_eq!(comparison["accuracy"], 0.5, "{comparison}");
    let report = evaluate(&folder, &key, against("2.0.0")).await.unwrap();
    assert!(report.passes_gate(), "{}", report.text());
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
