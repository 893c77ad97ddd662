//! Other versions of messages in the API: inputs and payloads.

use async_graphql::{ID, InputObject, SimpleObject};

use super::{conversation::Conversation, error::Result};
use crate::{
    domain::MessageId,
    service::{NewVersion, VersionKind},
};

/// The answer to generate again.
#[derive(InputObject)]
pub(super) struct RegenerateMessageInput {
    /// The id of the answer, which is on the selected line of its conversation.
    message_id: ID,
    /// The idempotency key: repeating a key within an account attaches to the run that it started.
    client_message_id: String,
}

/// The message to edit.
#[derive(InputObject)]
pub(super) struct EditMessageInput {
    /// The id of the end user's message, which is on the selected line of its conversation.
    message_id: ID,
    /// The new text, 1 to 32,000 characters.
    message: String,
    /// The idempotency key: repeating a key within an account attaches to the run that it started.
    client_message_id: String,
}

/// The answer to continue.
#[derive(InputObject)]
pub(super) struct ContinueMessageInput {
    /// The id of the answer: the last message of the selected line, with the finishReason LENGTH or
    /// BUDGET.
    message_id: ID,
    /// The idempotency key: repeating a key within an account attaches to the run that it started.
    client_message_id: String,
}

/// The version to show.
#[derive(InputObject)]
pub(super) struct SelectAlternativeInput {
    /// The id of the message.
    pub(super) message_id: ID,
}

/// The result of `selectAlternative`.
#[derive(SimpleObject)]
pub(super) struct SelectAlternativePayload {
    /// The conversation after the change.
    pub(super) conversation: Conversation,
}

impl RegenerateMessageInput {
    /// The version that is asked for.
    pub(super) fn version(self) -> Result<NewVersion> {
        version(
            &self.message_id,
            VersionKind::Answer,
            self.client_message_id,
        )
    }
}

impl EditMessageInput {
    /// The version that is asked for.
    pub(super) fn version(self) -> Result<NewVersion> {
        let kind = VersionKind::Question(self.message);
        version(&self.message_id, kind, self.client_message_id)
    }
}

impl ContinueMessageInput {
    /// The version that is asked for.
    pub(super) fn version(self) -> Result<NewVersion> {
        let kind = VersionKind::Continuation;
        version(&self.message_id, kind, self.client_message_id)
    }
}

fn version(message: &ID, kind: VersionKind, client_message_id: String) -> Result<NewVersion> {
    Ok(NewVersion {
        message: MessageId::parse("input.messageId", message)?,
        kind,
        client_message_id,
    })
}
