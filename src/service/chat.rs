//! Chat: sends a message and streams its run to the same caller.

use super::{
    MessageService, NewMessage, RunEventService, RunEvents,
    run_events::{another_run, begin_at},
};
use crate::{
    domain::{Actor, Cursor, Operation},
    error::{Error, Result},
};

/// Sends messages and streams their runs.
#[derive(Clone)]
pub struct ChatService {
    pub(super) messages: MessageService,
    pub(super) events: RunEventService,
}

impl ChatService {
    /// Sends a message, or finds the run that its key started, and streams that run from after the cursor. With a
    /// cursor the run exists already, and nothing is sent. `BAD_USER_INPUT` without a key: a client that reconnects would
    /// send the message again.
    pub async fn chat(
        &self,
        actor: &Actor,
        new: NewMessage,
        after: Option<&str>,
    ) -> Result<RunEvents> {
        let permission = actor.authorize(Operation::Chat)?;
        if new.client_message_id.is_none() {
            return Err(without_key());
        }
        let cursor = after.map(|text| Cursor::parse("after", text)).transpose()?;
        let (run, is_new) = if cursor.is_some() {
            let before = self.messages.sent_before(actor, &new).await?;
            (before.ok_or_else(another_run)?, false)
        } else {
            let sent = self.messages.send_once(actor, Operation::Chat, new).await?;
            (sent.run, sent.is_new)
        };
        let after = begin_at(&self.events, &run, cursor).await?;
        Ok(self.events.follow_sent(&permission, &run, is_new, after))
    }
}

fn without_key() -> Error {
    Error::bad_input(
        "input.clientMessageId",
        "is required by `chat`, which clients repeat when a connection breaks: set any string that is unique for each \
         message, such as crypto.randomUUID(), and repeat it only to go on with the same message",
    )
}
