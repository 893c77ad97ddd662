//! Runs: the making of one answer, and the lease of its owner.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use crate::{
    domain::{
        AccountId, AgentId, ConversationId, FinishReason, LatencyClass, MessageId, RequestId,
        RunId, SessionId, TraceId, Usage,
    },
    error::ErrorCode,
};

/// The making of one answer.
#[derive(Debug, Clone, PartialEq)]
pub struct Run {
    /// The run's id.
    pub id: RunId,
    /// The account that owns the run.
    pub account: AccountId,
    /// The conversation that the run answers in.
    pub conversation: ConversationId,
    /// The agent that answers; none after that agent was deleted.
    pub agent: Option<AgentId>,
    /// The message that started the run.
    pub question: MessageId,
    /// The message with the answer, after the run ended with a text.
    pub answer: Option<MessageId>,
    /// The caller's idempotency key of the message: unique among the messages of the end user, or of the account's keys.
    pub client_message_id: Option<String>,
    /// The session of the end user who sent the message; none for the holder of a key.
    pub session: Option<SessionId>,
    /// The request that sent the message, by which its log lines are found; none for runs of earlier versions.
    pub request: Option<RequestId>,
    /// The state of the run.
    pub status: RunStatus,
    /// Which processes may execute the run.
    pub latency_class: LatencyClass,
    /// The number of the current attempt; 0 while the run is queued.
    pub attempt: i32,
    /// Increases with every change of owner; a writer with an older epoch is refused.
    pub epoch: i64,
    /// Whether a cancellation was requested.
    pub cancel_requested: bool,
    /// The chosen agent and the reason.
    pub route: Route,
    /// The names of the only tools that the run may use; none for no restriction.
    pub allow_tools: Option<Vec<String>>,
    /// The model that broke off after its first text, in the attempt before.
    pub failed_model: Option<String>,
    /// The tokens, cost and times of the run.
    pub usage: Usage,
    /// Why the answer ended, after the run ended with a text.
    pub finish_reason: Option<FinishReason>,
    /// The reason of the failure.
    pub error: Option<RunError>,
    /// The sequence of the last event, after the run ended.
    pub last_sequence: Option<i64>,
    /// The time of the request.
    pub created_at: DateTime<Utc>,
    /// The start of the first attempt.
    pub started_at: Option<DateTime<Utc>>,
    /// The end of the run.
    pub finished_at: Option<DateTime<Utc>>,
}

impl Run {
    /// The trace that the run belongs to: that of the request that sent its message. So every process that answers the
    /// run, and the request itself, name the same trace.
    pub fn trace_id(&self) -> TraceId {
        let id = self.request.map_or_else(|| self.id.uuid(), RequestId::uuid);
        TraceId::from_uuid(id)
    }
}

/// The state of a run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum RunStatus {
    /// The run waits for its turn in the conversation, or for a free process.
    Queued,
    /// A process executes the run.
    Running,
    /// The run waits until a person approves a tool call.
    AwaitingApproval,
    /// The run ended with an answer.
    Succeeded,
    /// The run ended with an error.
    Failed,
    /// The run was cancelled on request.
    Cancelled,
}

impl RunStatus {
    /// The status's name in the API.
    pub fn name(self) -> &'static str {
        match self {
            Self::Queued => "QUEUED",
            Self::Running => "RUNNING",
            Self::AwaitingApproval => "AWAITING_APPROVAL",
            Self::Succeeded => "SUCCEEDED",
            Self::Failed => "FAILED",
            Self::Cancelled => "CANCELLED",
        }
    }

    /// Whether this is an end state.
    pub fn is_final(self) -> bool {
        match self {
            Self::Queued | Self::Running | Self::AwaitingApproval => false,
            Self::Succeeded | Self::Failed | Self::Cancelled => true,
        }
    }
}

/// The reason why a run failed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RunError {
    /// The code.
    pub code: ErrorCode,
    /// The message for the caller.
    pub message: String,
    /// The own words of another system that failed, for administrators and owners.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub detail: Option<String>,
}

