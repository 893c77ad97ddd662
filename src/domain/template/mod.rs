//! Templates: published, immutable versions of an agent type.

mod check;
mod limits;
mod prompt;
#[cfg(test)]
mod tests;

pub use check::template_file_problems;
pub use limits::TierLimit;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::domain::{AccountTier, McpServer, TemplateId, Workflow, toolset};

/// A published version of an agent type.
#[derive(Debug, Clone, PartialEq)]
pub struct Template {
    /// The id of this version.
    pub id: TemplateId,
    /// The published content.
    pub spec: TemplateSpec,
    /// The time of publication.
    pub created_at: DateTime<Utc>,
    /// The time of the deprecation; since then no new agents can be created from this version.
    pub deprecated_at: Option<DateTime<Utc>>,
}

/// The content of a template: of an `agents/*.yaml`, and of `publishAgentTemplate`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct TemplateSpec {
    /// The agent type, e.g. `sales_agent`.
    pub name: String,
    /// A semantic version, e.g. `1.0.0`.
    pub version: String,
    /// The workflow that answers, e.g. `SalesAgentWorkflow`.
    pub workflow: String,
    /// The purpose, for people who choose a template.
    pub description: String,
    /// Whether runs start at once or from the queue.
    pub latency_class: LatencyClass,
    /// The JSON Schema (2020-12) of an agent's merged configuration; of type `object`, with a description of every
    /// property.
    pub config_schema: Value,
    /// The JSON Schema (2020-12) of a chat's `context`; of type `object`.
    pub context_schema: Value,
    /// The template's own settings, the layer above `app.yaml`.
    #[serde(default)]
    pub configuration: Map<String, Value>,
    /// The pricing tiers, the cheapest first, with unique names.
    pub pricing_tiers: Vec<PricingTier>,
    /// The skills of the agent, with example utterances.
    pub skills: Vec<Skill>,
    /// The prompts for the model.
    pub prompts: Prompts,
}

impl TemplateSpec {
    /// The pricing tier with this name.
    pub fn tier(&self, name: &str) -> Option<&PricingTier> {
        self.pricing_tiers.iter().find(|tier| tier.name == name)
    }

    /// Whether agents of this template have a persona, which is built from their documents.
    pub fn has_persona(&self) -> bool {
        Workflow::of(self) == Some(Workflow::Expert)
    }

    /// The version for comparisons; none if it is not a semantic version.
    pub fn semantic_version(&self) -> Option<semver::Version> {
        semver::Version::parse(&self.version).ok()
    }
}

/// A pricing tier of a template.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct PricingTier {
    /// The tier's name, e.g. `startup`.
    pub name: String,
    /// The tools that agents of this tier may be granted.
    pub tools: Vec<String>,
    /// The vector store of such an agent's knowledge.
    pub vector_store: VectorStoreKind,
    /// The names of models of `app.yaml`, in order of preference.
    pub models: Vec<String>,
    /// The limits of such an agent by the names of [`TierLimit`]; read with [`PricingTier::limit`].
    pub limits: Map<String, Value>,
    /// The smallest tier of an account that may have such agents.
    #[serde(default)]
    pub account_tier: AccountTier,
    /// The settings of this tier, the layer above the template's own.
    #[serde(default)]
    pub configuration: Map<String, Value>,
}

impl PricingTier {
    /// The budget that a limit sets; none if the tier does not set it.
    pub fn tokens(&self, limit: TierLimit) -> Option<i64> {
        let tokens = self.limit(limit)?;
        Some(i64::try_from(tokens).unwrap_or(i64::MAX))
    }

    /// The value of a limit; none if the tier does not set it. Versions that were published before limits were checked may
    /// have values that are no limits, which do not count.
    pub fn limit(&self, limit: TierLimit) -> Option<u64> {
        let value = self.limits.get(limit.name())?.as_u64()?;
        Some(value.clamp(limit.least(), limits::MOST))
    }

    /// The reason why an account of this tier cannot have agents of this pricing tier; none if it can.
    pub fn refuses(&self, account: AccountTier) -> Option<String> {
        (account < self.account_tier).then(|| {
            format!(
                "\"{}\" is for accounts of the tier {} or a larger one, and this account's tier is {}; ask the operator",
                self.name,
                self.account_tier.name(),
                account.name()
            )
        })
    }

    /// Whether agents of this tier may be granted a tool of a server.
    pub fn includes(&self, server: &McpServer, tool: &str) -> bool {
        toolset::includes(&self.tools, server, tool)
    }
}

/// The kind of vector store for an agent's knowledge.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum VectorStoreKind {
    /// In this process, stored beside the tables.
    Embedded,
    /// PostgreSQL with pgvector.
    Pgvector,
    /// A namespace in a shared Pinecone index.
    PineconeNamespace,
    /// A Pinecone index of the account's own.
    PineconeDedicated,
}

/// Whether runs start at once or from the queue.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum LatencyClass {
    /// The process that accepted the message starts the run.
    Interactive,
    /// The run is queued for workers.
    Deep,
}

impl LatencyClass {
    /// Every class.
    pub const ALL: [Self; 2] = [Self::Interactive, Self::Deep];

    /// The class's name in the API.
    pub fn name(self) -> &'static str {
        match self {
            Self::Interactive => "INTERACTIVE",
            Self::Deep => "DEEP",
        }
    }
}

/// An ability of an agent, for discovery and routing.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Skill {
    /// The id, unique in the template, e.g. `lead_qualification`.
    pub id: String,
    /// The display name.
    pub name: String,
    /// What the agent does with this skill.
    pub description: String,
    /// Utterances that ask for the skill; at least a dozen in the shipped templates.
    pub examples: Vec<String>,
}

/// The prompts for the model.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Prompts {
    /// The system prompt, a minijinja template over `agent.name`, `configuration` and `context`.
    pub system: String,
}
