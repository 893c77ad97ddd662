//! A run's events in the API.

use std::sync::Arc;

use async_graphql::{Context, ID, Interface, Object};
use chrono::{DateTime, Utc};

use super::{
    context::ContextExt,
    document::{Passage, passages},
    error::Result,
    event_end::{RunCancelled, RunFailed, RunSucceeded},
    handoff::Handoff,
    message::Message,
    route::RouteDecision,
    run::Run,
    tool_call::ToolCall,
};
use crate::{
    domain::{self, EventBody, MessageId, ToolCallId},
    error::Error,
};

/// An event of a run. When a reader is slower than the model, adjacent tokens arrive as one event, with the cursor
/// and sequence of the last token.
#[derive(Interface)]
#[graphql(
    field(name = "run_id", ty = "ID", desc = "The id of the run."),
    field(
        name = "run",
        ty = "Result<Run>",
        desc = "The run as it is now, so that a cache updates itself. It is looked up for each event that selects it: select it in fragments on other types than `TokenDelta` and `ReasoningDelta`."
    ),
    field(
        name = "cursor",
        ty = "String",
        desc = "The cursor of this event: pass it as `after` to resume a subscription with the next event."
    ),
    field(
        name = "sequence",
        ty = "i64",
        desc = "The position of the event in its run, from 1; increases with each event."
    ),
    field(name = "at", ty = "DateTime<Utc>", desc = "The time of the event.")
)]
pub(super) enum RunEvent {
    /// The person's message: the first event of a run.
    MessageAdded(MessageAdded),
    /// An attempt started.
    RunStarted(RunStarted),
    /// The router selected an agent.
    AgentSelected(AgentSelected),
    /// Passages were retrieved for the answer.
    KnowledgeRetrieved(KnowledgeRetrieved),
    /// A piece of what the model thinks.
    ReasoningDelta(ReasoningDelta),
    /// A piece of the answer's text.
    TokenDelta(TokenDelta),
    /// The status of a tool call changed.
    ToolCallUpdated(ToolCallUpdated),
    /// A stage of a research is finished.
    RunProgress(RunProgress),
    /// The conversation was handed over to another agent, or a handoff was refused.
    HandedOff(HandedOff),
    /// The answer is complete and stored.
    RunSucceeded(RunSucceeded),
    /// The run failed.
    RunFailed(RunFailed),
    /// The run was cancelled.
    RunCancelled(RunCancelled),
}

impl From<Arc<domain::RunEvent>> for RunEvent {
    fn from(event: Arc<domain::RunEvent>) -> Self {
        match event.body {
            EventBody::MessageAdded { .. } => Self::MessageAdded(MessageAdded(event)),
            EventBody::Started { .. } => Self::RunStarted(RunStarted(event)),
            EventBody::AgentSelected { .. } => Self::AgentSelected(AgentSelected(event)),
            EventBody::KnowledgeRetrieved { .. } => {
                Self::KnowledgeRetrieved(KnowledgeRetrieved(event))
            }
            EventBody::ReasoningDelta { .. } => Self::ReasoningDelta(ReasoningDelta(event)),
            EventBody::TokenDelta { .. } => Self::TokenDelta(TokenDelta(event)),
            EventBody::ToolCallUpdated { .. } => Self::ToolCallUpdated(ToolCallUpdated(event)),
            EventBody::Progress { .. } => Self::RunProgress(RunProgress(event)),
            EventBody::HandedOff { .. } => Self::HandedOff(HandedOff(event)),
            EventBody::Succeeded { .. } => Self::RunSucceeded(RunSucceeded(event)),
            EventBody::Failed { .. } => Self::RunFailed(RunFailed(event)),
            EventBody::Cancelled { .. } => Self::RunCancelled(RunCancelled(event)),
        }
    }
}

