//! Agent templates in the API.

use async_graphql::{Context, Enum, ID, InputObject, Object, SimpleObject};
use chrono::{DateTime, Utc};
use serde_json::{Map, Value};

use super::{
    connection::{List, PageArgs, Total, connect},
    context::ContextExt,
    error::Result,
    loader::VersionsOf,
};
use crate::{
    domain::{self, Position},
    error::Error,
};

/// A published, immutable version of an agent type.
pub(super) struct AgentTemplate(pub(super) domain::Template);

impl From<domain::Template> for AgentTemplate {
    fn from(template: domain::Template) -> Self {
        Self(template)
    }
}

/// A published, immutable version of an agent type.
#[Object]
impl AgentTemplate {
    /// Its id, `template_…`; each version has its own.
    pub(super) async fn id(&self) -> ID {
        self.0.id.to_string().into()
    }

    /// The agent type, e.g. `sales_agent`.
    async fn name(&self) -> &str {
        &self.0.spec.name
    }

    /// The version, e.g. `1.0.0`.
    async fn version(&self) -> &str {
        &self.0.spec.version
    }

    /// The workflow that answers, e.g. `SalesAgentWorkflow`.
    async fn workflow(&self) -> &str {
        &self.0.spec.workflow
    }

    /// What it is for.
    async fn description(&self) -> &str {
        &self.0.spec.description
    }

    /// JSON Schema of an agent's configuration, an object.
    async fn config_schema(&self) -> &Value {
        &self.0.spec.config_schema
    }

    /// JSON Schema of a chat's context, an object.
    async fn context_schema(&self) -> &Value {
        &self.0.spec.context_schema
    }

    /// What can be bought.
    async fn pricing_tiers(&self) -> Vec<PricingTier> {
        self.0
            .spec
            .pricing_tiers
            .iter()
            .cloned()
            .map(Into::into)
            .collect()
    }

    /// What it can do.
    async fn skills(&self) -> Vec<Skill> {
        skills(&self.0.spec)
    }

    /// Whether an answer comes at once or from the queue.
    async fn latency_class(&self) -> LatencyClass {
        self.0.spec.latency_class.into()
    }

    /// Since when no new agents can be made from it.
    async fn deprecated_at(&self) -> Option<DateTime<Utc>> {
        self.0.deprecated_at
    }

    /// Every published version of this agent type, the newest first.
    async fn versions(&self, ctx: &Context<'_>) -> Result<Vec<AgentTemplate>> {
        let versions = ctx
            .loaders()?
            .load(VersionsOf(self.0.spec.name.clone()))
            .await?;
        Ok(versions
            .unwrap_or_default()
            .into_iter()
            .map(AgentTemplate)
            .collect())
    }
}

pub(super) fn skills(spec: &domain::TemplateSpec) -> Vec<Skill> {
    spec.skills.iter().cloned().map(Into::into).collect()
}

/// Published templates as a connection.
pub(super) async fn template_list(
    ctx: &Context<'_>,
    name: Option<String>,
    include_deprecated: bool,
    args: PageArgs,
) -> Result<List<AgentTemplate>> {
    let page = ctx
        .services()?
        .templates
        .list(
            ctx.actor()?,
            name.as_deref(),
            include_deprecated,
            &args.request("agentTemplates")?,
        )
        .await?;
    Ok(connect(
        page,
        "agentTemplates",
        Total::Templates {
            name,
            include_deprecated,
        },
        |template| Position::of(template.id),
    ))
}

/// What a tier of a template offers.
#[derive(SimpleObject)]
pub(super) struct PricingTier {
    /// Its name, e.g. `startup`.
    name: String,
    /// The tools that agents of this tier may be granted.
    tools: Vec<String>,
    /// Where the knowledge of such an agent lies.
    vector_store: VectorStoreKind,
    /// Its models in order of preference.
    models: Vec<String>,
    /// Numbers that bound such an agent, an object.
    limits: Value,
}

impl From<domain::PricingTier> for PricingTier {
    fn from(tier: domain::PricingTier) -> Self {
        Self {
            name: tier.name,
            tools: tier.tools,
            vector_store: tier.vector_store.into(),
            models: tier.models,
            limits: Value::Object(tier.limits),
        }
    }
}

/// Something an agent can do.
#[derive(SimpleObject)]
pub(super) struct Skill {
    /// Its id, e.g. `lead_qualification`.
    id: String,
    /// Its name, for people.
    name: String,
    /// What it is.
    description: String,
    /// What people say when they want it.
    examples: Vec<String>,
}

impl From<domain::Skill> for Skill {
    fn from(skill: domain::Skill) -> Self {
        Self {
            id: skill.id,
            name: skill.name,
            description: skill.description,
            examples: skill.examples,
        }
    }
}

