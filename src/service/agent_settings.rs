//! Merges the layers of an agent's settings, and checks the result against its template.

use std::{collections::HashMap, sync::Arc};

use serde_json::{Map, Value};

use super::{agent::tier_of, refuse, tables::Tables};
use crate::{
    domain::{
        Agent, AgentFilter, AgentOrder, AgentOrderField, Layers, PageRequest, Permission, Template,
        TemplateId, TemplateSpec, layers_for,
    },
    error::{Error, Problem, Result},
    live::Live,
    schema_checker::SchemaChecker,
    store::TenantStore,
};

/// The number of agents that are read at a time.
const PAGE: u64 = 100;

/// Merges and checks the settings of agents.
#[derive(Clone)]
pub(super) struct AgentSettings {
    /// The settings of `app.yaml` for all agents.
    pub(super) app_settings: Live<Map<String, Value>>,
    pub(super) schemas: SchemaChecker,
}

impl AgentSettings {
    /// The layers of an agent's settings, the weakest first.
    pub(super) fn layers(
        &self,
        agent: &Agent,
        template: &TemplateSpec,
        account: &Value,
    ) -> Result<Layers> {
        Ok(layers_for(
            template,
            tier_of(agent, template)?,
            &self.app_settings.get(),
            account,
            &agent.configuration,
        ))
    }

    /// Checks an account's settings against every agent that they affect.
    pub(super) async fn check_account(
        &self,
        tables: &Tables,
        permission: &Permission,
        settings: &Value,
    ) -> Result<()> {
        let mut problems = Vec::new();
        for (agent, templates) in agents_with_templates(tables, permission).await? {
            for template in templates {
                let merged = self.layers(&agent, &template.spec, settings)?.merged();
                let schema = &template.spec.config_schema;
                let found = self
                    .schemas
                    .check(schema, &merged, "input.configuration")
                    .await?;
                problems.extend(found.into_iter().map(|problem| {
                    Problem::new(
                        problem.path,
                        format!("{} (agent {})", problem.message, agent.slug),
                    )
                }));
            }
        }
        refuse(problems)
    }

    /// Checks the tier's name, whether the account may have it unless it is the one that the agent `had`, and the agent's
    /// merged settings.
    pub(super) async fn check(
        &self,
        store: &TenantStore,
        agent: &Agent,
        template: &TemplateSpec,
        had: Option<&str>,
    ) -> Result<()> {
        let Some(tier) = template.tier(&agent.tier) else {
            let names: Vec<_> = template
                .pricing_tiers
                .iter()
                .map(|tier| tier.name.as_str())
                .collect();
            return Err(Error::bad_input(
                "input.tier",
                format!(
                    "no such tier of {}, expected one of: {}",
                    template.name,
                    names.join(", ")
                ),
            ));
        };
        let account = store.account().await?;
        if let Some(reason) = tier
            .refuses(account.tier)
            .filter(|_| had != Some(&agent.tier))
        {
            return Err(Error::bad_input("input.tier", reason));
        }
        let merged = self
            .layers(agent, template, &account.configuration)?
            .merged();
        let schema = &template.config_schema;
        refuse(
            self.schemas
                .check(schema, &merged, "input.configuration")
                .await?,
        )
    }
}

/// All agents of the account, the oldest first, each with its template version and after it the one that is tried.
pub(super) async fn agents_with_templates(
    tables: &Tables,
    permission: &Permission,
) -> Result<Vec<(Agent, Vec<Arc<Template>>)>> {
    let store = tables.tenant(permission);
    let order = AgentOrder {
        field: AgentOrderField::CreatedAt,
        descending: false,
    };
    let mut known: HashMap<TemplateId, Arc<Template>> = HashMap::new();
    let mut all = Vec::new();
    let mut request = PageRequest {
        limit: PAGE,
        after: None,
        before: None,
        from_end: false,
    };
    loop {
        let page = store
            .agents(&AgentFilter::default(), order, &request)
            .await?;
        let position = page.items.last().map(|last| order.position(last));
        for agent in page.items {
            let mut templates = Vec::new();
            for version in agent.versions() {
                let template = match known.get(&version) {
                    Some(template) => Arc::clone(template),
                    None => Arc::new(template_of(tables, permission, version).await?),
                };
                known.insert(version, Arc::clone(&template));
                templates.push(template);
            }
            all.push((agent, templates));
        }
        if !page.has_next {
            return Ok(all);
        }
        request.after = position;
    }
}

/// The template of an agent.
pub(super) async fn template_of(
    tables: &Tables,
    permission: &Permission,
    id: TemplateId,
) -> Result<Template> {
    let templates = tables.platform(permission).templates_by_ids(&[id]).await?;
    let template = templates.into_iter().next();
    template.ok_or_else(|| Error::internal("finding the template of an agent"))
}
