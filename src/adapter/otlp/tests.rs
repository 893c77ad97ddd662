//! The messages of both versions of the conventions, and the queue that nothing waits for.

use std::{collections::BTreeMap, sync::Arc, time::Duration};

use chrono::{DateTime, TimeDelta};
use opentelemetry_proto::tonic::{
    common::v1::any_value::Value,
    trace::v1::{Span, span::SpanKind, status::StatusCode},
};
use reqwest::Client;
use tokio::net::TcpListener;
use tokio_util::task::TaskTracker;
use uuid::Uuid;

use super::{LARGEST_QUEUE, OtlpOptions, OtlpSpanProcessor, conventions::message};
use crate::{
    domain::{
        AccountId, AgentId, ConversationId, FinishReason, GenAiConventions, RunId, SpanId,
        ToolCallId, TraceId,
    },
    metrics::{Metrics, TraceMetrics},
    port::{
        ModelCallSpan, ModelIdentity, ServerAddress, SpanDetails, SpanProcessor, SpanSubject,
        TokenCounts, ToolCallSpan, TraceSpan,
    },
};

const NUMBER: Uuid = Uuid::from_u128(7);

fn span(details: SpanDetails) -> TraceSpan {
    let began = DateTime::from_timestamp(1_700_000_000, 5).unwrap();
    TraceSpan {
        trace: TraceId::from_uuid(NUMBER),
        id: SpanId::from_number(1),
        parent: Some(SpanId::from_number(2)),
        subject: SpanSubject {
            account: AccountId::from_uuid(NUMBER),
            conversation: Some(ConversationId::from_uuid(NUMBER)),
            run: Some(RunId::from_uuid(NUMBER)),
            attempt: Some(3),
            agent: Some(AgentId::from_uuid(NUMBER)),
            agent_name: Some("Support".to_owned()),
        },
        details,
        began,
        ended: began + TimeDelta::milliseconds(20),
        outcome: "SUCCEEDED",
        error: None,
    }
}

fn model_call() -> ModelCallSpan {
    ModelCallSpan {
        name: "fast".into(),
        identity: Arc::new(ModelIdentity {
            provider: "openai",
            model: "gpt-4.1-mini".to_owned(),
            server: Some(ServerAddress {
                host: "llm.example.com".to_owned(),
                port: 8443,
            }),
        }),
        max_tokens: 512,
        temperature: 0.5,
        is_json: true,
        answered_by: Some("gpt-4.1-mini-2026".to_owned()),
        tokens: TokenCounts {
            input: Some(100),
            cached_input: Some(60),
            cache_write: Some(10),
            output: Some(20),
        },
        finish_reason: Some(FinishReason::Stop),
        has_calls: true,
        first_event: Some(Duration::from_millis(250)),
    }
}

/// The attributes of a message, as texts.
fn attributes(span: &Span) -> BTreeMap<&str, String> {
    let attributes = span.attributes.iter().map(|attribute| {
        let value = match attribute.value.as_ref().unwrap().value.as_ref().unwrap() {
            Value::StringValue(text) => text.clone(),
            Value::IntValue(number) => number.to_string(),
            Value::DoubleValue(number) => number.to_string(),
            Value::BoolValue(flag) => flag.to_string(),
            Value::ArrayValue(list) => {
                let [only] = list.values.as_slice() else {
                    panic!("{list:?}");
                };
                let Some(Value::StringValue(text)) = &only.value else {
                    panic!("{list:?}");
                };
                format!("[{text}]")
            }
            other => panic!("{other:?}"),
        };
        (attribute.key.as_str(), value)
    });
    attributes.collect()
}

