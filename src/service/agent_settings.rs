//! What the layers of an agent's settings come to, and whether its template allows that.

use std::collections::HashMap;

use serde_json::Value;

use super::{Services, refuse};
use crate::{
    domain::{
        Account, Agent, AgentFilter, AgentOrder, AgentOrderField, ConfigurationEntry, PageRequest,
        Template, TemplateId, TemplateSpec,
    },
    error::{Error, Problem, Result},
    store::TenantStore,
};

/// Agents are looked through so many at a time.
const PAGE: u64 = 100;

impl Services {
    /// Every setting of an agent with its origin.
    pub async fn effective_configuration(
        &self,
        agent: &Agent,
        template: &Template,
    ) -> Result<Vec<ConfigurationEntry>> {
        let account = self.store.tenant(agent.account).account().await?;
        Ok(self
            .layers(agent, &template.spec, &account.configuration)?
            .entries())
    }

    /// Checks settings of an account against every agent that they would reach.
    pub(super) async fn check_account_settings(
        &self,
        account: &Account,
        settings: &Value,
    ) -> Result<()> {
        let store = self.store.tenant(account.id);
        let order = AgentOrder {
            field: AgentOrderField::CreatedAt,
            descending: false,
        };
        let mut templates: HashMap<TemplateId, Template> = HashMap::new();
        let mut problems = Vec::new();
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
            for agent in &page.items {
                let template = match templates.get(&agent.template) {
                    Some(template) => template,
                    None => templates
                        .entry(agent.template)
                        .or_insert(self.template_of(agent.template).await?),
                };
                let merged = self.layers(agent, &template.spec, settings)?.merged();
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
            match page.items.last().filter(|_| page.has_next) {
                Some(last) => request.after = Some(order.position(last)),
                None => return refuse(problems),
            }
        }
    }

    /// Checks the tier's name, and what the layers make of the agent's settings.
    pub(super) async fn check_settings(
        &self,
        store: &TenantStore,
        agent: &Agent,
        template: &TemplateSpec,
    ) -> Result<()> {
        if template.tier(&agent.tier).is_none() {
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
        }
        let account = store.account().await?;
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
