//! What is counted, under which names, and that no series belongs to an account.

use std::collections::BTreeSet;

use futures::future::join_all;
use serde_json::{Value, json};

use super::{scrape::Scrape, table::documented};
use crate::{
    chat::ask,
    support::{Client, EMBEDDINGS, ReservedPort, Script, TestApp, until},
};

/// Does what a customer does: an answer, an unknown agent, a wrong document, a text to read.
async fn use_agent(client: &Client, agent: &Value) {
    ask(client, json!({"message": "Hello?", "agentId": agent})).await;
    let missing = "mutation { activateAgent(input: {id: \"agent_01h455vb4pex5vsknk084sn02q\"}) { agent { id } } }";
    assert_eq!(client.ask(missing, json!({})).await.code(), "NOT_FOUND");
    client.ask("{ nothing }", json!({})).await;
    let document = "mutation($agent: ID!) { ingestDocument(input: {agentId: $agent, title: \"Hours\", \
                    text: \"The shop opens at nine.\"}) { document { id } } }";
    client.ok(document, json!({"agent": agent})).await;
}

/// The provider answers, and refuses messages that ask for it.
fn answer_and_refuse(app: &TestApp) {
    app.upstream.thinks(|request| {
        let text = request["messages"].to_string();
        if text.contains("fail") {
            return Script::refuses(403, None, json!({"error": {"message": "no"}}));
        }
        Script::says(&["Good ", "morning."])
    });
}

#[tokio::test]
#[expect(clippy::too_many_lines, reason = "one story")]
async fn metrics_have_the_documented_names_kinds_and_labels_and_no_others() {
    let app = TestApp::with(&[EMBEDDINGS]).await;
    let port = ReservedPort::new();
    let addr = port.address().to_string();
    let worker = app
        .worker(&[EMBEDDINGS, ("TROUPE_PROBES_ADDR", &addr)])
        .await;
    answer_and_refuse(&app);
    let agent = json!(app.home.agent);
    let (admin, member) = (&app.home.admin, &app.home.member);
    use_agent(admin, &agent).await;
    let failing = json!({"message": "fail, please", "agentId": agent});
    let events = ask(member, failing).await;
    assert_eq!(events.last().unwrap()["__typename"], "RunFailed");
    let session = "mutation { createSession(input: {endUser: \"Ada\"}) { session { id } } }";
    admin.ok(session, json!({})).await;
    let of_worker = format!("http://{}", port.address());
    until("the document was read", async || {
        let scrape = Scrape::of(&of_worker).await;
        scrape.sum("troupe_documents_read_total", &["served"]) == 1
    })
    .await;

    let serving = Scrape::of(&app.url).await;
    let working = Scrape::of(&of_worker).await;
    let documented = documented();
    for (name, described) in &documented {
        let Some(family) = serving.families.get(name) else {
            panic!("docs/operations.md has {name}, which `serve` does not report");
        };
        assert_eq!(
            (&family.kind, &family.help),
            (&described.kind, &described.help),
            "{name}"
        );
    }
    for (name, family) in serving.families.iter().chain(&working.families) {
        let Some(described) = documented.get(name) else {
            let row = format!("| `{name}` | {} |  | {} |", family.kind, family.help);
            panic!("docs/operations.md lacks: {row}");
        };
        for labels in &family.labels {
            assert_eq!(*labels, described.labels, "{name}");
        }
    }
    // what only a process with an API has
    let only_serving = ["troupe_connections_open"];
    for name in documented.keys() {
        let is_here = working.families.contains_key(name);
        assert_eq!(is_here, !only_serving.contains(&name.as_str()), "{name}");
    }

    let sum = |name: &str, labels: &[&str]| serving.sum(name, labels);
    assert_eq!(sum("troupe_runs_accepted_total", &["INTERACTIVE"]), 2);
    let first = r#"attempt="first""#;
    assert_eq!(sum("troupe_run_attempts_total", &[first]), 2);
    for (status, code) in [("SUCCEEDED", "STOP"), ("FAILED", "UNAVAILABLE")] {
        let labels = [format!("status=\"{status}\""), format!("code=\"{code}\"")];
        let ended = sum("troupe_runs_ended_total", &[&labels[0], &labels[1]]);
        assert_eq!(ended, 1, "{status} {code}");
    }
    assert_eq!(sum("troupe_run_first_token_seconds_count", &[]), 1);
    assert_eq!(sum("troupe_run_duration_seconds_count", &[]), 2);
    assert!(sum("troupe_run_tokens_total", &["output"]) > 0);
    for metric in ["troupe_model_calls_total", "troupe_model_attempts_total"] {
        assert_eq!(sum(metric, &["openai", "SUCCEEDED"]), 1, "{metric}");
        assert_eq!(sum(metric, &["openai", "UNAVAILABLE"]), 1, "{metric}");
    }
    for code in ["NOT_FOUND", "GRAPHQL_VALIDATION_FAILED"] {
        assert_eq!(sum("troupe_graphql_errors_total", &[code]), 1, "{code}");
    }
    assert!(sum("troupe_graphql_operations_total", &["subscription"]) >= 2);
    assert!(sum("troupe_http_requests_total", &["graphql", "2xx"]) >= 1);
    assert_eq!(sum("troupe_sessions_started_total", &["key"]), 1);
    assert_eq!(sum("troupe_workers_alive", &[]), 1);
    assert_eq!(sum("troupe_database_up", &[]), 1);
    assert_eq!(sum("troupe_queue_runs", &[]), 0);
    assert_eq!(sum("troupe_leases_held", &[]), 0);
    assert!(sum("troupe_database_connections", &["writer"]) >= 1);
    assert_eq!(sum("troupe_redis_up", &[]), u64::from(app.has_redis()));
    worker.stop().await;
}

