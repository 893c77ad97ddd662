//! What is said, and what becomes of it.

use async_graphql::{Context, Object};

use crate::{
    domain::{ConversationId, MessageId, Operation, RunId},
    graphql::{
        context::ContextExt,
        conversation::{DeleteConversationInput, DeleteConversationPayload},
        error::Result,
        message::{ChatInput, Message, RateMessageInput, RateMessagePayload, SendMessagePayload},
        run::{CancelRunInput, CancelRunPayload, Run},
        tool_call::{ResolveToolCallInput, ResolveToolCallPayload, ToolCall},
    },
};

/// What can be said and changed of conversations.
#[derive(Default)]
pub(super) struct ChatMutations;

#[Object]
impl ChatMutations {
    /// Sends a message; like the subscription `chat`, without streaming. Needs the role MEMBER.
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

    /// Stops a run; a run that has ended stays as it is. Needs the role MEMBER.
    async fn cancel_run(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which run.")] input: CancelRunInput,
    ) -> Result<CancelRunPayload> {
        let run = ctx
            .services()?
            .runs
            .cancel(ctx.actor()?, RunId::parse("input.runId", &input.run_id)?)
            .await?;
        Ok(CancelRunPayload { run: Run(run) })
    }

    /// Lets a waiting tool call be made, or not; once, and only with the arguments that the person saw. Needs the role ADMIN.
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

    /// Keeps what a person thinks of an answer; a second rating replaces the first. Needs the role MEMBER.
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

    /// Deletes a conversation with everything said in it; an answer under way is stopped. Needs the role MEMBER.
    async fn delete_conversation(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which conversation.")] input: DeleteConversationInput,
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
