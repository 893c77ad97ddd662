//! An answer of a model that asked for tools: one step of a run that is done for good.

use chrono::{DateTime, Utc};

use crate::domain::ToolCall;

/// An answer of a model that asked for tools, and what became of its calls.
#[derive(Debug, Clone, PartialEq)]
pub struct Round {
    /// From 1.
    pub number: i32,
    /// What the run's readers were told while it was made; may be empty.
    pub text: String,
    /// The model that made it.
    pub model: String,
    /// Tokens that the model read.
    pub input_tokens: i64,
    /// Tokens that the model wrote.
    pub output_tokens: i64,
    /// US dollars.
    pub cost_usd: f64,
    /// When it was whole.
    pub at: DateTime<Utc>,
    /// The calls, in the order in which the model asked; never empty.
    pub calls: Vec<ToolCall>,
}
