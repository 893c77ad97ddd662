//! Agent templates in the API.

use async_graphql::{Context, Enum, ID, InputObject, Object, SimpleObject};
use chrono::{DateTime, Utc};
use serde_json::{Map, Value};

use super::{
    account::AccountTier,
    connection::{ItemConnection, PageArgs, TotalCount, connect},
    context::ContextExt,
    error::Result,
    loader::TemplateVersionsKey,
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
    /// The id of the template version, `template_…`.
    pub(super) async fn id(&self) -> ID {
        self.0.id.to_string().into()
    }

    /// The agent type, for example `sales_agent`.
    async fn name(&self) -> &str {
        &self.0.spec.name
    }

    /// The version, for example `1.0.0`.
    async fn version(&self) -> &str {
        &self.0.spec.version
    }

    /// The workflow that answers messages, for example `SalesAgentWorkflow`.
    async fn workflow(&self) -> &str {
        &self.0.spec.workflow
    }

    /// The purpose of agents of this type.
    async fn description(&self) -> &str {
        &self.0.spec.description
    }

    /// JSON Schema of an agent's configuration, a JSON object.
    async fn config_schema(&self) -> &Value {
        &self.0.spec.config_schema
    }

    /// JSON Schema of a chat's context, a JSON object.
    async fn context_schema(&self) -> &Value {
        &self.0.spec.context_schema
    }

    /// The pricing tiers of the template.
    async fn pricing_tiers(&self) -> Vec<PricingTier> {
        self.0
            .spec
            .pricing_tiers
            .iter()
            .cloned()
            .map(Into::into)
            .collect()
    }

    /// The skills of agents of this type.
    async fn skills(&self) -> Vec<Skill> {
        skills(&self.0.spec)
    }

    /// Whether a run starts at once or waits in the queue for a worker.
    async fn latency_class(&self) -> LatencyClass {
        self.0.spec.latency_class.into()
    }

    /// The time of deprecation; no agents can be created from a deprecated version.
    async fn deprecated_at(&self) -> Option<DateTime<Utc>> {
        self.0.deprecated_at
    }

    /// Every published version of this agent type, newest first.
    async fn versions(&self, ctx: &Context<'_>) -> Result<Vec<AgentTemplate>> {
        let versions = ctx
            .loaders()?
            .load(TemplateVersionsKey(self.0.spec.name.clone()))
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
) -> Result<ItemConnection<AgentTemplate>> {
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
        TotalCount::Templates {
            name,
            include_deprecated,
        },
        |template| Position::of(template.id),
    ))
}

/// A pricing tier of a template.
#[derive(SimpleObject)]
pub(super) struct PricingTier {
    /// The name of the tier, for example `startup`.
    name: String,
    /// The tools that agents of this tier can be granted.
    tools: Vec<String>,
    /// The kind of vector store for agents of this tier.
    vector_store: VectorStoreKind,
    /// The models of the tier, in order of preference.
    models: Vec<String>,
    /// The limits of one agent of this tier, for example `messagesPerMinute`; a JSON object of whole numbers.
    limits: Value,
    /// The smallest tier of an account that may have agents of this tier.
    account_tier: AccountTier,
}

impl From<domain::PricingTier> for PricingTier {
    fn from(tier: domain::PricingTier) -> Self {
        Self {
            name: tier.name,
            tools: tier.tools,
            vector_store: tier.vector_store.into(),
            models: tier.models,
            limits: Value::Object(tier.limits),
            account_tier: tier.account_tier.into(),
        }
    }
}