/// Defines the GraphQL type of an event: the fields that all events share, then the event's own fields.
macro_rules! event {
    ($(#[$doc:meta])* $name:ident { $($own:tt)* }) => {
        $(#[$doc])*
        pub(super) struct $name(pub(super) Arc<domain::RunEvent>);

        $(#[$doc])*
        #[Object]
        impl $name {
            /// The id of the run.
            pub(super) async fn run_id(&self) -> ID {
                self.0.run.to_string().into()
            }

            /// The run as it is now, so that a cache updates itself. It is looked up for each event that selects it: select it in
            /// fragments on other types than `TokenDelta` and `ReasoningDelta`.
            pub(super) async fn run(&self, ctx: &Context<'_>) -> Result<Run> {
                let run = ctx.loaders()?.load(self.0.run).await?;
                Ok(Run(run.ok_or_else(|| Error::not_found("run"))?))
            }

            /// The cursor of this event: pass it as `after` to resume a subscription with the next event.
            pub(super) async fn cursor(&self) -> String {
                self.0.cursor().encode()
            }

            /// The position of the event in its run, from 1; increases with each event.
            pub(super) async fn sequence(&self) -> i64 {
                self.0.sequence
            }

            /// The time of the event.
            pub(super) async fn at(&self) -> DateTime<Utc> {
                self.0.at
            }

            $($own)*
        }
    };
}

pub(super) use event;

event! {
    /// The person's message, which the run answers: the first event of a run.
    MessageAdded {
        /// The message.
        async fn message(&self, ctx: &Context<'_>) -> Result<Message> {
            match &self.0.body {
                EventBody::MessageAdded { message } => answer(ctx, *message).await,
                _ => Err(mismatch()),
            }
        }
    }
}

event! {
    /// An attempt started. If `attempt` is greater than 1, discard the text, the reasoning and
    /// the tool calls received so far.
    RunStarted {
        /// The number of the attempt, from 1.
        async fn attempt(&self) -> i32 {
            match &self.0.body {
                EventBody::Started { attempt } => *attempt,
                _ => 0,
            }
        }
    }
}

event! {
    /// The router selected an agent, or a handoff did: then the route's reason is HANDOFF.
    AgentSelected {
        /// The selected agent and the reason.
        fn route(&self) -> Result<RouteDecision> {
            match &self.0.body {
                EventBody::AgentSelected { route } => Ok(RouteDecision(route.clone())),
                _ => Err(mismatch()),
            }
        }
    }
}

event! {
    /// Passages were retrieved for the answer.
    KnowledgeRetrieved {
        /// The passages, best match first; passages of deleted documents are omitted.
        async fn passages(&self, ctx: &Context<'_>) -> Result<Vec<Passage>> {
            match &self.0.body {
                EventBody::KnowledgeRetrieved { passages: found } => passages(ctx, found.clone()).await,
                _ => Err(mismatch()),
            }
        }
    }
}

event! {
    /// A piece of what the model thinks. It is not part of the answer's text.
    ReasoningDelta {
        /// The text; never empty.
        async fn text(&self) -> &str {
            match &self.0.body {
                EventBody::ReasoningDelta { text } => text,
                _ => "",
            }
        }
    }
}

event! {
    /// A piece of the answer's text.
    TokenDelta {
        /// The text; never empty.
        async fn text(&self) -> &str {
            match &self.0.body {
                EventBody::TokenDelta { text, .. } => text,
                _ => "",
            }
        }

        /// The position of the piece in the answer, in Unicode code points.
        async fn offset(&self) -> i64 {
            match &self.0.body {
                EventBody::TokenDelta { offset, .. } => *offset,
                _ => 0,
            }
        }

        /// The position of the piece in the answer, in UTF-16 code units, as JavaScript counts.
        async fn utf16_offset(&self) -> i64 {
            match &self.0.body {
                EventBody::TokenDelta { utf16_offset, .. } => *utf16_offset,
                _ => 0,
            }
        }
    }
}

event! {
    /// A stage of a research is finished: the plan, the search, each sub-question, the comparison.
    RunProgress {
        /// The name of the stage, such as `plan`, `search`, `examine 2` or `compare`.
        async fn stage(&self) -> &str {
            match &self.0.body {
                EventBody::Progress { stage } => stage,
                _ => "",
            }
        }
    }
}

event! {
    /// The status of a tool call changed.
    ToolCallUpdated {
        /// The tool call at the time of the event.
        async fn tool_call(&self, ctx: &Context<'_>) -> Result<ToolCall> {
            match &self.0.body {
                EventBody::ToolCallUpdated { call, status, error, duration_ms } => {
                    let mut call = tool_call(ctx, *call).await?;
                    if call.status != *status {
                        // The stored call has changed since this event, so its result is newer than the event.
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
    /// The conversation was handed over to another agent: the text that follows is that agent's, in the same answer. With
    /// the outcome REJECTED, the handoff was refused, and the agent that answered goes on.
    HandedOff {
        /// The handoff.
        async fn handoff(&self, ctx: &Context<'_>) -> Result<Handoff> {
            match &self.0.body {
                EventBody::HandedOff { handoff } => {
                    let found = ctx.loaders()?.load(*handoff).await?;
                    Ok(Handoff(found.ok_or_else(|| Error::not_found("handoff"))?))
                }
                _ => Err(mismatch()),
            }
        }
    }
}

pub(super) async fn answer(ctx: &Context<'_>, id: MessageId) -> Result<Message> {
    let message = ctx.loaders()?.load(id).await?;
    Ok(Message(message.ok_or_else(|| Error::not_found("message"))?))
}

async fn tool_call(ctx: &Context<'_>, id: ToolCallId) -> Result<domain::ToolCall> {
    let call = ctx.loaders()?.load(id).await?;
    Ok(call.ok_or_else(|| Error::not_found("tool call"))?)
}

/// The error for an event whose type does not match its body. The conversion to [`RunEvent`] prevents this.
pub(super) fn mismatch() -> super::error::ApiError {
    Error::internal("reading an event's body").into()
}
