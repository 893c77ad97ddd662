//! Mutations of the versions of messages.

use async_graphql::{Context, Object};

use crate::{
    domain::{MessageId, Operation},
    graphql::{
        alternative::{
            ContinueMessageInput, EditMessageInput, RegenerateMessageInput, SelectAlternativeInput,
            SelectAlternativePayload,
        },
        context::ContextExt,
        conversation::Conversation,
        error::Result,
        message::SendMessagePayload,
        run::Run,
    },
    service::NewVersion,
};

/// The mutations of the versions of messages.
#[derive(Default)]
pub(super) struct AlternativeMutations;

#[Object]
impl AlternativeMutations {
    /// Generates another answer beside an answer, from the same message; the answer and what follows it stay reachable
    /// through `alternatives`. Requires the role MEMBER.
    async fn regenerate_message(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The answer.")] input: RegenerateMessageInput,
    ) -> Result<SendMessagePayload> {
        send(ctx, Operation::RegenerateMessage, input.version()?).await
    }

    /// Sends another message beside an end user's message, and answers it; the first message and what follows it stay
    /// reachable through `alternatives`. Requires the role MEMBER.
    async fn edit_message(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The message and its new text.")] input: EditMessageInput,
    ) -> Result<SendMessagePayload> {
        send(ctx, Operation::EditMessage, input.version()?).await
    }

    /// Continues an answer that was cut at its maximum length: the run adds a message that continues the text. Requires
    /// the role MEMBER.
    async fn continue_message(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The answer.")] input: ContinueMessageInput,
    ) -> Result<SendMessagePayload> {
        send(ctx, Operation::ContinueMessage, input.version()?).await
    }

    /// Shows another version of a message, with the newest messages that follow it. Requires the role MEMBER.
    async fn select_alternative(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The version.")] input: SelectAlternativeInput,
    ) -> Result<SelectAlternativePayload> {
        let id = MessageId::parse("input.messageId", &input.message_id)?;
        let alternatives = &ctx.services()?.alternatives;
        let conversation = Box::pin(alternatives.select(ctx.actor()?, id)).await?;
        Ok(SelectAlternativePayload {
            conversation: Conversation(conversation),
        })
    }
}

async fn send(
    ctx: &Context<'_>,
    operation: Operation,
    version: NewVersion,
) -> Result<SendMessagePayload> {
    let alternatives = &ctx.services()?.alternatives;
    let run = Box::pin(alternatives.send(ctx.actor()?, operation, version)).await?;
    Ok(SendMessagePayload { run: Run(run) })
}