/// The chosen agent and the reason.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Route {
    /// The agent that answers.
    pub agent: AgentId,
    /// The id of the agent's skill that the message asks for, if that was looked at.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub skill: Option<String>,
    /// The probability that the choice is right, 0 to 1; 0 for a fallback.
    pub confidence: f64,
    /// The score that the best candidate needs to be chosen by its skills; none when skills were not looked at.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub threshold: Option<f64>,
    /// The reason of the choice.
    pub reason: RouteReason,
    /// The reason of the choice in a sentence.
    #[serde(default)]
    pub explanation: String,
    /// The conversation's agent that the person replaced by asking for another one. It corrects the router, if the router
    /// had chosen that agent for the message before.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub replaced: Option<AgentId>,
    /// The agents that were considered, the most probable ones first, at most [`Self::MOST_CANDIDATES`].
    pub candidates: Vec<RouteCandidate>,
}

impl Route {
    /// The maximum number of candidates.
    pub const MOST_CANDIDATES: usize = 10;

    /// The decision without its candidates.
    pub fn outcome(&self) -> RouteOutcome {
        let fits = |candidate: &RouteCandidate, threshold| candidate.score >= threshold;
        let none_fits = |threshold| !self.candidates.iter().any(|it| fits(it, threshold));
        RouteOutcome {
            agent: self.agent,
            reason: self.reason,
            refused: self.reason == RouteReason::Fallback && self.threshold.is_some_and(none_fits),
        }
    }

    /// The route to an agent that a conversation was handed over to.
    pub fn handed_over(agent: AgentId) -> Self {
        Self {
            agent,
            skill: None,
            confidence: 1.0,
            threshold: None,
            reason: RouteReason::Handoff,
            explanation: "The conversation was handed over to this agent.".to_owned(),
            replaced: None,
            candidates: vec![RouteCandidate {
                agent,
                skill: None,
                score: 1.0,
                available: true,
            }],
        }
    }
}

/// The reason why an agent was chosen.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum RouteReason {
    /// The message named the agent.
    Requested,
    /// The agent owns the conversation.
    Conversation,
    /// The agent matches the intent of the message.
    Intent,
    /// No agent's skills fit the message, or no other agent was available.
    Fallback,
    /// Another agent handed the conversation over.
    Handoff,
}

impl RouteReason {
    /// Every reason.
    pub const ALL: [Self; 5] = [
        Self::Requested,
        Self::Conversation,
        Self::Intent,
        Self::Fallback,
        Self::Handoff,
    ];

    /// The reason's name in the API.
    pub fn name(self) -> &'static str {
        match self {
            Self::Requested => "REQUESTED",
            Self::Conversation => "CONVERSATION",
            Self::Intent => "INTENT",
            Self::Fallback => "FALLBACK",
            Self::Handoff => "HANDOFF",
        }
    }
}

/// The chosen agent and the reason, without the agents that were considered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RouteOutcome {
    /// The agent that was chosen.
    pub agent: AgentId,
    /// The reason of the choice.
    pub reason: RouteReason,
    /// Whether skills were compared with the message and none fit.
    pub refused: bool,
}

/// An agent that was considered.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct RouteCandidate {
    /// The agent.
    pub agent: AgentId,
    /// The id of the skill that fits the message best, if skills were looked at.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub skill: Option<String>,
    /// The similarity of the message to the agent's nearest skill, 0 to 1; where skills were not looked at, 1 for the
    /// first choice and 0 for its fallbacks.
    pub score: f64,
    /// Whether the agent could answer.
    pub available: bool,
}

/// The right to write to a run, until another process takes the run over.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Lease {
    /// The account that owns the run.
    pub account: AccountId,
    /// The run's conversation.
    pub conversation: ConversationId,
    /// The run that the lease is for.
    pub run: RunId,
    /// The epoch that the lease was granted for.
    pub epoch: i64,
    /// The number of the attempt, from 1.
    pub attempt: i32,
    /// The number of attempts without those that ended in an orderly release.
    pub tries: i32,
}

impl Lease {
    /// The lease of a new run's first owner.
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
