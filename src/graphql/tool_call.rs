//! Tool calls in the API.

use std::sync::Arc;

use async_graphql::{Context, Enum, ID, InputObject, Object, SimpleObject};
use chrono::{DateTime, Utc};
use serde_json::Value;

use super::{
    connection::{ItemConnection, PageArgs, TotalCount, connect},
    context::ContextExt,
    error::Result,
    loader::AccountServerKey,
    mcp_server::McpServer,
    run::Run,
    tool_approval::ToolApproval,
};
use crate::{
    domain::{self, AgentId, ConversationId, Position, ToolCallId},
    error::Error,
    service::Resolution,
};

/// A tool call that a model requested, and its result.
pub(super) struct ToolCall(pub(super) domain::ToolCall);

impl From<domain::ToolCall> for ToolCall {
    fn from(call: domain::ToolCall) -> Self {
        Self(call)
    }
}

/// A tool call that a model requested, and its result.
#[Object]
impl ToolCall {
    /// The id of the tool call, `toolcall_…`.
    pub(super) async fn id(&self) -> ID {
        self.0.id.to_string().into()
    }

    /// The run that requested the call.
    async fn run(&self, ctx: &Context<'_>) -> Result<Run> {
        let run = ctx.loaders()?.load(self.0.run).await?;
        Ok(Run(run.ok_or_else(|| Error::not_found("run"))?))
    }

    /// The name of the tool on its server, or the requested name if there is no such tool.
    async fn tool(&self) -> &str {
        &self.0.tool
    }

    /// The server of the tool; null once the server is removed, and for tools that were not offered to the model.
    async fn server(&self, ctx: &Context<'_>) -> Option<Result<McpServer>> {
        let server = AccountServerKey(self.0.account, self.0.server?);
        let found = async {
            let server = ctx.loaders()?.load(server).await?;
            Ok(server.map(|server| McpServer(Arc::clone(server.row()))))
        };
        found.await.transpose()
    }

    /// The arguments, a JSON object; if the model's arguments are not an object, their text as a string.
    async fn arguments(&self) -> &Value {
        &self.0.arguments
    }

    /// SHA-256 of the canonical arguments, in hexadecimal: `resolveToolCall` approves only these arguments.
    async fn arguments_digest(&self) -> &str {
        &self.0.digest
    }

    /// The result of the tool.
    async fn result(&self) -> Option<&Value> {
        self.0.result.as_ref()
    }

    /// The status of the tool call.
    async fn status(&self) -> ToolCallStatus {
        self.0.status.into()
    }

    /// Why the call failed or was not made. It starts with "unknown" when the call may or may not have had its effect.
    async fn error(&self) -> Option<&str> {
        self.0.error.as_deref()
    }

    /// The duration of the call, in milliseconds.
    async fn duration_ms(&self) -> Option<i64> {
        self.0.duration_ms
    }

    /// The time of the model's request.
    async fn requested_at(&self) -> DateTime<Utc> {
        self.0.requested_at
    }

    /// The deadline for the decision; null when no approval is needed.
    async fn expires_at(&self) -> Option<DateTime<Utc>> {
        self.0.expires_at
    }

    /// The approval that the call needs; null when it needs none, and for an end user when the staff approves it.
    fn approval(&self, ctx: &Context<'_>) -> Result<Option<ToolApproval>> {
        Ok(ToolApproval::of(&self.0, ctx.actor()?))
    }

    /// The id of the API key or of the end user that approved or denied the call.
    async fn resolved_by(&self) -> Option<&str> {
        self.0.resolved_by.as_deref()
    }

    /// The time of the decision.
    async fn resolved_at(&self) -> Option<DateTime<Utc>> {
        self.0.resolved_at
    }
}

/// The status of a tool call.
#[derive(Enum, Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum ToolCallStatus {
    /// Waiting for approval.
    AwaitingApproval,
    /// Allowed; the call is about to be made or in progress.
    Running,
    /// The tool returned a result.
    Succeeded,
    /// The tool failed, or the outcome of the call is unknown.
    Failed,
    /// Not made: the call was not permitted, or approval was denied.
    Denied,
    /// Not made: approval came too late, or the run ended first.
    Expired,
}

impl From<domain::ToolCallStatus> for ToolCallStatus {
    fn from(status: domain::ToolCallStatus) -> Self {
        match status {
            domain::ToolCallStatus::AwaitingApproval => Self::AwaitingApproval,
            domain::ToolCallStatus::Running => Self::Running,
            domain::ToolCallStatus::Succeeded => Self::Succeeded,
            domain::ToolCallStatus::Failed | domain::ToolCallStatus::Unknown => Self::Failed,
            domain::ToolCallStatus::Denied => Self::Denied,
            domain::ToolCallStatus::Expired => Self::Expired,
        }
    }
}

/// A filter for calls that wait for approval.
#[derive(InputObject)]
pub(super) struct ApprovalFilter {
    /// Matches calls of this agent.
    agent_id: Option<ID>,
    /// Matches calls in this conversation.
    conversation_id: Option<ID>,
}

impl ApprovalFilter {
    /// Validates the format of the ids.
    pub(super) fn filter(self) -> Result<domain::ApprovalFilter> {
        let agent = self.agent_id;
        let agent = agent.map(|id| AgentId::parse("filter.agentId", &id));
        let conversation = self.conversation_id;
        let conversation =
            conversation.map(|id| ConversationId::parse("filter.conversationId", &id));
        Ok(domain::ApprovalFilter {
            agent: agent.transpose()?,
            conversation: conversation.transpose()?,
            approver: None,
        })
    }
}

/// The calls that wait for approval, as a connection.
pub(super) async fn pending_list(
    ctx: &Context<'_>,
    filter: Option<ApprovalFilter>,
    args: PageArgs,
) -> Result<ItemConnection<ToolCall>> {
    let filter = filter.map(ApprovalFilter::filter).transpose()?;
    let filter = filter.unwrap_or_default();
    let actor = ctx.actor()?;
    let scope = format!("pendingApprovals/{}", actor.account());
    let calls = &ctx.services()?.tool_calls;
    let page = calls.pending(actor, filter, &args.request(&scope)?).await?;
    Ok(connect(
        page,
        &scope,
        TotalCount::PendingApprovals(filter),
        |call| Position::of(call.id),
    ))
}

/// The decision about a tool call.
#[derive(InputObject)]
pub(super) struct ResolveToolCallInput {
    /// The id of the tool call.
    tool_call_id: ID,
    /// Whether the call is approved.
    approve: bool,
    /// The account's own id of the end user on whose behalf an API key decides; needed to approve a call whose approver is
    /// `END_USER`. The role MEMBER is enough for such a call.
    end_user: Option<String>,
    /// The `argumentsDigest` of the call as it was shown; other arguments are not approved.
    arguments_digest: String,
    /// A comment, at most 2,000 characters; the model receives it when the call is denied.
    comment: Option<String>,
}

impl ResolveToolCallInput {
    /// Validates the format of the ids.
    pub(super) fn resolution(self) -> Result<Resolution> {
        Ok(Resolution {
            call: ToolCallId::parse("input.toolCallId", &self.tool_call_id)?,
            approve: self.approve,
            end_user: self.end_user,
            digest: self.arguments_digest,
            comment: self.comment,
        })
    }
}

/// The result of `resolveToolCall`.
#[derive(SimpleObject)]
pub(super) struct ResolveToolCallPayload {
    /// The tool call after the decision.
    pub(super) tool_call: ToolCall,
}
