//! What a model answers beside its text: tool calls, and why the answer ended.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

/// A tool call that a model requests.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ModelCall {
    /// The model's id for the call; never empty, unique in the answer.
    pub reference: String,
    /// The tool's name; not necessarily one of the offered tools.
    pub name: String,
    /// The arguments as the model wrote them: JSON if the model complied, else any text.
    pub arguments: String,
    /// What the provider needs back with the call.
    pub extra: CallExtra,
}

/// Members of a provider's tool call that are unknown here. They go back to the provider with the call, in the same
/// place: some providers refuse the call without them.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct CallExtra {
    /// Members of the call.
    #[serde(default, skip_serializing_if = "Map::is_empty")]
    pub call: Map<String, Value>,
    /// Members of the call's `function`.
    #[serde(default, skip_serializing_if = "Map::is_empty")]
    pub function: Map<String, Value>,
}

impl CallExtra {
    /// Whether there are no such members.
    pub fn is_empty(&self) -> bool {
        self.call.is_empty() && self.function.is_empty()
    }
}

/// Why an answer ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum FinishReason {
    /// The model finished.
    Stop,
    /// The output limit or the context window was reached; the answer is cut.
    Length,
    /// The provider's content filter withheld the remaining answer, or the model refused to answer.
    ContentFilter,
    /// The model answered because it may call no more tools.
    ToolLimit,
    /// A budget had too little left for the remaining answer.
    Budget,
    /// The run was cancelled; the answer is what was written before.
    Cancelled,
    /// The run failed; the answer is what was written before.
    Error,
}

impl FinishReason {
    /// The reason's name in the API.
    pub fn name(self) -> &'static str {
        match self {
            Self::Stop => "STOP",
            Self::Length => "LENGTH",
            Self::ContentFilter => "CONTENT_FILTER",
            Self::ToolLimit => "TOOL_LIMIT",
            Self::Budget => "BUDGET",
            Self::Cancelled => "CANCELLED",
            Self::Error => "ERROR",
        }
    }
}
