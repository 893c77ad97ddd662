//! The parts of an answer, as they are stored beside its text.

use serde::{Deserialize, Serialize};

use crate::domain::ToolCallId;

/// A part of an answer. The parts stand in the order in which they came.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum MessagePart {
    /// The next piece of the answer's text.
    Text {
        /// The length of the piece, in Unicode code points.
        characters: usize,
    },
    /// What the model thought. It is not in the answer's text.
    Reasoning {
        /// The text, as the provider sends it.
        text: String,
    },
    /// A tool call that the model, or its workflow, requested.
    ToolCall {
        /// The id of the call.
        call: ToolCallId,
    },
    /// All passages that the model was given.
    Sources,
}
