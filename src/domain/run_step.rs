//! A step of a run, completed and stored: a model's answer with tool calls, or a stage of the workflow.

use chrono::{DateTime, Utc};
use serde_json::{Map, Value};

use crate::domain::{AgentId, Handoff, ToolCall, Usage};

/// A model's answer with tool calls and the results of the calls, or a stage of the workflow with its outcome.
#[derive(Debug, Clone, PartialEq)]
pub struct RunStep {
    /// The number of the step in its run, from 1.
    pub number: i32,
    /// The text that readers of the run received in this step; may be empty.
    pub text: String,
    /// What the model thought before the calls; may be empty.
    pub reasoning: String,
    /// Members of the provider's message that are unknown here, and go back to it with the calls.
    pub extra: Map<String, Value>,
    /// The model that answered; empty for a stage without a model.
    pub model: String,
    /// Prompt tokens.
    pub input_tokens: i64,
    /// Output tokens.
    pub output_tokens: i64,
    /// The cost in US dollars.
    pub cost_usd: f64,
    /// The time at which the answer was complete.
    pub at: DateTime<Utc>,
    /// The calls, in the model's order; empty only for a stage.
    pub calls: Vec<ToolCall>,
    /// The agent whose model answered.
    pub agent: Option<AgentId>,
    /// Whether the step was written with private items in view, or calls a private tool.
    pub private: bool,
    /// The handoff that a call of the step asked for.
    pub handoff: Option<Handoff>,
    /// The name of the workflow's stage; none for a model's answer to the conversation.
    pub stage: Option<String>,
    /// What the stage came to, beside its calls.
    pub outcome: Option<Value>,
}

impl RunStep {
    /// The tokens and the cost of the step.
    pub fn usage(&self) -> Usage {
        Usage {
            input_tokens: self.input_tokens,
            output_tokens: self.output_tokens,
            cost_usd: self.cost_usd,
            ..Usage::default()
        }
    }
}