/// A skill of an agent.
#[derive(SimpleObject)]
pub(super) struct Skill {
    /// The id of the skill, for example `lead_qualification`.
    id: String,
    /// The display name of the skill.
    name: String,
    /// A description of the skill.
    description: String,
    /// Example messages that ask for the skill.
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

/// The kind of a vector store.
#[derive(Enum, Debug, Clone, Copy, PartialEq, Eq)]
#[graphql(remote = "domain::VectorStoreKind")]
pub(super) enum VectorStoreKind {
    /// In the platform's own database, searched in the same process.
    Embedded,
    /// PostgreSQL with pgvector.
    Pgvector,
    /// A namespace in a shared Pinecone index.
    PineconeNamespace,
    /// A Pinecone index that only this account uses.
    PineconeDedicated,
}

/// Whether a run starts at once or waits in the queue for a worker.
#[derive(Enum, Debug, Clone, Copy, PartialEq, Eq)]
#[graphql(remote = "domain::LatencyClass")]
pub(super) enum LatencyClass {
    /// The process that receives the message answers it.
    Interactive,
    /// A worker answers the message from the queue.
    Deep,
}

/// A new version of an agent type.
#[derive(InputObject)]
pub(super) struct PublishAgentTemplateInput {
    /// The agent type, for example `sales_agent`.
    name: String,
    /// The version, for example `1.1.0`; a published version is immutable.
    version: String,
    /// The workflow that answers messages, for example `SalesAgentWorkflow`.
    workflow: String,
    /// The purpose of agents of this type.
    description: String,
    /// Whether a run starts at once or waits in the queue for a worker.
    latency_class: LatencyClass,
    /// JSON Schema of an agent's configuration, a JSON object.
    config_schema: Value,
    /// JSON Schema of a chat's context, a JSON object.
    context_schema: Value,
    /// The template's own settings, a JSON object.
    configuration: Option<Value>,
    /// The pricing tiers, cheapest first.
    pricing_tiers: Vec<PricingTierInput>,
    /// The skills of agents of this type.
    skills: Vec<SkillInput>,
    /// The system prompt, a minijinja template over `agent.name`, `configuration` and `context`.
    system_prompt: String,
}

/// A pricing tier of a new template version.
#[derive(InputObject)]
pub(super) struct PricingTierInput {
    /// The name of the tier, for example `startup`.
    name: String,
    /// The tools that agents of this tier can be granted.
    tools: Vec<String>,
    /// The kind of vector store for agents of this tier.
    vector_store: VectorStoreKind,
    /// The models of the tier, in order of preference.
    models: Vec<String>,
    /// The limits of one agent of this tier, a JSON object of whole numbers; a name that is no limit's is refused.
    limits: Option<Value>,
    /// The smallest tier of an account that may have agents of this tier; ENTRY if it is left out.
    account_tier: Option<AccountTier>,
    /// Settings for agents of this tier, a JSON object.
    configuration: Option<Value>,
}

/// A skill of a new template version.
#[derive(InputObject)]
pub(super) struct SkillInput {
    /// The id of the skill, for example `lead_qualification`.
    id: String,
    /// The display name of the skill.
    name: String,
    /// A description of the skill.
    description: String,
    /// Example messages that ask for the skill.
    examples: Vec<String>,
}

impl PublishAgentTemplateInput {
    /// Converts the input to the same specification as a template file.
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
        let account_tier = self.account_tier.map(domain::AccountTier::from);
        Ok(domain::PricingTier {
            name: self.name,
            tools: self.tools,
            vector_store: self.vector_store.into(),
            models: self.models,
            limits: object(&format!("{path}.limits"), self.limits)?,
            account_tier: account_tier.unwrap_or_default(),
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

/// The result of `publishAgentTemplate`.
#[derive(SimpleObject)]
pub(super) struct PublishAgentTemplatePayload {
    /// The template version.
    pub(super) template: AgentTemplate,
}

/// The template version to deprecate.
#[derive(InputObject)]
pub(super) struct DeprecateAgentTemplateInput {
    /// The id of the template version.
    pub(super) id: ID,
}

/// The result of `deprecateAgentTemplate`.
#[derive(SimpleObject)]
pub(super) struct DeprecateAgentTemplatePayload {
    /// The template version; its existing agents are unchanged.
    pub(super) template: AgentTemplate,
}
