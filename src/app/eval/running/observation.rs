//! What was seen of one turn.

use serde::Serialize;
use serde_json::Value;

use crate::app::eval::scripted::ScriptUse;

/// What was seen of one turn.
#[derive(Debug, Clone, Default, Serialize)]
#[serde(rename_all = "camelCase")]
pub(in crate::app::eval) struct Observation {
    /// The choice of the agent; none for the agent that a case names in a preview.
    pub(in crate::app::eval) route: Option<ObservedRoute>,
    pub(in crate::app::eval) text: String,
    /// The passages that the model was given.
    pub(in crate::app::eval) sources: Vec<ObservedPassage>,
    pub(in crate::app::eval) citations: Vec<ObservedCitation>,
    pub(in crate::app::eval) calls: Vec<ObservedCall>,
    /// The slugs of the agents that took over, in order.
    pub(in crate::app::eval) handoffs: Vec<String>,
    /// The conversation's context after the answer, if the case looks at it.
    #[serde(skip_serializing_if = "Value::is_null")]
    pub(in crate::app::eval) context: Value,
    /// Why the answer ended.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub(in crate::app::eval) finish_reason: String,
    /// Why there is no answer.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(in crate::app::eval) failure: Option<ObservedFailure>,
    #[serde(flatten)]
    pub(in crate::app::eval) cost: ObservedCost,
    /// What the scripted model was asked.
    #[serde(skip)]
    pub(in crate::app::eval) script: ScriptUse,
}

/// The choice of an agent.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub(in crate::app::eval) struct ObservedRoute {
    /// The slug of the agent.
    pub(in crate::app::eval) agent: String,
    /// The value of `RouteReason`, e.g. `INTENT`.
    pub(in crate::app::eval) reason: String,
    pub(in crate::app::eval) confidence: f64,
    pub(in crate::app::eval) explanation: String,
}

/// A place of the answer that refers to a passage.
#[derive(Debug, Clone, Serialize)]
pub(in crate::app::eval) struct ObservedCitation {
    /// The number in the text.
    pub(in crate::app::eval) number: i32,
    #[serde(flatten)]
    pub(in crate::app::eval) passage: ObservedPassage,
}

/// A passage that the model was given.
#[derive(Debug, Clone, Serialize)]
pub(in crate::app::eval) struct ObservedPassage {
    /// The title of the document.
    pub(in crate::app::eval) document: String,
    /// The text of the passage.
    pub(in crate::app::eval) text: String,
}

/// A call of a tool, as it was last reported.
#[derive(Debug, Clone, Serialize)]
pub(in crate::app::eval) struct ObservedCall {
    #[serde(skip)]
    pub(in crate::app::eval) id: String,
    pub(in crate::app::eval) tool: String,
    pub(in crate::app::eval) arguments: Value,
    pub(in crate::app::eval) result: Value,
    pub(in crate::app::eval) status: String,
    pub(in crate::app::eval) error: String,
}

/// Why a run failed.
#[derive(Debug, Clone, Serialize)]
pub(in crate::app::eval) struct ObservedFailure {
    pub(in crate::app::eval) code: String,
    pub(in crate::app::eval) message: String,
}

/// What a turn took.
#[derive(Debug, Clone, Default, Serialize)]
#[serde(rename_all = "camelCase")]
pub(in crate::app::eval) struct ObservedCost {
    /// The time of a preview, in milliseconds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(in crate::app::eval) route_ms: Option<f64>,
    /// The time from the message to the first text, in milliseconds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(in crate::app::eval) first_token_ms: Option<f64>,
    /// The time from the message to the end of the answer, in milliseconds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(in crate::app::eval) answer_ms: Option<f64>,
    pub(in crate::app::eval) input_tokens: i64,
    pub(in crate::app::eval) output_tokens: i64,
    pub(in crate::app::eval) cost_usd: f64,
}

impl ObservedRoute {
    /// Whether the message is about no agent's skills.
    pub(in crate::app::eval) fn is_refusal(&self) -> bool {
        self.reason == "FALLBACK"
    }

    /// Whether the router chose, and not a person or an agent.
    pub(in crate::app::eval) fn is_choice(&self) -> bool {
        !["REQUESTED", "HANDOFF"].contains(&self.reason.as_str())
    }
}
