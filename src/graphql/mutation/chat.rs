//! Mutations of messages, runs, tool calls and conversations.

use async_graphql::{Context, Object};

use crate::{
    domain::{ConversationId, MessageId, Operation, RunId},
    graphql::{
        context::ContextExt,
        conversation::Conversation,
        conversation_input::{
            DeleteConversationInput, DeleteConversationPayload, UpdateConversationInput,
            UpdateConversationPayload,
        },
        error::Result,
        handoff::{HandOffInput, HandOffPayload, Handoff},
        message::{ChatInput, Message, RateMessageInput, RateMessagePayload, SendMessagePayload},
        run::{CancelRunInput, CancelRunPayload, Run},
        tool_call::{ResolveToolCallInput, ResolveToolCallPayload, ToolCall},
    },
};

/// The mutations of messages, runs, tool calls and conversations.
#[derive(Default)]
pub(super) struct ChatMutations;

#[Object]
impl ChatMutations {
    /// Sends a message; the subscription `chat` does the same with streaming. Requires the role MEMBER.
    async fn send_message(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The message.")] input: ChatInput,
    ) -> Result<SendMessagePayload> {
        let run = ctx
            .services()?
            .messages
            .send(ctx.actor()?, Operation::SendMessage, input.message()?)
            .await?;
        Ok(SendMessagePayload { run: Run(run) })
    }

    /// Cancels a run; a run that has ended is unchanged. Requires the role MEMBER.
    async fn cancel_run(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The run to cancel.")] input: CancelRunInput,
    ) -> Result<CancelRunPayload> {
        let run = ctx
            .services()?
            .runs
            .cancel(ctx.actor()?, RunId::parse("input.runId", &input.run_id)?)
            .await?;
        Ok(CancelRunPayload { run: Run(run) })
    }

    /// Gives a conversation to another agent from the next message on; a run in progress ends with its own agent. Requires
    /// the role MEMBER.
    async fn hand_off(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The conversation and the agent.")] input: HandOffInput,
    ) -> Result<HandOffPayload> {
        let handoff = ctx
            .services()?
            .handoffs
            .hand_off(ctx.actor()?, input.handoff()?)
            .await?;
        Ok(HandOffPayload {
            handoff: Handoff(handoff),
        })
    }

    /// Approves or denies a waiting tool call, once, for the arguments in `argumentsDigest` only. Requires the role ADMIN; a
    /// call whose approver is `END_USER` is decided by the end user of its conversation, or with the role MEMBER and `endUser`.
    async fn resolve_tool_call(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The decision.")] input: ResolveToolCallInput,
    ) -> Result<ResolveToolCallPayload> {
        let call = ctx
            .services()?
            .tool_calls
            .resolve(ctx.actor()?, input.resolution()?)
            .await?;
        Ok(ResolveToolCallPayload {
            tool_call: ToolCall(call),
        })
    }

    /// Stores the rating of an answer; a second rating replaces the first. Requires the role MEMBER.
    async fn rate_message(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The rating.")] input: RateMessageInput,
    ) -> Result<RateMessagePayload> {
        let id = MessageId::parse("input.messageId", &input.message_id)?;
        let message = ctx
            .services()?
            .conversations
            .rate_message(ctx.actor()?, id, input.rating())
            .await?;
        Ok(RateMessagePayload {
            message: Message(message),
        })
    }

    /// Changes the title, the archive state, the metadata or the read mark of a conversation. Requires the role MEMBER.
    async fn update_conversation(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The change.")] input: UpdateConversationInput,
    ) -> Result<UpdateConversationPayload> {
        let id = ConversationId::parse("input.id", &input.id)?;
        let conversations = &ctx.services()?.conversations;
        let changed = conversations
            .update(ctx.actor()?, id, &input.change())
            .await?;
        Ok(UpdateConversationPayload {
            conversation: Conversation(changed),
        })
    }

    /// Deletes a conversation with all its messages; a running answer is stopped. Requires the role MEMBER.
    async fn delete_conversation(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The conversation to delete.")] input: DeleteConversationInput,
    ) -> Result<DeleteConversationPayload> {
        ctx.services()?
            .conversations
            .delete(ctx.actor()?, ConversationId::parse("input.id", &input.id)?)
            .await?;
        Ok(DeleteConversationPayload {
            deleted_id: input.id,
        })
    }
}
