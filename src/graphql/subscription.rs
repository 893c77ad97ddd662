//! The subscriptions.

use async_graphql::{Context, ID, Subscription as SubscriptionObject};
use futures::{Stream, StreamExt};

use super::{
    agent::Agent,
    context::ContextExt,
    document::Document,
    error::{ApiError, Result},
    event::RunEvent,
    hot,
    message::ChatInput,
    tool_call::ToolCall,
};
use crate::domain::{AgentId, ConversationId, DocumentId, RunId};

/// What can be followed.
#[derive(Debug, Clone, Copy)]
pub struct Subscription;

/// What can be followed.
#[SubscriptionObject]
impl Subscription {
    /// Sends a message and streams the run that answers it. With a clientMessageId, subscribing again attaches to the same run and never sends twice. Needs the role MEMBER.
    async fn chat(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The message.")] input: ChatInput,
        #[graphql(
            desc = "The cursor of the last event that was seen: only what comes after it is streamed."
        )]
        after: Option<String>,
    ) -> Result<impl Stream<Item = Result<RunEvent>> + use<>> {
        let events = Box::pin(ctx.services()?.chat.chat(
            ctx.actor()?,
            input.message()?,
            after.as_deref(),
        ))
        .await?;
        Ok(hot::events(ctx, events))
    }

    /// Any run, from its first event or from the one after a cursor; ends after the run's last event.
    async fn run_events(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which run.")] run_id: ID,
        #[graphql(
            desc = "The cursor of the last event that was seen: only what comes after it is streamed."
        )]
        after: Option<String>,
    ) -> Result<impl Stream<Item = Result<RunEvent>> + use<>> {
        let id = RunId::parse("runId", &run_id)?;
        let events = Box::pin(ctx.services()?.run_events.of_run(
            ctx.actor()?,
            id,
            after.as_deref(),
        ))
        .await?;
        Ok(hot::events(ctx, events))
    }

    /// Every run of a conversation, one after the other, as they come: for a second device, or an agent desk.
    async fn conversation_events(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which conversation.")] conversation_id: ID,
        #[graphql(
            desc = "The cursor of the last event that was seen: only what comes after it is streamed."
        )]
        after: Option<String>,
    ) -> Result<impl Stream<Item = Result<RunEvent>> + use<>> {
        let id = ConversationId::parse("conversationId", &conversation_id)?;
        let events = Box::pin(ctx.services()?.run_events.of_conversation(
            ctx.actor()?,
            id,
            after.as_deref(),
        ))
        .await?;
        Ok(hot::events(ctx, events))
    }

    /// A document now and whenever it changes, until it is searched or has failed.
    async fn document_progress(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which document.")] document_id: ID,
    ) -> Result<impl Stream<Item = Result<Document>> + use<>> {
        let id = DocumentId::parse("documentId", &document_id)?;
        let changes = Box::pin(ctx.services()?.documents.progress(ctx.actor()?, id)).await?;
        Ok(changes.map(|change| change.map(Document).map_err(ApiError::from)))
    }

    #[expect(
        clippy::unused_async,
        reason = "a subscription is an asynchronous function"
    )]
    /// Every tool call that waits for a person, then each that begins to wait, and each once more when it was decided.
    async fn tool_approvals(
        &self,
        ctx: &Context<'_>,
    ) -> Result<impl Stream<Item = Result<ToolCall>> + use<>> {
        let calls = ctx.services()?.tool_calls.approvals(ctx.actor()?)?;
        Ok(calls.map(|call| call.map(ToolCall).map_err(ApiError::from)))
    }

    /// An agent, or every agent of the account, whenever it is made or changed.
    async fn agent_changed(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Only this agent.")] agent_id: Option<ID>,
    ) -> Result<impl Stream<Item = Result<Agent>> + use<>> {
        let id = agent_id
            .map(|id| AgentId::parse("agentId", &id))
            .transpose()?;
        let changes = Box::pin(ctx.services()?.agents.changes(ctx.actor()?, id)).await?;
        Ok(changes.map(|change| change.map(Agent).map_err(ApiError::from)))
    }
}
