//! Traces of runs, as a collector receives them.

use std::collections::BTreeMap;

use opentelemetry_proto::tonic::trace::v1::{Span, span::SpanKind, status::StatusCode};
use serde_json::{Value, json};
use troupe::domain::{RequestId, RunId, SpanId};

use super::{
    collector::{Collector, attributes},
    scrape::Scrape,
};
use crate::{
    agent::create,
    chat::{ask, ended, send, text},
    support::{Process, ReservedPort, Script, TestApp, TestDatabase, ToolServer, Upstream, until},
    tools::{LOCAL, grant, register},
};

/// The first model of a tier is at another provider than the second one.
fn two_models(a: &str) -> String {
    format!(
        "
models:
  default: a
  aliases: {{ fast: b }}
  breaker: {{ failures: 1000 }}
  chat:
    a: {{ provider: openai, base_url: '{a}' }}
    b: {{ provider: openai, model: gpt-scripted }}
"
    )
}

const SEND: &str = "mutation($input: ChatInput!) { sendMessage(input: $input) { run { id conversation { id } } } }";

/// Words that people, models and tools use in a run; none of them may reach a collector.
const QUESTION: &str = "Where is my flumph parcel?";
const ARGUMENT: &str = "parcel flumph-4711";
const ANSWER: &str = "It is at the flumph depot.";
const FAILURE: &str = "no flumph for you";
const KEY: &str = "sk-flumph-0123456789abcdefghijklmnop";

/// The attributes of a span.
fn of(span: &Span) -> BTreeMap<String, String> {
    attributes(&span.attributes)
}

/// What a span must have among its attributes.
#[track_caller]
fn check_attributes(span: &Span, expected: &[(&str, &str)]) {
    let found = of(span);
    for (key, value) in expected {
        let given = found.get(*key).map(String::as_str);
        assert_eq!(given, Some(*value), "{key} of {}: {found:#?}", span.name);
    }
}

/// The ids of a run's root and of its attempts, as the program derives them.
fn root_id(run: &str) -> Vec<u8> {
    let run = RunId::parse("run", run).unwrap();
    SpanId::of_run(run).bytes().to_vec()
}

fn attempt_id(run: &str, attempt: i32) -> Vec<u8> {
    let run = RunId::parse("run", run).unwrap();
    SpanId::of_attempt(run, attempt).bytes().to_vec()
}

/// A premium agent, which has both models and may call the tools of the server.
async fn agent_with_tools(app: &TestApp, tools: &ToolServer) -> String {
    let admin = &app.home.admin;
    let given = json!({"template": "support_agent", "tier": "premium", "name": "Premium", "configuration": {"keepCase": false}});
    let agent = create(admin, given).await["id"]
        .as_str()
        .unwrap()
        .to_owned();
    let server = register(admin, "Workshop", &tools.url).await;
    grant(admin, &agent, &server, &["find"], "AUTO").await;
    agent
}

/// Scripts a run in which the first model fails, the second one calls a tool and then answers.
fn script_a_run(a: &Upstream, b: &Upstream) {
    a.thinks(|_| Script::refuses(403, None, json!({"error": {"message": FAILURE}})));
    let named =
        Script::default().raw("data: {\"model\": \"gpt-scripted-2026\", \"choices\": []}\n\n");
    b.will(named.then_calls(&[("workshop__find", json!({"text": ARGUMENT}))]));
    b.will(Script::says(&[ANSWER]));
}

