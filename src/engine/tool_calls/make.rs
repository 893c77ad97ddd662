//! Makes one tool call, at most once unless it may be repeated.

use std::time::{Duration, Instant};

use super::{
    ToolCalls, outcome,
    verify::{CallCheck, ServerListings},
};
use crate::{
    domain::{McpTransport, ToolCall, ToolCallStatus, ToolDefinition},
    error::{Error, Kind, Result},
    port::{SpanDetails, ToolAnswer, ToolCallSpan, ToolFailure, ToolRequest},
};

/// The maximum number of characters of a tool's own error that the run's readers receive.
const LONGEST_ERROR: usize = 500;

impl ToolCalls<'_> {
    /// Brings one call to its end and stores its outcome, in a span of its own.
    pub(in crate::engine) async fn make(
        &self,
        call: ToolCall,
        listings: &ServerListings,
    ) -> Result<ToolCall> {
        let span = self.trace.map(|trace| {
            trace.open(SpanDetails::ToolCall(ToolCallSpan {
                id: call.id,
                // without a server, the name may be the model's own words
                tool: call.server.map(|_| call.tool.clone()),
                server: self.kind_of_server(&call),
            }))
        });
        let made = self.make_once(call, listings).await;
        if let (Some(mut span), Ok(call)) = (span, &made) {
            let outcome = outcome(call.status);
            if call.status == ToolCallStatus::Succeeded {
                span.succeeded(outcome);
            } else {
                span.failed(outcome);
            }
        }
        made
    }

    async fn make_once(&self, mut call: ToolCall, listings: &ServerListings) -> Result<ToolCall> {
        let parts = self.parts;
        let store = parts.store.tenant(self.lease.account);
        // a built-in tool takes effect once per idempotency key, whatever its annotations are
        let may_repeat = self.tools.of(&call).is_some_and(|tool| {
            tool.definition().is_some_and(ToolDefinition::may_repeat)
                || tool.server().transport == McpTransport::BuiltIn
        });
        let went_out_before = call.called_at.is_some();
        if went_out_before && !may_repeat {
            // the process that made the call is gone, and the result with it
            unknown(
                &mut call,
                "the process that made the call ended before its answer was kept",
            );
        } else {
            match self.check(&call, listings).await? {
                CallCheck::Denied(why) | CallCheck::Failed(why) if went_out_before => {
                    unknown(&mut call, &why);
                }
                CallCheck::Denied(why) => end(&mut call, ToolCallStatus::Denied, why),
                CallCheck::Failed(why) => end(&mut call, ToolCallStatus::Failed, why),
                CallCheck::Allowed(endpoint) => {
                    let now = parts.clock.now();
                    if !store.begin_call(self.lease, &call, now).await? {
                        return Err(taken_over());
                    }
                    call.called_at = Some(now);
                    let request = ToolRequest {
                        tool: call.tool.clone(),
                        arguments: call.arguments.clone(),
                        idempotency_key: call.idempotency_key(),
                        may_repeat,
                    };
                    let began = Instant::now();
                    let mut answer = parts.tools.call(&endpoint, request).await;
                    if let Err(failure) = &mut answer {
                        failure.may_have_happened |= went_out_before;
                    }
                    call.duration_ms = i64::try_from(began.elapsed().as_millis()).ok();
                    apply(&mut call, answer);
                }
            }
        }
        call.finished_at = Some(parts.clock.now());
        let outcome = outcome(call.status);
        let note = self.audit_note(&call, outcome);
        self.count(&call);
        tracing::info!(tool = %call.tool, tool_call = %call.id, outcome, duration_ms = call.duration_ms, "tool call ended");
        if !store.finish_call(self.lease, &call, note).await? {
            return Err(taken_over());
        }
        Ok(call)
    }

    /// Counts a call that has ended, by the kind of its server.
    fn count(&self, call: &ToolCall) {
        let server = self.kind_of_server(call);
        let duration = call.duration_ms.and_then(|ms| u64::try_from(ms).ok());
        let duration = duration.map(Duration::from_millis);
        let metrics = &self.parts.metrics.usage;
        metrics.tool_call(server, outcome(call.status), duration);
    }

    /// The kind of a call's server in metrics and traces.
    fn kind_of_server(&self, call: &ToolCall) -> &'static str {
        let server = self.tools.server(call);
        let is_built_in = server.is_some_and(|server| server.transport == McpTransport::BuiltIn);
        if is_built_in { "built_in" } else { "mcp" }
    }
}

fn unknown(call: &mut ToolCall, why: &str) {
    let error = format!("unknown whether it had its effect: {why}");
    end(call, ToolCallStatus::Unknown, error);
}

fn end(call: &mut ToolCall, status: ToolCallStatus, why: String) {
    call.status = status;
    call.error = Some(why);
}

/// Stores the answer or the failure in a call.
fn apply(call: &mut ToolCall, answer: Result<ToolAnswer, ToolFailure>) {
    match answer {
        Ok(answer) => {
            call.status = ToolCallStatus::Succeeded;
            if answer.is_error {
                let error = answer.text.chars().take(LONGEST_ERROR).collect();
                end(call, ToolCallStatus::Failed, error);
            }
            call.result = Some(answer.content);
            call.answer = Some(answer.text);
        }
        Err(failure) => {
            let error = &failure.error;
            tracing::warn!(tool_call = %call.id, tool = %call.tool, error = error.message(), cause = error.cause(), "a tool call failed");
            let why = match error.kind() {
                Kind::Internal => "internal error",
                _ => error.message(),
            };
            if failure.may_have_happened {
                unknown(call, why);
            } else {
                end(call, ToolCallStatus::Failed, why.to_owned());
            }
        }
    }
}

fn taken_over() -> Error {
    Error::conflict("another process has taken this run over")
}