#[tokio::test]
async fn a_run_that_waits_is_seen_in_the_queue() {
    let app = TestApp::start().await;
    let made = app
        .home
        .admin
        .ok(
            "mutation { createAgent(input: {template: \"research_agent\", tier: \"standard\", name: \"Research\"}) { agent { id } } }",
            json!({}),
        )
        .await;
    let input =
        json!({"input": {"message": "Hello", "agentId": made["createAgent"]["agent"]["id"]}});
    let send = "mutation($input: ChatInput!) { sendMessage(input: $input) { run { status } } }";
    for _ in 0..3 {
        app.home.member.ok(send, input.clone()).await;
    }
    let deep = [r#"class="DEEP""#];
    // the first reading of the tables, which later ones repeat for a while
    let scrape = Scrape::of(&app.url).await;
    assert_eq!(scrape.sum("troupe_queue_runs", &deep), 3);
    let mut oldest = scrape.values("troupe_queue_oldest_seconds", &deep);
    assert!(oldest.next().unwrap().parse::<f64>().unwrap() > 0.0);
    assert_eq!(scrape.sum("troupe_queue_runs", &["INTERACTIVE"]), 0);
    assert_eq!(scrape.sum("troupe_workers_alive", &[]), 0);
}

/// The names and labels of all series.
async fn series(app: &TestApp) -> BTreeSet<String> {
    Scrape::of(&app.url).await.series.into_keys().collect()
}

#[tokio::test]
async fn ten_accounts_have_the_series_of_one() {
    const ACCOUNT: &str = "mutation($name: String!) { createAccount(input: {name: $name, tier: ENTRY}) { ownerKey } }";
    const AGENT: &str = "mutation { createAgent(input: {template: \"support_agent\", tier: \"standard\", name: \"Help\", \
                         configuration: {keepCase: false}}) { agent { id } } }";
    let app = TestApp::start().await;
    answer_and_refuse(&app);
    let as_customer = async |name: String| {
        let made = app.operator.ok(ACCOUNT, json!({"name": name})).await;
        let key = made["createAccount"]["ownerKey"].as_str().unwrap();
        let owner = app.operator.with_key(key);
        let agent = owner.ok(AGENT, json!({})).await["createAgent"]["agent"]["id"].clone();
        use_agent(&owner, &agent).await;
        ask(&owner, json!({"message": "fail, please", "agentId": agent})).await;
    };
    // the first scrape is counted in the second one
    series(&app).await;
    as_customer("One".to_owned()).await;
    let of_one = series(&app).await;
    // at the same time, and scraped meanwhile
    let load = join_all((0..10).map(|number| as_customer(format!("Customer {number}"))));
    let scrapes = async {
        for _ in 0..5 {
            series(&app).await;
        }
    };
    futures::join!(load, scrapes);
    let of_many = series(&app).await;
    let more: Vec<_> = of_many.difference(&of_one).collect();
    assert!(more.is_empty(), "{more:#?}");
    assert_eq!(of_many, of_one);
    // and none has an id or a name of an account
    for name in [
        "account_",
        "agent_",
        "run_",
        "conversation_",
        "Customer",
        "Ada",
    ] {
        let label = format!("=\"{name}");
        let found = of_many.iter().find(|series| series.contains(&label));
        assert_eq!(found, None);
    }
}
