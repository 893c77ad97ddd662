//! Chat: sends a message and streams its run to the same caller.

use std::sync::Arc;

use tokio::runtime::Handle;
use tokio_util::{sync::CancellationToken, task::TaskTracker};

use super::{
    MessageService, NewMessage, RunEventService, RunEvents, RunService,
    run_events::{another_run, begin_at},
};
use crate::{
    domain::{Actor, Cursor, Operation, Permission, RunEvent, RunId},
    error::{Error, Result},
};

/// What happens to a run when the caller who sent its message stops reading it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum OnDisconnect {
    /// The run goes on; the caller finds the answer later.
    #[default]
    Continue,
    /// The run is cancelled.
    Cancel,
}

/// How a caller reads the run that answers its message.
#[derive(Debug, Clone, Copy)]
pub struct ChatOptions<'a> {
    /// The cursor of the last event that the caller has.
    pub after: Option<&'a str>,
    /// What happens when the caller stops reading before the end.
    pub on_disconnect: OnDisconnect,
}

/// Sends messages and streams their runs.
#[derive(Clone)]
pub struct ChatService {
    pub(super) messages: MessageService,
    pub(super) events: RunEventService,
    pub(super) runs: RunService,
    pub(super) tracker: TaskTracker,
    /// Cancelled before this process ends its connections.
    pub(super) closing: CancellationToken,
}

impl ChatService {
    /// Sends a message, or finds the run that its key started, and streams that run from after the cursor. With a
    /// cursor the run exists already, and nothing is sent. `BAD_USER_INPUT` without a key: a client that reconnects would
    /// send the message again.
    pub async fn chat(
        &self,
        actor: &Actor,
        new: NewMessage,
        options: ChatOptions<'_>,
    ) -> Result<RunEvents> {
        let permission = actor.authorize(Operation::Chat)?;
        if new.client_message_id.is_none() {
            return Err(without_key());
        }
        let cursor = options.after.map(|text| Cursor::parse("after", text));
        let cursor = cursor.transpose()?;
        let (run, is_new) = if cursor.is_some() {
            let before = self.messages.sent_before(actor, &new).await?;
            (before.ok_or_else(another_run)?, false)
        } else {
            let sent = self.messages.send_once(actor, Operation::Chat, new).await?;
            (sent.run, sent.is_new)
        };
        let after = begin_at(&self.events, &run, cursor).await?;
        let events = self.events.follow_sent(&permission, &run, is_new, after);
        Ok(match options.on_disconnect {
            OnDisconnect::Continue => events,
            OnDisconnect::Cancel => self.cancelled_without_reader(events, permission, run.id),
        })
    }

    /// The same events of a run, which is cancelled when they are dropped before its end.
    fn cancelled_without_reader(
        &self,
        events: RunEvents,
        permission: Permission,
        run: RunId,
    ) -> RunEvents {
        let mut reader = OnlyReader {
            runs: self.runs.clone(),
            permission,
            run,
            tracker: self.tracker.clone(),
            closing: self.closing.clone(),
            runtime: Handle::current(),
            is_done: false,
        };
        events.inspect(move |event| reader.saw(event))
    }
}

/// The reader without whom a run is cancelled.
struct OnlyReader {
    runs: RunService,
    permission: Permission,
    run: RunId,
    tracker: TaskTracker,
    closing: CancellationToken,
    runtime: Handle,
    is_done: bool,
}

impl OnlyReader {
    fn saw(&mut self, event: &Result<Arc<RunEvent>>) {
        // a stream that fails has not lost its caller, who reads on from its cursor
        self.is_done |= event.as_ref().map_or(true, |event| event.body.is_final());
    }
}

impl Drop for OnlyReader {
    fn drop(&mut self) {
        // a process that shuts down ends its connections; the callers go on elsewhere
        if self.is_done || self.closing.is_cancelled() {
            return;
        }
        let (runs, permission, run) = (self.runs.clone(), self.permission.clone(), self.run);
        let cancel = async move {
            if let Err(error) = runs.stop(&permission, run).await {
                tracing::warn!(
                    %run,
                    cause = error.cause(),
                    "cancelling a run without a reader failed: {}",
                    error.message()
                );
            }
        };
        self.tracker.spawn_on(cancel, &self.runtime);
    }
}

fn without_key() -> Error {
    Error::bad_input(
        "input.clientMessageId",
        "is required by `chat`, which clients repeat when a connection breaks: set any string that is unique for each \
         message, such as crypto.randomUUID(), and repeat it only to go on with the same message",
    )
}
