//! The last event of a run in the API.

use std::sync::Arc;

use async_graphql::{Context, ID, Object};
use chrono::{DateTime, Utc};

use super::{
    context::ContextExt,
    error::Result,
    event::{answer, event, mismatch},
    message::{FinishReason, Message},
    run::{Run, RunError},
    usage::Usage,
};
use crate::{
    domain::{self, EventBody, MessageId},
    error::Error,
};

event! {
    /// The answer is complete and stored: its text equals all `TokenDelta` texts since the last `RunStarted`.
    RunSucceeded {
        /// The answer.
        async fn message(&self, ctx: &Context<'_>) -> Result<Message> {
            match &self.0.body {
                EventBody::Succeeded { message, .. } => answer(ctx, *message).await,
                _ => Err(mismatch()),
            }
        }

        /// Why the answer ended.
        fn finish_reason(&self) -> Result<FinishReason> {
            match &self.0.body {
                EventBody::Succeeded { finish_reason, .. } => Ok((*finish_reason).into()),
                _ => Err(mismatch()),
            }
        }

        /// The usage of the run.
        fn usage(&self) -> Result<Usage> {
            match &self.0.body {
                EventBody::Succeeded { usage, .. } => Ok((*usage).into()),
                _ => Err(mismatch()),
            }
        }
    }
}

event! {
    /// The run failed. The text that was streamed since the last `RunStarted` is stored.
    RunFailed {
        /// Why the run failed.
        fn error(&self) -> Result<RunError> {
            match &self.0.body {
                EventBody::Failed { error, .. } => Ok(error.clone().into()),
                _ => Err(mismatch()),
            }
        }

        /// The partial answer, with the finish reason ERROR; null when there was no text.
        async fn message(&self, ctx: &Context<'_>) -> Result<Option<Message>> {
            match &self.0.body {
                EventBody::Failed { message, .. } => partial(ctx, *message).await,
                _ => Err(mismatch()),
            }
        }

        /// The usage of the run.
        fn usage(&self) -> Result<Usage> {
            match &self.0.body {
                EventBody::Failed { usage, .. } => Ok((*usage).into()),
                _ => Err(mismatch()),
            }
        }
    }
}

event! {
    /// The run was cancelled. The text that was streamed since the last `RunStarted` is stored.
    RunCancelled {
        /// The partial answer, with the finish reason CANCELLED; null when there was no text.
        async fn message(&self, ctx: &Context<'_>) -> Result<Option<Message>> {
            match &self.0.body {
                EventBody::Cancelled { message, .. } => partial(ctx, *message).await,
                _ => Err(mismatch()),
            }
        }

        /// The usage of the run.
        fn usage(&self) -> Result<Usage> {
            match &self.0.body {
                EventBody::Cancelled { usage, .. } => Ok((*usage).into()),
                _ => Err(mismatch()),
            }
        }
    }
}

async fn partial(ctx: &Context<'_>, id: Option<MessageId>) -> Result<Option<Message>> {
    match id {
        Some(id) => Ok(Some(answer(ctx, id).await?)),
        None => Ok(None),
    }
}
