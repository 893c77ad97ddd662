//! A run's events, and the cursor that says where a reader is.

use std::fmt;

use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::{
    domain::{
        MessageId, Route, RunError, RunId, ScoredPassage, ToolCallId, ToolCallStatus, Usage,
        text::excerpt,
    },
    error::{Error, Result},
};

/// One step of a run, as its readers see it.
#[derive(Debug, Clone, PartialEq)]
pub struct RunEvent {
    /// The run.
    pub run: RunId,
    /// Grows by one per event, from 1; a reader that lags may see neighbouring tokens as one event with the last one's.
    pub sequence: i64,
    /// When it happened.
    pub at: DateTime<Utc>,
    /// What happened.
    pub body: EventBody,
}

impl RunEvent {
    /// Where a reader is that has seen this.
    pub fn cursor(&self) -> Cursor {
        Cursor {
            run: self.run,
            sequence: self.sequence,
        }
    }
}

/// What happened.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum EventBody {
    /// An attempt began; text of an earlier one no longer counts.
    Started {
        /// From 1.
        attempt: i32,
    },
    /// The agent was chosen.
    AgentSelected {
        /// Which, and why.
        route: Route,
    },
    /// Passages were found that the answer is made from.
    KnowledgeRetrieved {
        /// The passages, the best first; never empty.
        passages: Vec<ScoredPassage>,
    },
    /// A piece of the answer.
    TokenDelta {
        /// The piece; never empty.
        text: String,
        /// Code points of the answer before it.
        offset: i64,
    },
    /// A tool call is further than it was.
    ToolCallUpdated {
        /// Which call.
        call: ToolCallId,
        /// How far it was then.
        status: ToolCallStatus,
        /// Why it failed or was not made.
        error: Option<String>,
        /// How long the tool took.
        duration_ms: Option<i64>,
    },
    /// The answer is whole and stored.
    Succeeded {
        /// The answer.
        message: MessageId,
        /// What it took.
        usage: Usage,
    },
    /// There is no answer.
    Failed {
        /// Why.
        error: RunError,
    },
    /// Someone stopped it.
    Cancelled,
}

impl EventBody {
    /// Whether nothing comes after it.
    pub fn is_final(&self) -> bool {
        match self {
            Self::Started { .. }
            | Self::AgentSelected { .. }
            | Self::KnowledgeRetrieved { .. }
            | Self::TokenDelta { .. }
            | Self::ToolCallUpdated { .. } => false,
            Self::Succeeded { .. } | Self::Failed { .. } | Self::Cancelled => true,
        }
    }
}

/// Where a reader is in a run's events; opaque text outside.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Cursor {
    /// The run.
    pub run: RunId,
    /// The last event that was seen; 0 for none.
    pub sequence: i64,
}

/// The text that clients hold.
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
    /// The text that clients hold.
    pub fn encode(self) -> String {
        self.to_string()
    }

    /// Reads a cursor given as `field`.
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
