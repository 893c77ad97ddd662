//! Runs in the API.

use async_graphql::{Context, Enum, ID, InputObject, Object, SimpleObject};
use chrono::{DateTime, Utc};

use super::{
    agent::{Agent, agent_by_id},
    context::ContextExt,
    conversation::Conversation,
    error::Result,
    loader::CallsOf,
    message::Message,
    tool_call::ToolCall,
};
use crate::{
    domain::{self, AgentId},
    error::Error,
};

/// The making of one answer.
pub(super) struct Run(pub(super) domain::Run);

/// The making of one answer.
#[Object]
impl Run {
    /// Its id, `run_…`.
    pub(super) async fn id(&self) -> ID {
        self.0.id.to_string().into()
    }

    /// How far it is.
    async fn status(&self) -> RunStatus {
        self.0.status.into()
    }

    /// The conversation it answers in.
    async fn conversation(&self, ctx: &Context<'_>) -> Result<Conversation> {
        let conversation = ctx.loaders()?.load(self.0.conversation).await?;
        Ok(Conversation(
            conversation.ok_or_else(|| Error::not_found("conversation"))?,
        ))
    }

    /// The agent that answers; null once that agent is deleted.
    async fn agent(&self, ctx: &Context<'_>) -> Option<Result<Agent>> {
        agent_by_id(ctx, self.0.agent?).await.transpose()
    }

    /// How often it was begun; 0 while it is queued.
    async fn attempt(&self) -> i32 {
        self.0.attempt
    }

    /// Which agent answers, and why; null once that agent is deleted.
    async fn route(&self, ctx: &Context<'_>) -> Option<Result<RouteDecision>> {
        let known = async {
            Ok(agent_by_id(ctx, self.0.route.agent)
                .await?
                .map(|_| RouteDecision(self.0.route.clone())))
        };
        known.await.transpose()
    }

    /// The tools that it asked for, in that order.
    async fn tool_calls(&self, ctx: &Context<'_>) -> Result<Vec<ToolCall>> {
        let calls = ctx.loaders()?.load(CallsOf(self.0.id)).await?;
        Ok(calls.into_iter().flatten().map(ToolCall).collect())
    }

    /// The answer, once it is whole; what there was of it when the run was stopped.
    async fn message(&self, ctx: &Context<'_>) -> Option<Result<Message>> {
        let answer = self.0.answer?;
        let found = async { Ok(ctx.loaders()?.load(answer).await?.map(Message)) };
        found.await.transpose()
    }

    /// What it used.
    async fn usage(&self) -> Usage {
        self.0.usage.into()
    }

    /// Why it failed.
    async fn error(&self) -> Option<RunError> {
        self.0.error.clone().map(Into::into)
    }

    /// When it was asked for.
    async fn created_at(&self) -> DateTime<Utc> {
        self.0.created_at
    }

    /// When its first attempt began.
    async fn started_at(&self) -> Option<DateTime<Utc>> {
        self.0.started_at
    }

    /// When it ended.
    async fn finished_at(&self) -> Option<DateTime<Utc>> {
        self.0.finished_at
    }
}

/// How far a run is.
#[derive(Enum, Debug, Clone, Copy, PartialEq, Eq)]
#[graphql(remote = "domain::RunStatus")]
pub(super) enum RunStatus {
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

/// Why a run failed.
#[derive(SimpleObject)]
pub(super) struct RunError {
    /// One of the codes of `errors[].extensions.code`.
    code: String,
    /// What happened.
    message: String,
}

impl From<domain::RunError> for RunError {
    fn from(error: domain::RunError) -> Self {
        Self {
            code: error.code,
            message: error.message,
        }
    }
}

/// What something used.
#[derive(SimpleObject)]
pub(super) struct Usage {
    /// Tokens that models read.
    input_tokens: i64,
    /// Tokens that models wrote.
    output_tokens: i64,
    /// US dollars, by the installation's prices.
    cost_usd: f64,
    /// From the start to the first token, milliseconds.
    first_token_ms: Option<i64>,
    /// From the start to the end, milliseconds.
    duration_ms: Option<i64>,
}

impl From<domain::Usage> for Usage {
    fn from(usage: domain::Usage) -> Self {
        Self {
            input_tokens: usage.input_tokens,
            output_tokens: usage.output_tokens,
            cost_usd: usage.cost_usd,
            first_token_ms: usage.first_token_ms,
            duration_ms: usage.duration_ms,
        }
    }
}

/// Which agent answers, and why.
pub(super) struct RouteDecision(pub(super) domain::Route);

/// Which agent answers, and why.
#[Object]
impl RouteDecision {
    /// The agent.
    async fn agent(&self, ctx: &Context<'_>) -> Result<Agent> {
        present(ctx, self.0.agent).await
    }

    /// How sure the router is, 0 to 1.
    async fn confidence(&self) -> f64 {
        self.0.confidence
    }

    /// Why this agent.
    async fn reason(&self) -> RouteReason {
        self.0.reason.into()
    }

    /// Everyone who was considered and still exists.
    async fn candidates(&self, ctx: &Context<'_>) -> Result<Vec<RouteCandidate>> {
        let agents = futures::future::try_join_all(
            self.0
                .candidates
                .iter()
                .map(|candidate| agent_by_id(ctx, candidate.agent)),
        )
        .await?;
        let known = self.0.candidates.iter().zip(agents);
        Ok(known
            .filter_map(|(candidate, agent)| {
                Some(RouteCandidate {
                    agent: agent?,
                    score: candidate.score,
                    available: candidate.available,
                })
            })
            .collect())
    }
}

async fn present(ctx: &Context<'_>, id: AgentId) -> Result<Agent> {
    Ok(agent_by_id(ctx, id)
        .await?
        .ok_or_else(|| Error::not_found("agent: it was deleted"))?)
}

/// Why an agent answers.
#[derive(Enum, Debug, Clone, Copy, PartialEq, Eq)]
#[graphql(remote = "domain::RouteReason")]
pub(super) enum RouteReason {
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
#[derive(SimpleObject)]
pub(super) struct RouteCandidate {
    /// The agent.
    agent: Agent,
    /// How well it fits, 0 to 1.
    score: f64,
    /// Whether it could answer.
    available: bool,
}

/// The run that is to be stopped.
#[derive(InputObject)]
pub(super) struct CancelRunInput {
    /// Its id.
    pub(super) run_id: ID,
}

/// The run that was asked to stop.
#[derive(SimpleObject)]
pub(super) struct CancelRunPayload {
    /// The run as it is now: CANCELLED, or ended before, or RUNNING a moment longer where another process answers it.
    pub(super) run: Run,
}
