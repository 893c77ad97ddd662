//! The events of a run, and the cursor of a reader's position in them.

use std::fmt;

use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::{
    domain::{
        FinishReason, HandoffId, MessageId, Route, RunError, RunId, ScoredPassage, ToolCallId,
        ToolCallStatus, Usage, text::excerpt,
    },
    error::{Error, Result},
};

/// One event of a run.
#[derive(Debug, Clone, PartialEq)]
pub struct RunEvent {
    /// The run that the event belongs to.
    pub run: RunId,
    /// Increases by one per event, from 1. A slow reader may get neighbouring token events merged, with the sequence of
    /// the last one.
    pub sequence: i64,
    /// The time of the event.
    pub at: DateTime<Utc>,
    /// The kind and content of the event.
    pub body: EventBody,
}

impl RunEvent {
    /// The cursor of a reader that has received this event.
    pub fn cursor(&self) -> Cursor {
        Cursor {
            run: self.run,
            sequence: self.sequence,
        }
    }
}

/// The kind and content of an event.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum EventBody {
    /// The person's message is stored: the first event of a run.
    MessageAdded {
        /// The message that the run answers.
        message: MessageId,
    },
    /// An attempt began; the text of earlier attempts is void.
    Started {
        /// The number of the attempt, from 1.
        attempt: i32,
    },
    /// The agent was chosen.
    AgentSelected {
        /// The chosen agent and the reason.
        route: Route,
    },
    /// The knowledge search found passages for the prompt.
    KnowledgeRetrieved {
        /// The passages, the best first; never empty.
        passages: Vec<ScoredPassage>,
    },
    /// A piece of what the model thinks. It is not in the answer's text.
    ReasoningDelta {
        /// The text; never empty.
        text: String,
    },
    /// A piece of the answer.
    TokenDelta {
        /// The text; never empty.
        text: String,
        /// The number of code points of the answer before this text.
        offset: i64,
        /// The number of UTF-16 code units of the answer before this text.
        #[serde(rename = "utf16")]
        utf16_offset: i64,
    },
    /// The status of a tool call changed.
    ToolCallUpdated {
        /// The id of the call.
        call: ToolCallId,
        /// The status at the time of the event.
        status: ToolCallStatus,
        /// The reason why the call failed or was not made.
        error: Option<String>,
        /// The duration of the call in milliseconds.
        duration_ms: Option<i64>,
    },
    /// A stage of the workflow is finished.
    Progress {
        /// The stage's name.
        stage: String,
    },
    /// An agent handed the conversation over, or was refused to.
    HandedOff {
        /// The id of the handoff.
        handoff: HandoffId,
    },
    /// The answer is complete and stored.
    Succeeded {
        /// The message with the answer.
        message: MessageId,
        /// The usage of the run.
        usage: Usage,
        /// Why the answer ended.
        finish_reason: FinishReason,
    },
    /// The run failed.
    Failed {
        /// The reason of the failure.
        error: RunError,
        /// The message with the text that was written before; none when there was no text.
        message: Option<MessageId>,
        /// The usage of the run.
        usage: Usage,
    },
    /// The run was cancelled.
    Cancelled {
        /// The message with the text that was written before; none when there was no text.
        message: Option<MessageId>,
        /// The usage of the run.
        usage: Usage,
    },
}

impl EventBody {
    /// Adds the text of the next event, which [`Self::takes`] allows.
    pub fn join(&mut self, next: &Self) {
        if let (Self::TokenDelta { text, .. }, Self::TokenDelta { text: more, .. })
        | (Self::ReasoningDelta { text }, Self::ReasoningDelta { text: more }) = (self, next)
        {
            text.push_str(more);
        }
    }

    /// Whether both events are pieces of the answer, or both of the reasoning, so that they can be joined.
    pub fn takes(&self, next: &Self) -> bool {
        matches!(
            (self, next),
            (Self::TokenDelta { .. }, Self::TokenDelta { .. })
                | (Self::ReasoningDelta { .. }, Self::ReasoningDelta { .. })
        )
    }

    /// Whether this is the last event of the run.
    pub fn is_final(&self) -> bool {
        match self {
            Self::MessageAdded { .. }
            | Self::Started { .. }
            | Self::AgentSelected { .. }
            | Self::KnowledgeRetrieved { .. }
            | Self::ReasoningDelta { .. }
            | Self::TokenDelta { .. }
            | Self::ToolCallUpdated { .. }
            | Self::Progress { .. }
            | Self::HandedOff { .. } => false,
            Self::Succeeded { .. } | Self::Failed { .. } | Self::Cancelled { .. } => true,
        }
    }
}

/// A reader's position in a run's events; an opaque text for clients.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Cursor {
    /// The run.
    pub run: RunId,
    /// The sequence of the last received event; 0 for none.
    pub sequence: i64,
}

/// The opaque text for clients.
impl fmt::Display for Cursor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut bytes = [0; 24];
        let (run, sequence) = bytes.split_at_mut(16);
        run.copy_from_slice(self.run.uuid().as_bytes());
        sequence.copy_from_slice(&self.sequence.to_be_bytes());
        let mut text = [0; 32];
        BASE64_URL_SAFE_NO_PAD
            .encode_slice(bytes, &mut text)
            .map_err(|_| fmt::Error)?;
        f.write_str(str::from_utf8(&text).map_err(|_| fmt::Error)?)
    }
}

impl Cursor {
    /// The opaque text for clients.
    pub fn encode(self) -> String {
        self.to_string()
    }

    /// Parses a cursor; `field` is the input's path in errors.
    pub fn parse(field: &str, text: &str) -> Result<Self> {
        let wrong = || {
            Error::bad_input(
                field,
                format!(
                    "\"{}\" is not a cursor, expected the `cursor` of an event of this run or conversation",
                    excerpt(text)
                ),
            )
        };
        let bytes = BASE64_URL_SAFE_NO_PAD.decode(text).map_err(|_| wrong())?;
        let (run, sequence) = bytes.split_at_checked(16).ok_or_else(wrong)?;
        let run = Uuid::from_slice(run).map_err(|_| wrong())?;
        let sequence = i64::from_be_bytes(sequence.try_into().map_err(|_| wrong())?);
        if sequence < 0 {
            return Err(wrong());
        }
        Ok(Self {
            run: RunId::from_uuid(run),
            sequence,
        })
    }
}