#[tokio::test]
#[expect(clippy::too_many_lines, reason = "one story")]
async fn a_run_is_a_tree_of_names_ids_and_counts_without_a_text() {
    let (collector, a, tools) = (
        Collector::start().await,
        Upstream::start().await,
        ToolServer::start().await,
    );
    let settings = [
        LOCAL,
        ("TROUPE_OPENAI_API_KEY", KEY),
        ("TROUPE_TRACES_OTLP_ENDPOINT", collector.url.as_str()),
        ("TROUPE_TRACES_HEADERS", "x-scope=house%20one"),
    ];
    let app = TestApp::configured(&two_models(&a.url), &settings).await;
    let agent = agent_with_tools(&app, &tools).await;
    script_a_run(&a, &app.upstream);
    let input = json!({"message": QUESTION, "agentId": agent});
    let (sent, request) = app
        .home
        .member
        .ok_in_request(SEND, json!({"input": input}))
        .await;
    let sent = &sent["sendMessage"]["run"];
    let run = sent["id"].as_str().unwrap();
    collector.until_span("invoke_agent").await;
    until("the attempt is exported", async || {
        !collector.named("attempt").is_empty()
    })
    .await;

    // one trace, whose id is that of the request and of the log
    let trace = RequestId::parse("request", &request).unwrap().uuid();
    let spans = collector.spans();
    let names: Vec<_> = spans.iter().map(|span| span.name.as_str()).collect();
    let mut sorted = names.clone();
    sorted.sort_unstable();
    let expected = [
        "attempt",
        "chat a",
        "chat a",
        "chat gpt-scripted",
        "chat gpt-scripted",
        "execute_tool find",
        "invoke_agent Premium",
    ];
    assert_eq!(sorted, expected, "{names:?}");
    let (account, conversation) = (app.home.id.as_str(), sent["conversation"]["id"].as_str());
    for span in &spans {
        assert_eq!(span.trace_id, trace.as_bytes(), "{}", span.name);
        let of_all = [
            ("troupe.account", account),
            ("troupe.run", run),
            ("gen_ai.conversation.id", conversation.unwrap()),
            ("gen_ai.agent.id", agent.as_str()),
        ];
        check_attributes(span, &of_all);
        assert!(span.start_time_unix_nano <= span.end_time_unix_nano);
        let (parent, kind) = match span.name.split(' ').next().unwrap() {
            "invoke_agent" => (Vec::new(), SpanKind::Internal),
            "attempt" => (root_id(run), SpanKind::Internal),
            "chat" => (attempt_id(run, 1), SpanKind::Client),
            _ => (attempt_id(run, 1), SpanKind::Internal),
        };
        assert_eq!((&span.parent_span_id, span.kind), (&parent, kind as i32));
    }

    let root = &collector.named("invoke_agent")[0];
    assert_eq!(root.span_id, root_id(run));
    let counted = [
        ("gen_ai.operation.name", "invoke_agent"),
        ("gen_ai.agent.name", "Premium"),
        ("gen_ai.usage.input_tokens", "22"),
        ("gen_ai.usage.output_tokens", "14"),
        ("troupe.attempts", "1"),
        ("troupe.finish_reason", "STOP"),
        ("troupe.latency_class", "INTERACTIVE"),
        ("troupe.outcome", "SUCCEEDED"),
    ];
    check_attributes(root, &counted);
    assert_eq!(root.status, None);
    let attempt = &collector.named("attempt")[0];
    assert_eq!(attempt.span_id, attempt_id(run, 1));
    check_attributes(
        attempt,
        &[("troupe.outcome", "ENDED"), ("troupe.attempt", "1")],
    );

    for failed in collector.named("chat a") {
        let expected = [
            ("error.type", "UNAVAILABLE"),
            ("gen_ai.response.finish_reasons", "[error]"),
        ];
        check_attributes(&failed, &expected);
        let status = failed.status.unwrap();
        assert_eq!(status.code, StatusCode::Error as i32);
        assert_eq!(status.message, "", "an error's words are not exported");
    }
    let answered = collector.named("chat gpt-scripted");
    let expected = [
        ("gen_ai.operation.name", "chat"),
        ("gen_ai.provider.name", "openai"),
        ("gen_ai.request.model", "gpt-scripted"),
        ("gen_ai.response.finish_reasons", "[tool_call]"),
        ("gen_ai.response.model", "gpt-scripted-2026"),
        ("gen_ai.usage.input_tokens", "11"),
        ("gen_ai.usage.output_tokens", "7"),
        ("server.address", "127.0.0.1"),
        ("troupe.model", "fast"),
    ];
    check_attributes(&answered[0], &expected);
    check_attributes(
        &answered[1],
        &[("gen_ai.response.finish_reasons", "[stop]")],
    );
    assert!(of(&answered[1]).contains_key("gen_ai.request.max_tokens"));
    let called = &collector.named("execute_tool")[0];
    let expected = [
        ("gen_ai.operation.name", "execute_tool"),
        ("gen_ai.tool.name", "find"),
        ("troupe.tool.server", "mcp"),
        ("troupe.outcome", "succeeded"),
    ];
    check_attributes(called, &expected);
    assert!(of(called)["gen_ai.tool.call.id"].starts_with("toolcall_"));

    for private in [
        QUESTION,
        ARGUMENT,
        ANSWER,
        FAILURE,
        KEY,
        "flumph",
        "find done",
        app.home.member.key(),
    ] {
        assert!(!collector.has(private), "the spans have {private}");
    }
    let [process, scope] = collector.origin();
    assert_eq!(process["service.name"], "troupe");
    assert_eq!(scope["troupe.conventions"], "gen_ai-0.1.0");
    let headers = &collector.requests()[0].headers;
    assert_eq!(headers["x-scope"], "house one");
    assert_eq!(headers["content-type"], "application/x-protobuf");
}

