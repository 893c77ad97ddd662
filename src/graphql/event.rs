//! A run's events in the API.

use std::sync::Arc;

use async_graphql::{Context, ID, Interface, Object};
use chrono::{DateTime, Utc};

use super::{
    context::ContextExt,
    document::{Passage, passages},
    error::Result,
    message::Message,
    run::{RouteDecision, Run, RunError, Usage},
    tool_call::ToolCall,
};
use crate::{
    domain::{self, EventBody, MessageId, ToolCallId},
    error::Error,
};

/// One step of a run. For a reader that is slower than the model, neighbouring tokens come as one event with the last one's cursor and sequence.
#[derive(Interface)]
#[graphql(
    field(name = "run_id", ty = "ID", desc = "The run."),
    field(
        name = "cursor",
        ty = "String",
        desc = "Where a reader is that has seen this event: the `after` of a subscription that goes on from here."
    ),
    field(
        name = "sequence",
        ty = "i64",
        desc = "Grows by one per event of a run, from 1."
    ),
    field(name = "at", ty = "DateTime<Utc>", desc = "When it happened.")
)]
pub(super) enum RunEvent {
    /// An attempt began.
    RunStarted(RunStarted),
    /// The agent was chosen.
    AgentSelected(AgentSelected),
    /// Passages were found that the answer is made from.
    KnowledgeRetrieved(KnowledgeRetrieved),
    /// A piece of the answer.
    TokenDelta(TokenDelta),
    /// A tool call is further than it was.
    ToolCallUpdated(ToolCallUpdated),
    /// The answer is whole.
    RunSucceeded(RunSucceeded),
    /// There is no answer.
    RunFailed(RunFailed),
    /// Someone stopped it.
    RunCancelled(RunCancelled),
}

impl From<Arc<domain::RunEvent>> for RunEvent {
    fn from(event: Arc<domain::RunEvent>) -> Self {
        match event.body {
            EventBody::Started { .. } => Self::RunStarted(RunStarted(event)),
            EventBody::AgentSelected { .. } => Self::AgentSelected(AgentSelected(event)),
            EventBody::KnowledgeRetrieved { .. } => {
                Self::KnowledgeRetrieved(KnowledgeRetrieved(event))
            }
            EventBody::TokenDelta { .. } => Self::TokenDelta(TokenDelta(event)),
            EventBody::ToolCallUpdated { .. } => Self::ToolCallUpdated(ToolCallUpdated(event)),
            EventBody::Succeeded { .. } => Self::RunSucceeded(RunSucceeded(event)),
            EventBody::Failed { .. } => Self::RunFailed(RunFailed(event)),
            EventBody::Cancelled => Self::RunCancelled(RunCancelled(event)),
        }
    }
}

/// Defines the type of an event: the fields of every event, and its own.
macro_rules! event {
    ($(#[$doc:meta])* $name:ident { $($own:tt)* }) => {
        $(#[$doc])*
        pub(super) struct $name(Arc<domain::RunEvent>);

        $(#[$doc])*
        #[Object]
        impl $name {
            /// The run.
            async fn run_id(&self) -> ID {
                self.0.run.to_string().into()
            }

            /// Where a reader is that has seen this event: the `after` of a subscription that goes on from here.
            async fn cursor(&self) -> String {
                self.0.cursor().encode()
            }

            /// Grows by one per event of a run, from 1.
            async fn sequence(&self) -> i64 {
                self.0.sequence
            }

            /// When it happened.
            async fn at(&self) -> DateTime<Utc> {
                self.0.at
            }

            $($own)*
        }
    };
}

event! {
    /// An attempt began. When `attempt` is greater than 1, the text so far no longer counts: drop it.
    RunStarted {
        /// The run.
        async fn run(&self, ctx: &Context<'_>) -> Result<Run> {
            let run = ctx.loaders()?.load(self.0.run).await?;
            Ok(Run(run.ok_or_else(|| Error::not_found("run"))?))
        }

        /// Which attempt, from 1.
        async fn attempt(&self) -> i32 {
            match &self.0.body {
                EventBody::Started { attempt } => *attempt,
                _ => 0,
            }
        }
    }
}

event! {
    /// The agent was chosen.
    AgentSelected {
        /// Which agent, and why.
        fn route(&self) -> Result<RouteDecision> {
            match &self.0.body {
                EventBody::AgentSelected { route } => Ok(RouteDecision(route.clone())),
                _ => Err(mismatch()),
            }
        }
    }
}

event! {
    /// Passages were found that the answer is made from.
    KnowledgeRetrieved {
        /// The passages, the best first; what a document said that is gone is not among them.
        async fn passages(&self, ctx: &Context<'_>) -> Result<Vec<Passage>> {
            match &self.0.body {
                EventBody::KnowledgeRetrieved { passages: found } => passages(ctx, found.clone()).await,
                _ => Err(mismatch()),
            }
        }
    }
}

event! {
    /// A piece of the answer.
    TokenDelta {
        /// The piece; never empty.
        async fn text(&self) -> &str {
            match &self.0.body {
                EventBody::TokenDelta { text, .. } => text,
                _ => "",
            }
        }

        /// Code points of the answer before this piece.
        async fn offset(&self) -> i64 {
            match &self.0.body {
                EventBody::TokenDelta { offset, .. } => *offset,
                _ => 0,
            }
        }
    }
}

event! {
    /// A tool call is further than it was.
    ToolCallUpdated {
        /// The call as it was then.
        async fn tool_call(&self, ctx: &Context<'_>) -> Result<ToolCall> {
            match &self.0.body {
                EventBody::ToolCallUpdated { call, status, error, duration_ms } => {
                    let mut call = tool_call(ctx, *call).await?;
                    if call.status != *status {
                        // it is further by now, and this tells of then
                        call.result = None;
                    }
                    (call.status, call.duration_ms) = (*status, *duration_ms);
                    call.error.clone_from(error);
                    Ok(ToolCall(call))
                }
                _ => Err(mismatch()),
            }
        }
    }
}

event! {
    /// The answer is whole and stored: its text is that of all `TokenDelta`s since the last `RunStarted`.
    RunSucceeded {
        /// The answer.
        async fn message(&self, ctx: &Context<'_>) -> Result<Message> {
            match &self.0.body {
                EventBody::Succeeded { message, .. } => answer(ctx, *message).await,
                _ => Err(mismatch()),
            }
        }

        /// What it took.
        fn usage(&self) -> Result<Usage> {
            match &self.0.body {
                EventBody::Succeeded { usage, .. } => Ok((*usage).into()),
                _ => Err(mismatch()),
            }
        }
    }
}

event! {
    /// There is no answer.
    RunFailed {
        /// Why.
        fn error(&self) -> Result<RunError> {
            match &self.0.body {
                EventBody::Failed { error } => Ok(error.clone().into()),
                _ => Err(mismatch()),
            }
        }
    }
}

event! {
    /// Someone stopped it; `run.message` has the text so far.
    RunCancelled {}
}

async fn answer(ctx: &Context<'_>, id: MessageId) -> Result<Message> {
    let message = ctx.loaders()?.load(id).await?;
    Ok(Message(message.ok_or_else(|| Error::not_found("message"))?))
}

async fn tool_call(ctx: &Context<'_>, id: ToolCallId) -> Result<domain::ToolCall> {
    let call = ctx.loaders()?.load(id).await?;
    Ok(call.ok_or_else(|| Error::not_found("tool call"))?)
}

/// The type of an event is chosen by its body, so this is never seen.
fn mismatch() -> super::error::ApiError {
    Error::internal("reading an event's body").into()
}
