//! Spans as OTLP messages, with the names and attributes of the pinned versions of the GenAI conventions.
//!
//! Sources: 0.1.0 (<https://github.com/open-telemetry/semantic-conventions-genai/tree/v0.1.0/docs/gen-ai>) and 1.36.0
//! (<https://github.com/open-telemetry/semantic-conventions/tree/v1.36.0/docs/gen-ai>). What the conventions leave out is
//! `troupe.*`, the same in both.

use chrono::{DateTime, Utc};
use opentelemetry_proto::tonic::trace::v1::{Span, Status, span::SpanKind, status::StatusCode};

use super::attributes::Attributes;
use crate::{
    domain::{FinishReason, GenAiConventions},
    port::{ModelCallSpan, RunSpan, SpanDetails, SpanSubject, ToolCallSpan, TraceSpan},
};

/// The provider of agents in conventions that demand one for an agent's span.
const OWN_PROVIDER: &str = "troupe";
/// The sampled flag of W3C trace context: <https://www.w3.org/TR/trace-context-2/#trace-flags>.
const SAMPLED: u32 = 1;

/// The span as a message.
pub(super) fn message(span: &TraceSpan, conventions: GenAiConventions) -> Span {
    let TraceSpan {
        subject, details, ..
    } = span;
    let mut attributes = Attributes::default();
    let name = match details {
        SpanDetails::Run(run) => {
            describe_run(&mut attributes, run, conventions);
            name_of("invoke_agent", subject.agent_name.as_deref())
        }
        SpanDetails::Attempt => "attempt".to_owned(),
        SpanDetails::ModelCall(call) => {
            describe_model_call(&mut attributes, call, conventions);
            name_of("chat", Some(&call.identity.model))
        }
        SpanDetails::ToolCall(call) => {
            describe_tool_call(&mut attributes, call);
            name_of("execute_tool", call.tool.as_deref())
        }
        SpanDetails::Handoff(handoff) => {
            attributes.text("troupe.handoff.to", handoff.to.to_string());
            attributes.known_text("troupe.handoff.id", handoff.id);
            "handoff".to_owned()
        }
    };
    describe_subject(&mut attributes, subject);
    attributes.known_text("error.type", span.error);
    attributes.text("troupe.outcome", span.outcome);
    Span {
        trace_id: span.trace.bytes().to_vec(),
        span_id: span.id.bytes().to_vec(),
        parent_span_id: span
            .parent
            .map(|id| id.bytes().to_vec())
            .unwrap_or_default(),
        flags: SAMPLED,
        name,
        kind: kind_of(details) as i32,
        start_time_unix_nano: nanoseconds(span.began),
        end_time_unix_nano: nanoseconds(span.ended),
        attributes: attributes.into_messages(),
        status: span.error.map(|_| Status {
            // the words of an error may have parts of a prompt
            message: String::new(),
            code: StatusCode::Error as i32,
        }),
        ..Span::default()
    }
}

fn describe_run(attributes: &mut Attributes, run: &RunSpan, conventions: GenAiConventions) {
    attributes.text("gen_ai.operation.name", "invoke_agent");
    // since 0.1.0, an agent in this process has no provider
    if conventions == GenAiConventions::V1_36_0 {
        attributes.text("gen_ai.system", OWN_PROVIDER);
    }
    attributes.count("gen_ai.usage.input_tokens", run.input_tokens);
    attributes.count("gen_ai.usage.output_tokens", run.output_tokens);
    attributes.text("troupe.latency_class", run.latency_class);
    attributes.count("troupe.attempts", run.attempts);
    let reason = run.finish_reason.map(FinishReason::name);
    attributes.known_text("troupe.finish_reason", reason);
}

