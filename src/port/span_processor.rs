//! The spans of runs, and what takes them when they have ended. A span has names, ids, counts and times; there is no place
//! in it for a message, a prompt, or the arguments of a tool.

use std::{sync::Arc, time::Duration};

use chrono::{DateTime, Utc};

use super::TokenCounts;
use crate::domain::{
    AccountId, AgentId, ConversationId, FinishReason, HandoffId, RunId, SpanId, ToolCallId, TraceId,
};

/// Takes the spans of a process.
pub trait SpanProcessor: Send + Sync {
    /// Takes a span that has ended. Never waits: a span for which there is no room is dropped and counted.
    fn on_end(&self, span: &TraceSpan);
}

/// One operation of a run, or of a reading outside of runs.
#[derive(Debug, Clone, PartialEq)]
pub struct TraceSpan {
    /// The trace that the span belongs to.
    pub trace: TraceId,
    /// The span's id.
    pub id: SpanId,
    /// The span that the operation is a part of; none for a root.
    pub parent: Option<SpanId>,
    /// What the span is about.
    pub subject: SpanSubject,
    /// The operation.
    pub details: SpanDetails,
    /// The begin of the operation.
    pub began: DateTime<Utc>,
    /// The end of the operation.
    pub ended: DateTime<Utc>,
    /// How the operation ended, as metrics and logs name it.
    pub outcome: &'static str,
    /// The class of the error that it ended in, from a closed set; none otherwise.
    pub error: Option<&'static str>,
}

/// The account, the run and the agent that a span is about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SpanSubject {
    /// The account that owns the run.
    pub account: AccountId,
    /// The conversation; none outside of runs.
    pub conversation: Option<ConversationId>,
    /// The run; none outside of runs.
    pub run: Option<RunId>,
    /// The number of the attempt; none outside of attempts.
    pub attempt: Option<i32>,
    /// The agent that answers at the time.
    pub agent: Option<AgentId>,
    /// The agent's display name, once it was read.
    pub agent_name: Option<String>,
}

/// What is special to each kind of operation.
#[derive(Debug, Clone, PartialEq)]
pub enum SpanDetails {
    /// A whole run, from its message to its end.
    Run(RunSpan),
    /// One attempt at a run, by one process.
    Attempt,
    /// A call of a chat model, with its retries.
    ModelCall(ModelCallSpan),
    /// A tool call that was approved.
    ToolCall(ToolCallSpan),
    /// A handoff that an agent asked for.
    Handoff(HandoffSpan),
}

/// What is special to a run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RunSpan {
    /// Which processes answer the run, as the API names it.
    pub latency_class: &'static str,
    /// The number of attempts.
    pub attempts: i64,
    /// The metered prompt tokens of all attempts.
    pub input_tokens: i64,
    /// The metered output tokens of all attempts.
    pub output_tokens: i64,
    /// Why the answer ended; none without an answer.
    pub finish_reason: Option<FinishReason>,
}

/// What is special to a call of a chat model.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct ModelCallSpan {
    /// The name under which the pricing tier lists the model; it may be an alias.
    pub name: Arc<str>,
    /// What the model is at its provider.
    pub identity: Arc<ModelIdentity>,
    /// The maximum number of tokens of the answer.
    pub max_tokens: usize,
    /// The sampling temperature.
    pub temperature: f64,
    /// Whether the answer must be a JSON object.
    pub is_json: bool,
    /// The model that answered, by the provider's report.
    pub answered_by: Option<String>,
    /// The tokens that the provider reported.
    pub tokens: TokenCounts,
    /// Why the answer ended; none when it did not come to its end.
    pub finish_reason: Option<FinishReason>,
    /// Whether the answer has tool calls.
    pub has_calls: bool,
    /// The time from the request to the first event of the answer.
    pub first_event: Option<Duration>,
}

/// What a chat model is at its provider.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ModelIdentity {
    /// The kind of the model: `embedded`, `openai` or `anthropic`.
    pub provider: &'static str,
    /// The provider's name of the model.
    pub model: String,
    /// The provider's server; none for a model in this process, and for one with several servers.
    pub server: Option<ServerAddress>,
}

/// The address of a server.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ServerAddress {
    /// The host's name or address.
    pub host: String,
    /// The port.
    pub port: u16,
}

/// What is special to a tool call.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ToolCallSpan {
    /// The call's id in the API and in the log.
    pub id: ToolCallId,
    /// The tool's name on its server; none when its server was removed.
    pub tool: Option<String>,
    /// The kind of the server: `built_in` or `mcp`.
    pub server: &'static str,
}

/// What is special to a handoff.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HandoffSpan {
    /// The agent that receives the conversation.
    pub to: AgentId,
    /// The handoff's id; none when it was not written.
    pub id: Option<HandoffId>,
}
