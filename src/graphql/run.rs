//! Runs in the API.

use async_graphql::{Context, Enum, ID, InputObject, Object, SimpleObject};
use chrono::{DateTime, Utc};

use super::{
    account::Account,
    agent::{Agent, agent_by_id},
    context::ContextExt,
    conversation::Conversation,
    error::Result,
    error_code::ErrorCode,
    loader::RunToolCallsKey,
    message::{FinishReason, Message},
    route::RouteDecision,
    tool_call::ToolCall,
    usage::Usage,
};
use crate::{domain, error::Error};

/// The production of one answer.
pub(super) struct Run(pub(super) domain::Run);

impl From<domain::Run> for Run {
    fn from(run: domain::Run) -> Self {
        Self(run)
    }
}

/// The production of one answer.
#[Object]
impl Run {
    /// The id of the run, `run_…`.
    pub(super) async fn id(&self) -> ID {
        self.0.id.to_string().into()
    }

    /// The status of the run.
    async fn status(&self) -> RunStatus {
        self.0.status.into()
    }

    /// The conversation of the run.
    async fn conversation(&self, ctx: &Context<'_>) -> Result<Conversation> {
        ctx.enter(self.0.account)?;
        let conversation = ctx.loaders()?.load(self.0.conversation).await?;
        Ok(Conversation(
            conversation.ok_or_else(|| Error::not_found("conversation"))?,
        ))
    }

    /// The account that owns the run.
    async fn account(&self, ctx: &Context<'_>) -> Result<Account> {
        ctx.enter(self.0.account)?;
        let account = ctx.loaders()?.load(self.0.account).await?;
        Ok(Account(account.ok_or_else(|| Error::not_found("account"))?))
    }

    /// The agent of the run; null once it is deleted.
    async fn agent(&self, ctx: &Context<'_>) -> Option<Result<Agent>> {
        let id = self.0.agent?;
        let found = async {
            ctx.enter(self.0.account)?;
            agent_by_id(ctx, id).await
        };
        found.await.transpose()
    }

    /// The number of attempts that started; 0 while the run is queued.
    async fn attempt(&self) -> i32 {
        self.0.attempt
    }

    /// The router's choice of the agent; null once that agent is deleted.
    async fn route(&self, ctx: &Context<'_>) -> Option<Result<RouteDecision>> {
        let known = async {
            ctx.enter(self.0.account)?;
            Ok(agent_by_id(ctx, self.0.route.agent)
                .await?
                .map(|_| RouteDecision(self.0.route.clone())))
        };
        known.await.transpose()
    }

    /// The tool calls of the run, in the order in which the model requested them.
    async fn tool_calls(&self, ctx: &Context<'_>) -> Result<Vec<ToolCall>> {
        ctx.enter(self.0.account)?;
        let calls = ctx.loaders()?.load(RunToolCallsKey(self.0.id)).await?;
        Ok(calls.into_iter().flatten().map(ToolCall).collect())
    }

    /// The person's message that the run answers.
    async fn user_message(&self, ctx: &Context<'_>) -> Result<Message> {
        ctx.enter(self.0.account)?;
        let question = ctx.loaders()?.load(self.0.question).await?;
        Ok(Message(
            question.ok_or_else(|| Error::not_found("message"))?,
        ))
    }

    /// The answer, once it is complete; the partial answer of a run that was cancelled or failed.
    async fn message(&self, ctx: &Context<'_>) -> Option<Result<Message>> {
        let answer = self.0.answer?;
        let found = async {
            ctx.enter(self.0.account)?;
            Ok(ctx.loaders()?.load(answer).await?.map(Message))
        };
        found.await.transpose()
    }

    /// Why the answer ended; null while there is none.
    async fn finish_reason(&self) -> Option<FinishReason> {
        self.0.finish_reason.map(Into::into)
    }

    /// The usage of the run.
    async fn usage(&self) -> Usage {
        self.0.usage.into()
    }

    /// Why the run failed.
    async fn error(&self) -> Option<RunError> {
        self.0.error.clone().map(Into::into)
    }

    /// The creation time.
    async fn created_at(&self) -> DateTime<Utc> {
        self.0.created_at
    }

    /// The time at which the first attempt started.
    async fn started_at(&self) -> Option<DateTime<Utc>> {
        self.0.started_at
    }

    /// The time at which the run ended.
    async fn finished_at(&self) -> Option<DateTime<Utc>> {
        self.0.finished_at
    }
}

/// The status of a run.
#[derive(Enum, Debug, Clone, Copy, PartialEq, Eq)]
#[graphql(remote = "domain::RunStatus")]
pub(super) enum RunStatus {
    /// Waiting for earlier messages of the conversation, or for a free process.
    Queued,
    /// A process is producing the answer.
    Running,
    /// Waiting for approval of a tool call.
    AwaitingApproval,
    /// Ended with an answer.
    Succeeded,
    /// Ended with an error.
    Failed,
    /// Cancelled by a caller.
    Cancelled,
}

/// Why a run failed.
pub(super) struct RunError(domain::RunError);

/// Why a run failed.
#[Object]
impl RunError {
    /// The error code.
    async fn code(&self) -> ErrorCode {
        self.0.code.into()
    }

    /// The error message.
    async fn message(&self) -> &str {
        &self.0.message
    }

    /// The own words of the model's provider, at most 300 characters. Null for the roles MEMBER and READER.
    fn detail(&self, ctx: &Context<'_>) -> Result<Option<&str>> {
        let may_read = ctx.actor()?.may_read_details();
        Ok(self.0.detail.as_deref().filter(|_| may_read))
    }
}

impl From<domain::RunError> for RunError {
    fn from(error: domain::RunError) -> Self {
        Self(error)
    }
}

/// The run to cancel.
#[derive(InputObject)]
pub(super) struct CancelRunInput {
    /// The id of the run.
    pub(super) run_id: ID,
}

/// The result of `cancelRun`.
#[derive(SimpleObject)]
pub(super) struct CancelRunPayload {
    /// The run after the request: CANCELLED, already ended, or still RUNNING for a moment if another process owns it.
    pub(super) run: Run,
}