fn describe_model_call(
    attributes: &mut Attributes,
    call: &ModelCallSpan,
    conventions: GenAiConventions,
) {
    let identity = &call.identity;
    attributes.text("gen_ai.operation.name", "chat");
    attributes.text(provider_key(conventions), identity.provider);
    attributes.text("gen_ai.request.model", identity.model.as_str());
    attributes.count("gen_ai.request.max_tokens", call.max_tokens);
    attributes.number("gen_ai.request.temperature", call.temperature);
    if call.is_json {
        attributes.text("gen_ai.output.type", "json");
    }
    attributes.known_text("gen_ai.response.model", call.answered_by.as_ref());
    if let Some(reason) = finish_reason(call, conventions) {
        attributes.one_text("gen_ai.response.finish_reasons", reason);
    }
    attributes.known_count("gen_ai.usage.input_tokens", call.tokens.input);
    attributes.known_count("gen_ai.usage.output_tokens", call.tokens.output);
    if let Some(server) = &identity.server {
        attributes.text("server.address", server.host.as_str());
        attributes.count("server.port", server.port);
    }
    if conventions == GenAiConventions::V0_1_0 {
        attributes.flag("gen_ai.request.stream");
        let (read, written) = (call.tokens.cached_input, call.tokens.cache_write);
        attributes.known_count("gen_ai.usage.cache_read.input_tokens", read);
        attributes.known_count("gen_ai.usage.cache_write.input_tokens", written);
        if let Some(first) = call.first_event {
            let seconds = first.as_secs_f64();
            attributes.number("gen_ai.response.time_to_first_chunk", seconds);
        }
    }
    attributes.text("troupe.model", &*call.name);
}

fn describe_tool_call(attributes: &mut Attributes, call: &ToolCallSpan) {
    attributes.text("gen_ai.operation.name", "execute_tool");
    attributes.known_text("gen_ai.tool.name", call.tool.as_ref());
    attributes.text("gen_ai.tool.call.id", call.id.to_string());
    attributes.text("gen_ai.tool.type", "function");
    attributes.text("troupe.tool.server", call.server);
}

/// The account, the run and the agent. The id of an agent is stable, which 0.1.0 demands of `gen_ai.agent.id`, although it
/// does not list it for an agent in this process.
fn describe_subject(attributes: &mut Attributes, subject: &SpanSubject) {
    attributes.known_text("gen_ai.agent.id", subject.agent);
    attributes.known_text("gen_ai.agent.name", subject.agent_name.as_ref());
    attributes.known_text("gen_ai.conversation.id", subject.conversation);
    attributes.text("troupe.account", subject.account.to_string());
    attributes.known_text("troupe.run", subject.run);
    attributes.known_count("troupe.attempt", subject.attempt);
}

fn provider_key(conventions: GenAiConventions) -> &'static str {
    match conventions {
        GenAiConventions::V0_1_0 => "gen_ai.provider.name",
        GenAiConventions::V1_36_0 => "gen_ai.system",
    }
}

/// Why the answer ended, in the words of the conventions; 0.1.0 has a word for an answer without an end.
fn finish_reason(call: &ModelCallSpan, conventions: GenAiConventions) -> Option<&'static str> {
    let is_newer = conventions == GenAiConventions::V0_1_0;
    Some(match call.finish_reason {
        Some(FinishReason::Stop) if call.has_calls && is_newer => "tool_call",
        Some(FinishReason::Stop) if call.has_calls => "tool_calls",
        Some(FinishReason::Length | FinishReason::Budget) => "length",
        Some(FinishReason::ContentFilter) => "content_filter",
        Some(FinishReason::Stop | FinishReason::ToolLimit) => "stop",
        Some(FinishReason::Cancelled | FinishReason::Error) | None if is_newer => "error",
        Some(FinishReason::Cancelled | FinishReason::Error) | None => return None,
    })
}

fn kind_of(details: &SpanDetails) -> SpanKind {
    match details {
        SpanDetails::ModelCall(_) => SpanKind::Client,
        SpanDetails::Run(_)
        | SpanDetails::Attempt
        | SpanDetails::ToolCall(_)
        | SpanDetails::Handoff(_) => SpanKind::Internal,
    }
}

fn name_of(operation: &str, of: Option<&str>) -> String {
    match of {
        Some(of) => format!("{operation} {of}"),
        None => operation.to_owned(),
    }
}

/// The time since 1970; 0 for times that OTLP cannot express.
fn nanoseconds(time: DateTime<Utc>) -> u64 {
    let nanoseconds = time.timestamp_nanos_opt();
    nanoseconds
        .and_then(|nanoseconds| u64::try_from(nanoseconds).ok())
        .unwrap_or_default()
}
