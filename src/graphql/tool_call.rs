//! Tool calls in the API.

use std::sync::Arc;

use async_graphql::{Context, Enum, ID, InputObject, Object, SimpleObject};
use chrono::{DateTime, Utc};
use serde_json::Value;

use super::{
    connection::{List, PageArgs, Total, connect},
    context::ContextExt,
    error::Result,
    loader::ServerOf,
    mcp_server::McpServer,
    run::Run,
};
use crate::{
    domain::{self, Position, ToolCallId},
    error::Error,
    service::Resolution,
};

/// A model's wish to call a tool, and what became of it.
pub(super) struct ToolCall(pub(super) domain::ToolCall);

impl From<domain::ToolCall> for ToolCall {
    fn from(call: domain::ToolCall) -> Self {
        Self(call)
    }
}

/// A model's wish to call a tool, and what became of it.
#[Object]
impl ToolCall {
    /// Its id, `toolcall_…`.
    pub(super) async fn id(&self) -> ID {
        self.0.id.to_string().into()
    }

    /// The run it was asked for in.
    async fn run(&self, ctx: &Context<'_>) -> Result<Run> {
        let run = ctx.loaders()?.load(self.0.run).await?;
        Ok(Run(run.ok_or_else(|| Error::not_found("run"))?))
    }

    /// The tool's name on its server; what the model asked for when there is no such tool.
    async fn tool(&self) -> &str {
        &self.0.tool
    }

    /// The server it is on; null once that is removed, and when the model asked for a tool that it was never offered.
    async fn server(&self, ctx: &Context<'_>) -> Option<Result<McpServer>> {
        let server = ServerOf(self.0.account, self.0.server?);
        let found = async {
            let server = ctx.loaders()?.load(server).await?;
            Ok(server.map(|server| McpServer(Arc::clone(server.row()))))
        };
        found.await.transpose()
    }

    /// The arguments, an object; what the model wrote, as a string, when that is no object.
    async fn arguments(&self) -> &Value {
        &self.0.arguments
    }

    /// SHA-256 of the canonical arguments, in hexadecimal: `resolveToolCall` approves these arguments and no others.
    async fn arguments_digest(&self) -> &str {
        &self.0.digest
    }

    /// What the tool said.
    async fn result(&self) -> Option<&Value> {
        self.0.result.as_ref()
    }

    /// How far it is.
    async fn status(&self) -> ToolCallStatus {
        self.0.status.into()
    }

    /// Why it failed or was not made. It begins with "unknown" where nobody knows whether the call had its effect.
    async fn error(&self) -> Option<&str> {
        self.0.error.as_deref()
    }

    /// How long the tool took, milliseconds.
    async fn duration_ms(&self) -> Option<i64> {
        self.0.duration_ms
    }

    /// When the model asked.
    async fn requested_at(&self) -> DateTime<Utc> {
        self.0.requested_at
    }

    /// Until when a person can decide; null where nobody has to.
    async fn expires_at(&self) -> Option<DateTime<Utc>> {
        self.0.expires_at
    }

    /// Who decided: the id of an API key.
    async fn resolved_by(&self) -> Option<&str> {
        self.0.resolved_by.as_deref()
    }

    /// When a person decided.
    async fn resolved_at(&self) -> Option<DateTime<Utc>> {
        self.0.resolved_at
    }
}

/// How far a tool call is.
#[derive(Enum, Debug, Clone, Copy, PartialEq, Eq)]
#[graphql(remote = "domain::ToolCallStatus")]
pub(super) enum ToolCallStatus {
    /// A person has to decide.
    AwaitingApproval,
    /// It may be made, or is being made.
    Running,
    /// The tool answered.
    Succeeded,
    /// The tool failed, or nobody knows what became of the call.
    Failed,
    /// It was not made: it was not permitted, or a person said no.
    Denied,
    /// It was not made: nobody decided in time, or the run ended before.
    Expired,
}

/// The calls that wait for a person, as a connection.
pub(super) async fn pending_list(ctx: &Context<'_>, args: PageArgs) -> Result<List<ToolCall>> {
    let actor = ctx.actor()?;
    let scope = format!("pendingApprovals/{}", actor.account());
    let page = ctx
        .services()?
        .tool_calls
        .pending(actor, &args.request(&scope)?)
        .await?;
    Ok(connect(page, &scope, Total::PendingApprovals, |call| {
        Position {
            sort: None,
            id: call.id.uuid(),
        }
    }))
}

/// What a person decides about a tool call.
#[derive(InputObject)]
pub(super) struct ResolveToolCallInput {
    /// Which call.
    tool_call_id: ID,
    /// Whether it may be made.
    approve: bool,
    /// The `argumentsDigest` of the call as the person saw it: other arguments are not approved.
    arguments_digest: String,
    /// Why, at most 2000 characters; the model is told it with a refusal.
    comment: Option<String>,
}

impl ResolveToolCallInput {
    /// The input, checked for its shape.
    pub(super) fn resolution(self) -> Result<Resolution> {
        Ok(Resolution {
            call: ToolCallId::parse("input.toolCallId", &self.tool_call_id)?,
            approve: self.approve,
            digest: self.arguments_digest,
            comment: self.comment,
        })
    }
}

/// The tool call that was decided about.
#[derive(SimpleObject)]
pub(super) struct ResolveToolCallPayload {
    /// The call as it is now.
    pub(super) tool_call: ToolCall,
}