#[test]
fn a_model_call_has_the_names_of_the_selected_version() {
    let call = span(SpanDetails::ModelCall(model_call()));
    let newer = message(&call, GenAiConventions::V0_1_0);
    let older = message(&call, GenAiConventions::V1_36_0);
    let both = [
        ("gen_ai.agent.name", "Support"),
        ("gen_ai.operation.name", "chat"),
        ("gen_ai.output.type", "json"),
        ("gen_ai.request.max_tokens", "512"),
        ("gen_ai.request.model", "gpt-4.1-mini"),
        ("gen_ai.request.temperature", "0.5"),
        ("gen_ai.response.model", "gpt-4.1-mini-2026"),
        ("gen_ai.usage.input_tokens", "100"),
        ("gen_ai.usage.output_tokens", "20"),
        ("server.address", "llm.example.com"),
        ("server.port", "8443"),
        ("troupe.attempt", "3"),
        ("troupe.model", "fast"),
        ("troupe.outcome", "SUCCEEDED"),
    ];
    let only_newer = [
        ("gen_ai.provider.name", "openai"),
        ("gen_ai.request.stream", "true"),
        ("gen_ai.response.finish_reasons", "[tool_call]"),
        ("gen_ai.response.time_to_first_chunk", "0.25"),
        ("gen_ai.usage.cache_read.input_tokens", "60"),
        ("gen_ai.usage.cache_write.input_tokens", "10"),
    ];
    let only_older = [
        ("gen_ai.response.finish_reasons", "[tool_calls]"),
        ("gen_ai.system", "openai"),
    ];
    let of_subject = [
        ("gen_ai.agent.id", AgentId::from_uuid(NUMBER).to_string()),
        (
            "gen_ai.conversation.id",
            ConversationId::from_uuid(NUMBER).to_string(),
        ),
        ("troupe.account", AccountId::from_uuid(NUMBER).to_string()),
        ("troupe.run", RunId::from_uuid(NUMBER).to_string()),
    ];
    for (message, only) in [(&newer, &only_newer[..]), (&older, &only_older[..])] {
        let mut expected: BTreeMap<&str, String> = of_subject.clone().into();
        let named = both.iter().chain(only);
        expected.extend(named.map(|(key, value)| (*key, (*value).to_owned())));
        assert_eq!(attributes(message), expected);
        assert_eq!(message.name, "chat gpt-4.1-mini");
        assert_eq!(message.kind, SpanKind::Client as i32);
        assert_eq!(message.trace_id, NUMBER.as_bytes());
        assert_eq!(message.span_id, [0, 0, 0, 0, 0, 0, 0, 1]);
        assert_eq!(message.parent_span_id, [0, 0, 0, 0, 0, 0, 0, 2]);
        assert_eq!(message.start_time_unix_nano, 1_700_000_000_000_000_005);
        assert_eq!(message.end_time_unix_nano, 1_700_000_000_020_000_005);
        assert_eq!(message.status, None);
    }
}

#[test]
fn a_failure_is_a_class_and_never_a_text() {
    let call = ModelCallSpan {
        finish_reason: None,
        ..model_call()
    };
    let failed = TraceSpan {
        outcome: "UNAVAILABLE",
        error: Some("UNAVAILABLE"),
        ..span(SpanDetails::ModelCall(call))
    };
    for (conventions, reason) in [
        (GenAiConventions::V0_1_0, Some("[error]")),
        (GenAiConventions::V1_36_0, None),
    ] {
        let message = message(&failed, conventions);
        let found = attributes(&message);
        assert_eq!(found["error.type"], "UNAVAILABLE");
        let given = found.get("gen_ai.response.finish_reasons");
        assert_eq!(given.map(String::as_str), reason);
        let status = message.status.unwrap();
        assert_eq!(status.code, StatusCode::Error as i32);
        assert_eq!(status.message, "");
    }
}

#[test]
fn a_tool_without_a_server_has_no_name() {
    let id = ToolCallId::from_uuid(NUMBER);
    for (tool, name) in [(Some("find"), "execute_tool find"), (None, "execute_tool")] {
        let call = ToolCallSpan {
            id,
            tool: tool.map(str::to_owned),
            server: "mcp",
        };
        let message = message(&span(SpanDetails::ToolCall(call)), GenAiConventions::V0_1_0);
        assert_eq!(message.name, name);
        let found = attributes(&message);
        assert_eq!(found.get("gen_ai.tool.name").map(String::as_str), tool);
        assert_eq!(found["gen_ai.tool.call.id"], id.to_string());
    }
}

/// The counts of spans, by their outcomes.
fn counts(metrics: &Arc<TraceMetrics>) -> BTreeMap<String, f64> {
    let metrics = Metrics {
        traces: Arc::clone(metrics),
        ..Metrics::default()
    };
    let families = metrics.families().into_iter();
    let samples = families
        .filter(|family| family.name == "troupe_trace_spans_total")
        .flat_map(|family| family.samples);
    samples
        .map(|sample| (sample.labels[0].1.clone(), sample.value))
        .collect()
}

#[tokio::test(start_paused = true)]
async fn a_full_queue_drops_spans_and_a_silent_collector_does_not_delay_the_end() {
    let _ = rustls::crypto::ring::default_provider().install_default();
    // a collector that accepts connections, and never answers
    let silent = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let options = OtlpOptions {
        endpoint: format!("http://{}", silent.local_addr().unwrap()),
        headers: Vec::new(),
        service_name: "troupe".to_owned(),
        instance: "one".to_owned(),
        conventions: GenAiConventions::V0_1_0,
    };
    let client = Client::builder().no_proxy().build().unwrap();
    let (metrics, tracker) = (Arc::<TraceMetrics>::default(), TaskTracker::new());
    let processor = OtlpSpanProcessor::start(&client, options, &metrics, &tracker).unwrap();
    // the task that exports does not run before this one waits
    for _ in 0..LARGEST_QUEUE + 10 {
        processor.on_end(&span(SpanDetails::Attempt));
    }
    let expected = [("dropped", 10.0), ("exported", 0.0), ("failed", 0.0)];
    let expected = expected.map(|(outcome, count)| (outcome.to_owned(), count));
    assert_eq!(counts(&metrics), BTreeMap::from(expected));
    let began = tokio::time::Instant::now();
    drop(processor);
    tracker.close();
    tracker.wait().await;
    assert!(
        began.elapsed() < Duration::from_secs(3),
        "{:?}",
        began.elapsed()
    );
}
