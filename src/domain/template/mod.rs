//! Templates: published, immutable versions of an agent type.

mod check;
mod prompt;
#[cfg(test)]
mod tests;

pub use check::{WORKFLOWS, template_file_problems};

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::domain::TemplateId;

/// A published version of an agent type.
#[derive(Debug, Clone, PartialEq)]
pub struct Template {
    /// Its id.
    pub id: TemplateId,
    /// What it says.
    pub spec: TemplateSpec,
    /// When it was published.
    pub created_at: DateTime<Utc>,
    /// Since when no new agents can be made from it.
    pub deprecated_at: Option<DateTime<Utc>>,
}

/// What a template says: the content of an `agents/*.yaml`, and of `publishAgentTemplate`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct TemplateSpec {
    /// The agent type, e.g. `sales_agent`.
    pub name: String,
    /// A semantic version, e.g. `1.0.0`.
    pub version: String,
    /// The workflow that answers, e.g. `SalesAgentWorkflow`.
    pub workflow: String,
    /// What it is for, for people who choose.
    pub description: String,
    /// Whether it answers at once or from the queue.
    pub latency_class: LatencyClass,
    /// JSON Schema (2020-12) of an agent's merged configuration; of type `object`, every property described.
    pub config_schema: Value,
    /// JSON Schema (2020-12) of a chat's `context`; of type `object`.
    pub context_schema: Value,
    /// The template's own settings, the layer above `app.yaml`.
    #[serde(default)]
    pub configuration: Map<String, Value>,
    /// What can be bought, the cheapest first; names are unique.
    pub pricing_tiers: Vec<PricingTier>,
    /// What it can do, with examples.
    pub skills: Vec<Skill>,
    /// What the model is told.
    pub prompts: Prompts,
}

impl TemplateSpec {
    /// The pricing tier of that name.
    pub fn tier(&self, name: &str) -> Option<&PricingTier> {
        self.pricing_tiers.iter().find(|tier| tier.name == name)
    }

    /// The version as one that can be compared; none if it is not a semantic version.
    pub fn semantic_version(&self) -> Option<semver::Version> {
        semver::Version::parse(&self.version).ok()
    }
}

/// What a tier of a template offers.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct PricingTier {
    /// Its name, e.g. `startup`.
    pub name: String,
    /// The tools that agents of this tier may be granted.
    pub tools: Vec<String>,
    /// Where the knowledge of such an agent lies.
    pub vector_store: VectorStoreKind,
    /// Names of models of `app.yaml`, in order of preference.
    pub models: Vec<String>,
    /// Numbers that bound such an agent, e.g. `messagesPerMinute`; an object.
    pub limits: Map<String, Value>,
    /// Settings of this tier, the layer above the template's own.
    #[serde(default)]
    pub configuration: Map<String, Value>,
}

/// Where an agent's knowledge lies.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum VectorStoreKind {
    /// Beside the tables, in this process.
    Embedded,
    /// PostgreSQL with pgvector.
    Pgvector,
    /// A namespace in a shared Pinecone index.
    PineconeNamespace,
    /// A Pinecone index of the account's own.
    PineconeDedicated,
}

/// Whether an answer comes at once or from the queue.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum LatencyClass {
    /// Answered by the process that was asked.
    Interactive,
    /// Queued to workers.
    Deep,
}

/// Something an agent can do.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Skill {
    /// Its id, unique in the template, e.g. `lead_qualification`.
    pub id: String,
    /// Its name, for people.
    pub name: String,
    /// What it is.
    pub description: String,
    /// What people say when they want it; at least a dozen in the shipped templates.
    pub examples: Vec<String>,
}

/// What the model is told.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Prompts {
    /// The system prompt, a minijinja template over `agent.name`, `configuration` and `context`.
    pub system: String,
}