#[tokio::test]
async fn a_handoff_is_a_span_between_the_calls_of_two_agents() {
    let collector = Collector::start().await;
    let endpoint = ("TROUPE_TRACES_OTLP_ENDPOINT", collector.url.as_str());
    let app = TestApp::with(&[endpoint]).await;
    let given = json!({"template": "sales_agent", "tier": "enterprise", "name": "Sales", "configuration": {"keepLead": false, "products": [{"name": "Plan", "description": "For all.", "price": "10 dollars"}]}});
    let sales = create(&app.home.admin, given).await["id"]
        .as_str()
        .unwrap()
        .to_owned();
    let support = app.home.agent.clone();
    let arguments = json!({"to": "support", "reason": "a flumph defect"});
    app.upstream.will(Script::calls(&[("hand_off", arguments)]));
    app.upstream.will(Script::says(&["I can help."]));
    let input = json!({"message": "It is broken.", "agentId": sales});
    let seen = ask(&app.home.member, input).await;
    assert_eq!(seen.last().unwrap()["__typename"], "RunSucceeded");
    collector.until_span("invoke_agent").await;

    let handoffs = collector.named("handoff");
    let [handoff] = handoffs.as_slice() else {
        panic!("{handoffs:#?}");
    };
    let expected = [
        ("gen_ai.agent.id", sales.as_str()),
        ("troupe.handoff.to", support.as_str()),
        ("troupe.outcome", "ACCEPTED"),
    ];
    check_attributes(handoff, &expected);
    assert!(of(handoff)["troupe.handoff.id"].starts_with("handoff_"));
    let agents: Vec<_> = collector
        .named("chat")
        .iter()
        .map(|call| of(call)["gen_ai.agent.id"].clone())
        .collect();
    assert_eq!(agents.first(), Some(&sales), "{agents:?}");
    assert_eq!(agents.last(), Some(&support), "{agents:?}");
    let root = &collector.named("invoke_agent")[0];
    assert_eq!(root.name, "invoke_agent Support");
    check_attributes(root, &[("gen_ai.agent.id", support.as_str())]);
    assert!(!collector.has("flumph"));
}

/// A process counts as dead after five seconds, so that a busy machine can renew its lease in time.
const SHORT_LEASE: [(&str, &str); 2] = [
    ("TROUPE_RUNS_LEASE_SECONDS", "5"),
    ("TROUPE_RUNS_HEARTBEAT_SECONDS", "1"),
];

