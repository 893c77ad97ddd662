//! A step of a run: a model's answer with tool calls, completed and stored.

use chrono::{DateTime, Utc};

use crate::domain::ToolCall;

/// A model's answer with tool calls, and the results of the calls.
#[derive(Debug, Clone, PartialEq)]
pub struct RunStep {
    /// The number of the step in its run, from 1.
    pub number: i32,
    /// The text that readers of the run received in this step; may be empty.
    pub text: String,
    /// The model that answered.
    pub model: String,
    /// Prompt tokens.
    pub input_tokens: i64,
    /// Output tokens.
    pub output_tokens: i64,
    /// The cost in US dollars.
    pub cost_usd: f64,
    /// The time at which the answer was complete.
    pub at: DateTime<Utc>,
    /// The calls, in the model's order; never empty.
    pub calls: Vec<ToolCall>,
}
