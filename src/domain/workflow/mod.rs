//! Workflows: what each of the four does with a message beside answering it. Here are the parts that decide: the states,
//! the shapes of extractions, the rules. The engine runs them.
//!
//! The state of a workflow is an object per conversation and agent. Its members are properties of the template's context
//! schema that are marked `readOnly`, so that a template says which states its agents keep, and clients cannot write
//! them.

mod amounts;
mod case;
mod lead_state;
mod price_guard;
mod prices;
mod report;
mod source_guard;
mod telling;
mod text_guard;

use serde_json::{Map, Value};

pub use case::{CaseAction, CaseState, HeardCase, PriorityRules};
pub use lead_state::{HeardLead, LeadState};
pub use price_guard::PriceGuard;
pub use prices::{PriceSources, discount_problem, sales_discount};
pub use report::{
    Comparison, HeardFinding, HeardMatrix, HeardPlan, ReportSource, ReportState, ResearchLimits,
    SubQuestion,
};
pub use source_guard::SourceGuard;
pub use telling::{tells_of_case, tells_of_person};
pub use text_guard::TextGuard;

use crate::{
    domain::{TemplateSpec, schema},
    error::Problem,
};

/// The keyword of a schema that marks a property that only the workflow writes.
const READ_ONLY: &str = "readOnly";

/// The program that an agent's answers follow.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Workflow {
    /// Keeps the lead.
    Sales,
    /// Speaks for an expert.
    Expert,
    /// Keeps the case.
    Support,
    /// Writes reports.
    Research,
}

impl Workflow {
    /// All workflows with their names in templates.
    pub const ALL: [(&str, Self); 4] = [
        ("SalesAgentWorkflow", Self::Sales),
        ("DigitalExpertWorkflow", Self::Expert),
        ("SupportAgentWorkflow", Self::Support),
        ("ResearchAgentWorkflow", Self::Research),
    ];

    /// A template's workflow, if the template declares the state that it keeps. A template without it has agents that answer
    /// by their prompt alone.
    pub fn of(template: &TemplateSpec) -> Option<Self> {
        let mut all = Self::ALL.iter();
        let (_, workflow) = all.find(|(name, _)| *name == template.workflow)?;
        let declares = |name| is_read_only(&template.context_schema, name);
        let is_declared = workflow.state_property().is_none_or(declares);
        is_declared.then_some(*workflow)
    }

    /// The name in templates.
    pub fn name(self) -> &'static str {
        let mut all = Self::ALL.into_iter();
        let known = all.find(|(_, workflow)| *workflow == self);
        known.map_or("", |(name, _)| name)
    }

    /// The context property that holds the workflow's state, if it keeps one.
    pub fn state_property(self) -> Option<&'static str> {
        match self {
            Self::Sales => Some("lead"),
            Self::Support => Some("case"),
            Self::Research => Some("research"),
            Self::Expert => None,
        }
    }
}

/// The state that a workflow keeps of a conversation.
#[derive(Debug, Clone, PartialEq)]
pub struct KeptState {
    /// The state, an object of context properties.
    pub state: Value,
    /// Whether a run has changed it with private items in view: what is made of it is private too.
    pub private: bool,
}

impl Default for KeptState {
    fn default() -> Self {
        Self {
            state: Value::Object(Map::new()),
            private: false,
        }
    }
}

/// Whether a context schema declares a property that only the workflow writes.
fn is_read_only(context_schema: &Value, name: &str) -> bool {
    let declared = schema::property(context_schema, name);
    declared.is_some_and(|declared| declared.get(READ_ONLY) == Some(&Value::Bool(true)))
}

/// What another agent may learn from a workflow's state: each fact with its name.
pub fn facts_of(workflow: Option<Workflow>, state: &Value) -> Vec<(&'static str, String)> {
    let kept = |property: &str| state.get(property).cloned().unwrap_or_default();
    match workflow {
        Some(Workflow::Sales) => {
            let lead = serde_json::from_value::<LeadState>(kept("lead"));
            lead.map(|lead| lead.facts()).unwrap_or_default()
        }
        Some(Workflow::Support) => {
            let case = serde_json::from_value::<CaseState>(kept("case"));
            case.map(|case| case.facts()).unwrap_or_default()
        }
        Some(Workflow::Research | Workflow::Expert) | None => Vec::new(),
    }
}

/// The problems of a context that a client sends: properties that only the workflow writes.
pub fn read_only_problems(context_schema: &Value, context: &Value, path: &str) -> Vec<Problem> {
    let names = context.as_object().into_iter().flat_map(Map::keys);
    let read_only = names.filter(|name| is_read_only(context_schema, name));
    read_only
        .map(|name| {
            let message = "is written by the agent's workflow; leave it out";
            Problem::new(schema::join(path, name), message)
        })
        .collect()
}

/// A context schema without the properties that only the workflow writes.
pub fn client_schema(context_schema: &Value) -> Value {
    let mut schema = context_schema.clone();
    let properties = schema.get_mut("properties").and_then(Value::as_object_mut);
    if let Some(properties) = properties {
        properties.retain(|name, _| !is_read_only(context_schema, name));
    }
    schema
}

/// A conversation's context as it is shown: the workflow's state, and the client's own properties over it.
pub fn with_state(context: &Value, state: &Value) -> Value {
    let mut shown: Map<String, Value> = state.as_object().cloned().unwrap_or_default();
    shown.extend(context.as_object().cloned().unwrap_or_default());
    Value::Object(shown)
}

/// Whether `quote` stands in one of these texts, ignoring case and white space. What a model claims to have read is only
/// taken when it can be found.
pub(super) fn stands_in<'a>(quote: &str, mut texts: impl Iterator<Item = &'a str>) -> bool {
    let quote = flat(quote);
    !quote.is_empty() && texts.any(|text| flat(text).contains(&quote))
}

fn flat(text: &str) -> String {
    let words: Vec<String> = text.split_whitespace().map(str::to_lowercase).collect();
    words.join(" ")
}

/// A text of an extraction, cut to `longest` characters; none when nothing is left of it.
fn short(text: Option<String>, longest: usize) -> Option<String> {
    let text = text?;
    let text = text.trim();
    (!text.is_empty()).then(|| text.chars().filter(|c| *c != '\0').take(longest).collect())
}

/// The schema of a text that may be unknown.
fn optional_text(description: &str) -> Value {
    serde_json::json!({"type": ["string", "null"], "description": description})
}

/// The schema of an object in which every property is required, as providers' strict modes demand.
fn closed_object(properties: &Value) -> Value {
    let names: Vec<String> = properties
        .as_object()
        .map(|properties| properties.keys().cloned().collect())
        .unwrap_or_default();
    serde_json::json!({
        "type": "object",
        "additionalProperties": false,
        "required": names,
        "properties": properties,
    })
}