#[tokio::test]
#[expect(clippy::too_many_lines, reason = "one story")]
async fn a_run_that_was_taken_over_after_a_crash_is_one_tree() {
    let (collector, tools) = (Collector::start().await, ToolServer::start().await);
    let (database, upstream) = (TestDatabase::create().await, Upstream::start().await);
    let endpoint = ("TROUPE_TRACES_OTLP_ENDPOINT", collector.url.as_str());
    let settings = [&SHORT_LEASE[..], &[endpoint]].concat();
    let process = Process::start(&database, &upstream, &settings).await;
    let owner = process.owner.clone();
    let agent = owner
        .ok("{ agent(by: {slug: \"support\"}) { id name } }", json!({}))
        .await["agent"]
        .clone();
    let id = agent["id"].as_str().unwrap();
    let server = register(&owner, "Workshop", &tools.url).await;
    grant(&owner, id, &server, &["find"], "AUTO").await;
    upstream.will(Script::calls(&[("workshop__find", json!({}))]));
    upstream.will(Script::default().hang());
    let (run, _) = send(&owner, json!({"message": "Find it.", "agentId": id})).await;
    collector.until_span("execute_tool find").await;
    process.kill().await;
    upstream.will(Script::says(&["Done."]));
    let next = Process::start(&database, &upstream, &settings).await;
    let end = ended(&next.owner, &run).await;
    assert_eq!(end["message"]["text"], "Done.", "{end}");
    until("the second attempt is exported", async || {
        !collector.named("attempt").is_empty() && !collector.named("invoke_agent").is_empty()
    })
    .await;

    let of_run = |span: &Span| of(span).get("troupe.run") == Some(&run);
    let spans: Vec<Span> = collector.spans().into_iter().filter(of_run).collect();
    let roots: Vec<_> = spans
        .iter()
        .filter(|span| span.parent_span_id.is_empty())
        .collect();
    let [root] = roots.as_slice() else {
        panic!("{roots:#?}");
    };
    assert_eq!(root.span_id, root_id(&run));
    assert_eq!(
        root.name,
        format!("invoke_agent {}", agent["name"].as_str().unwrap())
    );
    check_attributes(
        root,
        &[("troupe.attempts", "2"), ("troupe.outcome", "SUCCEEDED")],
    );
    for span in &spans {
        assert_eq!(span.trace_id, root.trace_id, "{}", span.name);
        assert!(root.start_time_unix_nano <= span.start_time_unix_nano);
        if span.name.starts_with("chat") || span.name.starts_with("execute_tool") {
            let attempt = of(span)["troupe.attempt"].parse().unwrap();
            assert_eq!(span.parent_span_id, attempt_id(&run, attempt));
        }
    }
    let attempts: Vec<_> = spans.iter().filter(|span| span.name == "attempt").collect();
    // the first one died with its process
    let [second] = attempts.as_slice() else {
        panic!("{attempts:#?}");
    };
    assert_eq!(second.span_id, attempt_id(&run, 2));
    assert_eq!(second.parent_span_id, root.span_id);
    let log = next.log();
    let end = log
        .iter()
        .find(|line| line["message"] == "run ended" && line["run"] == json!(run))
        .unwrap();
    let trace = data_encoding::HEXLOWER.encode(&root.trace_id);
    assert_eq!(end["trace.id"], Value::String(trace));
    next.terminate().await;
}

#[tokio::test]
async fn a_shutdown_exports_what_is_queued() {
    let collector = Collector::start().await;
    let settings = [
        ("TROUPE_TRACES_OTLP_ENDPOINT", collector.url.as_str()),
        ("TROUPE_TRACES_CONVENTIONS", "gen_ai-1.36.0"),
        ("TROUPE_TRACES_SERVICE_NAME", "answers"),
    ];
    let mut app = TestApp::with(&settings).await;
    ask(
        &app.home.member,
        json!({"message": "Hello?", "agentId": app.home.agent}),
    )
    .await;
    app.stop().await;
    assert_eq!(collector.named("invoke_agent").len(), 1);
    let calls = collector.named("chat");
    check_attributes(&calls[0], &[("gen_ai.system", "openai")]);
    assert!(!of(&calls[0]).contains_key("gen_ai.provider.name"));
    let [process, scope] = collector.origin();
    assert_eq!(process["service.name"], "answers");
    assert_eq!(scope["troupe.conventions"], "gen_ai-1.36.0");
}

#[tokio::test]
async fn a_trace_outside_of_the_sample_is_not_exported() {
    let collector = Collector::start().await;
    let settings = [
        ("TROUPE_TRACES_OTLP_ENDPOINT", collector.url.as_str()),
        ("TROUPE_TRACES_SAMPLE", "0"),
    ];
    let mut app = TestApp::with(&settings).await;
    ask(
        &app.home.member,
        json!({"message": "Hello?", "agentId": app.home.agent}),
    )
    .await;
    app.stop().await;
    assert!(collector.requests().is_empty());
}

#[tokio::test]
async fn a_collector_that_is_down_changes_no_answer_and_is_counted() {
    let free = ReservedPort::new();
    let url = format!("http://{}", free.address());
    let mut app = TestApp::with(&[("TROUPE_TRACES_OTLP_ENDPOINT", &url)]).await;
    let seen = ask(
        &app.home.member,
        json!({"message": "Hello?", "agentId": app.home.agent}),
    )
    .await;
    assert_eq!(text(&seen), "Hello from the scripted model.");
    assert_eq!(seen.last().unwrap()["__typename"], "RunSucceeded");
    until("the lost spans are counted", async || {
        let scrape = Scrape::of(&app.url).await;
        scrape.sum("troupe_trace_spans_total", &["failed"]) >= 3
    })
    .await;
    let scrape = Scrape::of(&app.url).await;
    assert_eq!(scrape.sum("troupe_trace_spans_total", &["exported"]), 0);
    ask(
        &app.home.member,
        json!({"message": "Again?", "agentId": app.home.agent}),
    )
    .await;
    app.stop().await;
}