/// Where an agent's knowledge lies.
#[derive(Enum, Debug, Clone, Copy, PartialEq, Eq)]
#[graphql(remote = "domain::VectorStoreKind")]
pub(super) enum VectorStoreKind {
    /// Beside the tables, in the same process.
    Embedded,
    /// PostgreSQL with pgvector.
    Pgvector,
    /// A namespace in a shared Pinecone index.
    PineconeNamespace,
    /// A Pinecone index of the account's own.
    PineconeDedicated,
}

/// Whether an answer comes at once or from the queue.
#[derive(Enum, Debug, Clone, Copy, PartialEq, Eq)]
#[graphql(remote = "domain::LatencyClass")]
pub(super) enum LatencyClass {
    /// Answered by the process that was asked.
    Interactive,
    /// Queued to workers.
    Deep,
}

/// A new version of an agent type.
#[derive(InputObject)]
pub(super) struct PublishAgentTemplateInput {
    /// The agent type, e.g. `sales_agent`.
    name: String,
    /// The version, e.g. `1.1.0`; a published version never changes.
    version: String,
    /// The workflow that answers, e.g. `SalesAgentWorkflow`.
    workflow: String,
    /// What it is for.
    description: String,
    /// Whether an answer comes at once or from the queue.
    latency_class: LatencyClass,
    /// JSON Schema of an agent's configuration, an object.
    config_schema: Value,
    /// JSON Schema of a chat's context, an object.
    context_schema: Value,
    /// The template's own settings, an object.
    configuration: Option<Value>,
    /// What can be bought, the cheapest first.
    pricing_tiers: Vec<PricingTierInput>,
    /// What it can do.
    skills: Vec<SkillInput>,
    /// The system prompt, a minijinja template over `agent.name`, `configuration` and `context`.
    system_prompt: String,
}

/// What a tier of a template is to offer.
#[derive(InputObject)]
pub(super) struct PricingTierInput {
    /// Its name, e.g. `startup`.
    name: String,
    /// The tools that agents of this tier may be granted.
    tools: Vec<String>,
    /// Where the knowledge of such an agent lies.
    vector_store: VectorStoreKind,
    /// Its models in order of preference.
    models: Vec<String>,
    /// Numbers that bound such an agent, an object.
    limits: Option<Value>,
    /// Settings of this tier, an object.
    configuration: Option<Value>,
}

/// Something an agent is to be able to do.
#[derive(InputObject)]
pub(super) struct SkillInput {
    /// Its id, e.g. `lead_qualification`.
    id: String,
    /// Its name, for people.
    name: String,
    /// What it is.
    description: String,
    /// What people say when they want it.
    examples: Vec<String>,
}

impl PublishAgentTemplateInput {
    /// As the template's file would say it.
    pub(super) fn spec(self) -> Result<domain::TemplateSpec> {
        let tiers = self.pricing_tiers.into_iter().enumerate();
        Ok(domain::TemplateSpec {
            name: self.name,
            version: self.version,
            workflow: self.workflow,
            description: self.description,
            latency_class: self.latency_class.into(),
            config_schema: self.config_schema,
            context_schema: self.context_schema,
            configuration: object("input.configuration", self.configuration)?,
            pricing_tiers: tiers
                .map(|(index, tier)| tier.tier(&format!("input.pricingTiers[{index}]")))
                .collect::<Result<_>>()?,
            skills: self
                .skills
                .into_iter()
                .map(|skill| domain::Skill {
                    id: skill.id,
                    name: skill.name,
                    description: skill.description,
                    examples: skill.examples,
                })
                .collect(),
            prompts: domain::Prompts {
                system: self.system_prompt,
            },
        })
    }
}

impl PricingTierInput {
    fn tier(self, path: &str) -> Result<domain::PricingTier> {
        Ok(domain::PricingTier {
            name: self.name,
            tools: self.tools,
            vector_store: self.vector_store.into(),
            models: self.models,
            limits: object(&format!("{path}.limits"), self.limits)?,
            configuration: object(&format!("{path}.configuration"), self.configuration)?,
        })
    }
}

fn object(path: &str, value: Option<Value>) -> Result<Map<String, Value>> {
    match value {
        None | Some(Value::Null) => Ok(Map::new()),
        Some(Value::Object(fields)) => Ok(fields),
        Some(_) => Err(Error::bad_input(path, "expected an object").into()),
    }
}

/// The version that was published.
#[derive(SimpleObject)]
pub(super) struct PublishAgentTemplatePayload {
    /// The template.
    pub(super) template: AgentTemplate,
}

/// The version that is to be deprecated.
#[derive(InputObject)]
pub(super) struct DeprecateAgentTemplateInput {
    /// Its id.
    pub(super) id: ID,
}

/// The version that was deprecated.
#[derive(SimpleObject)]
pub(super) struct DeprecateAgentTemplatePayload {
    /// The template; its agents stay.
    pub(super) template: AgentTemplate,
}
