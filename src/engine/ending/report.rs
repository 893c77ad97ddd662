//! Reports of the end of a run, beside its last event: to the log, to the metrics, and to lists of conversations.

use std::time::Duration;

use tracing::{Span, field::Empty};

use crate::{
    domain::{AgentId, FinishReason, Lease, MessageId, Run, RunStatus, Usage},
    engine::{
        EngineParts,
        trace::{RunEnd, TraceScope},
    },
    metrics::EndedRun,
    port::{ConversationChangeKind, ConversationNotice, RunSpan},
    store::RunOutcome,
};

/// The maximum number of characters of a cause in the line of an ended run.
const LONGEST_CAUSE: usize = 500;

/// The span of an attempt at a run. Its fields are in each line that is written within it; its level is ERROR, so that a
/// filter that shows errors alone keeps them. It has no parent: an attempt outlives the request that started it.
pub(in crate::engine) fn run_span(lease: &Lease, run: &Run) -> Span {
    let span = tracing::error_span!(
        parent: None,
        "run",
        run = %run.id,
        account = %lease.account,
        agent = Empty,
        conversation = %lease.conversation,
        attempt = lease.attempt,
        request.id = Empty,
        trace.id = %run.trace_id(),
    );
    if let Some(agent) = run.agent {
        span.record("agent", tracing::field::display(agent));
    }
    if let Some(request) = run.request {
        span.record("request.id", tracing::field::display(request));
    }
    span
}

/// Names the agent that goes on with the present run in its further lines.
pub(in crate::engine) fn record_agent(agent: AgentId) {
    Span::current().record("agent", tracing::field::display(agent));
}

/// Logs what support needs to know of a run that has ended, in one line within the run's span: no text of its messages, and
/// of a failure the provider's own words (`detail`) and the private cause, both bounded and without the keys that were sent.
pub(super) fn log_end(lease: &Lease, run: &Run, outcome: &RunOutcome, cause: Option<&str>) {
    let error = outcome.error.as_ref();
    let waited = run.started_at.map(|at| at - run.created_at);
    tracing::info!(
        status = outcome.status.name(),
        code = error.map(|error| error.code.name()),
        reason = error.map(|error| error.message.as_str()),
        detail = error.and_then(|error| error.detail.as_deref()),
        cause = cause.map(|cause| cause.chars().take(LONGEST_CAUSE).collect::<String>()),
        finish_reason = outcome.finish_reason.map(FinishReason::name),
        model = outcome.model,
        attempts = lease.attempt,
        input_tokens = outcome.usage.input_tokens,
        output_tokens = outcome.usage.output_tokens,
        cost_usd = outcome.usage.cost_usd,
        waited_ms = waited.map(|waited| waited.num_milliseconds()),
        first_token_ms = outcome.usage.first_token_ms,
        duration_ms = outcome.usage.duration_ms,
        total_ms = (outcome.at - run.created_at).num_milliseconds(),
        "run ended"
    );
}

/// Counts a run that has ended, and what it used.
pub(super) fn count_end(parts: &EngineParts, run: &Run, outcome: &RunOutcome) {
    let milliseconds = |value: i64| Duration::from_millis(u64::try_from(value).unwrap_or_default());
    let error = outcome.error.as_ref().map(|error| error.code.name());
    let reason = outcome.finish_reason.map(FinishReason::name);
    parts.metrics.ended(EndedRun {
        class: run.latency_class.name(),
        status: outcome.status.name(),
        code: error.or(reason).unwrap_or("NONE"),
        first_token: outcome.usage.first_token_ms.map(milliseconds),
        duration: outcome.usage.duration_ms.map(milliseconds),
    });
    for share in &outcome.shares {
        let Usage {
            input_tokens,
            output_tokens,
            ..
        } = share.usage;
        let model = share.model.as_deref().unwrap_or("none");
        parts.metrics.usage.used(model, input_tokens, output_tokens);
    }
}

/// Ends the span of the whole run.
pub(super) fn trace_end(trace: Option<&TraceScope>, run: &Run, outcome: &RunOutcome) {
    let Some(trace) = trace else {
        return;
    };
    let error = outcome.error.as_ref().map(|error| error.code.name());
    let end = RunEnd {
        at: outcome.at,
        status: outcome.status.name(),
        error,
        details: RunSpan {
            latency_class: run.latency_class.name(),
            attempts: outcome.usage.attempts,
            input_tokens: outcome.usage.input_tokens,
            output_tokens: outcome.usage.output_tokens,
            finish_reason: outcome.finish_reason,
        },
    };
    trace.end_run(run, end);
}

/// Logs, counts and traces a run that was cancelled before a process began it.
pub(in crate::engine) fn report_unstarted(parts: &EngineParts, lease: &Lease, run: &Run) {
    let status = RunStatus::Cancelled.name();
    run_span(lease, run).in_scope(|| {
        tracing::info!(status, attempts = lease.attempt, "run ended");
    });
    parts.metrics.ended(EndedRun {
        class: run.latency_class.name(),
        status,
        code: "NONE",
        first_token: None,
        duration: None,
    });
    if let Some(trace) = parts.trace_of(run, run.attempt) {
        let end = RunEnd {
            at: parts.clock.now(),
            status,
            error: None,
            details: RunSpan {
                latency_class: run.latency_class.name(),
                attempts: 0,
                input_tokens: 0,
                output_tokens: 0,
                finish_reason: None,
            },
        };
        trace.end_run(run, end);
    }
}

/// Announces the end of a run to lists of conversations.
pub(super) fn announce(parts: &EngineParts, run: &Run, answer: Option<MessageId>) {
    let kind = match answer {
        Some(_) => ConversationChangeKind::Answered,
        None => ConversationChangeKind::Updated,
    };
    let notice = ConversationNotice::of(run.conversation, kind);
    parts.announcements.publish(run.account, notice);
}
