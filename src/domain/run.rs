//! Runs: the making of one answer, and who may write to it.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use crate::domain::{AccountId, AgentId, ConversationId, LatencyClass, MessageId, RunId};

/// The making of one answer.
#[derive(Debug, Clone, PartialEq)]
pub struct Run {
    /// Its id.
    pub id: RunId,
    /// The account it belongs to.
    pub account: AccountId,
    /// The conversation it answers in.
    pub conversation: ConversationId,
    /// The agent that answers; none once that agent is deleted.
    pub agent: Option<AgentId>,
    /// The message that asked for it.
    pub question: MessageId,
    /// The message it made, once it has ended with a text.
    pub answer: Option<MessageId>,
    /// How far it is.
    pub status: RunStatus,
    /// Who may answer it.
    pub latency_class: LatencyClass,
    /// How often it was begun; 0 while it is queued.
    pub attempt: i32,
    /// Grows with every change of owner; a writer with an older one is refused.
    pub epoch: i64,
    /// Someone asked that it stop.
    pub cancel_requested: bool,
    /// Why this agent answers.
    pub route: Route,
    /// The only tools that may be used for it, by name; none set no bound.
    pub allow_tools: Option<Vec<String>>,
    /// What it used.
    pub usage: Usage,
    /// Why it failed.
    pub error: Option<RunError>,
    /// The sequence of its last event, once it has ended.
    pub last_sequence: Option<i64>,
    /// When it was asked for.
    pub created_at: DateTime<Utc>,
    /// When its first attempt began.
    pub started_at: Option<DateTime<Utc>>,
    /// When it ended.
    pub finished_at: Option<DateTime<Utc>>,
}

/// How far a run is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum RunStatus {
    /// Waits for its turn in the conversation, or for a free process.
    Queued,
    /// Being answered.
    Running,
    /// Stopped until a person allows a tool call.
    AwaitingApproval,
    /// Ended with an answer.
    Succeeded,
    /// Ended with an error.
    Failed,
    /// Ended because someone asked for it.
    Cancelled,
}

impl RunStatus {
    /// Whether nothing will come after it.
    pub fn is_final(self) -> bool {
        match self {
            Self::Queued | Self::Running | Self::AwaitingApproval => false,
            Self::Succeeded | Self::Failed | Self::Cancelled => true,
        }
    }
}

/// Why a run failed, in words for the caller.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RunError {
    /// One of the API's error codes.
    pub code: String,
    /// What happened.
    pub message: String,
}

/// What a run used.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize, Deserialize)]
pub struct Usage {
    /// Tokens that the model read.
    pub input_tokens: i64,
    /// Tokens that the model wrote.
    pub output_tokens: i64,
    /// US dollars, by the prices of `app.yaml`.
    pub cost_usd: f64,
    /// From the run's start to its first token.
    pub first_token_ms: Option<i64>,
    /// From the run's start to its end.
    pub duration_ms: Option<i64>,
}

/// Which agent answers, and why.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Route {
    /// The agent.
    pub agent: AgentId,
    /// 0 to 1.
    pub confidence: f64,
    /// Why.
    pub reason: RouteReason,
    /// Everyone who was considered.
    pub candidates: Vec<RouteCandidate>,
}

/// Why an agent answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum RouteReason {
    /// The message named it.
    Requested,
    /// It owns the conversation.
    Conversation,
    /// It fits what was asked.
    Intent,
    /// Nobody else could.
    Fallback,
    /// It was handed the conversation.
    Handoff,
}

/// An agent that was considered.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct RouteCandidate {
    /// The agent.
    pub agent: AgentId,
    /// How well it fits, 0 to 1.
    pub score: f64,
    /// Whether it could answer.
    pub available: bool,
}

/// The right to write to a run, until someone else takes it over.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Lease {
    /// The account.
    pub account: AccountId,
    /// The conversation.
    pub conversation: ConversationId,
    /// The run.
    pub run: RunId,
    /// The epoch it was given for.
    pub epoch: i64,
    /// Which attempt this is, from 1.
    pub attempt: i32,
    /// The same without those that were given back in good order.
    pub tries: i32,
}

impl Lease {
    /// The first owner's.
    pub fn first(run: &Run) -> Self {
        Self {
            account: run.account,
            conversation: run.conversation,
            run: run.id,
            epoch: 1,
            attempt: 1,
            tries: 1,
        }
    }
}
