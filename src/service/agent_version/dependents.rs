//! The agents that count on another agent: those whose fallback it is, and those that name it as a target of handoffs.

use std::sync::Arc;

use serde_json::Value;

use super::{
    AgentVersionService,
    checks::{VersionChange, class_change},
    problem::VersionProblem,
};
use crate::{
    domain::{Agent, HandoffSettings, Permission, Template},
    error::Result,
    service::agent_settings::agents_with_templates,
};

/// An agent that counts on another one.
pub(super) struct Dependent {
    slug: String,
    template: Arc<Template>,
    /// Whether it names the other one as a target of handoffs.
    hands_over: bool,
}

impl Dependent {
    /// The slug of the dependent agent.
    pub(super) fn slug(&self) -> &str {
        &self.slug
    }

    /// What changes for this agent.
    pub(super) fn problems(&self, change: VersionChange<'_>) -> Vec<VersionProblem> {
        let path = format!("dependents.{}", self.slug);
        let mut problems = Vec::new();
        if let Some(effect) = class_change(change) {
            let relation = if self.hands_over {
                "hands over to"
            } else {
                "falls back to"
            };
            problems.push(VersionProblem::notable(
                path.clone(),
                format!("{relation} this agent: {effect}"),
            ));
        }
        if !self.hands_over {
            return problems;
        }
        let sent = &self.template.spec.context_schema;
        let (before, after) = (
            &change.current.context_schema,
            &change.wanted.context_schema,
        );
        let lost = sent.get("properties").and_then(|fields| fields.as_object());
        let lost = lost.into_iter().flat_map(|fields| fields.keys());
        let lost = lost.filter(|name| declares(before, name) && !declares(after, name));
        problems.extend(lost.map(|name| {
            VersionProblem::notable(
                format!("{path}.context.{name}"),
                "is carried by handoffs to this agent, and is dropped then",
            )
        }));
        problems
    }
}

impl AgentVersionService {
    /// The agents of the account that count on this one.
    pub(super) async fn dependents(
        &self,
        permission: &Permission,
        agent: &Agent,
    ) -> Result<Vec<Dependent>> {
        let account = self.agents.tables.tenant(permission).account().await?;
        let mut dependents = Vec::new();
        for (other, templates) in agents_with_templates(&self.agents.tables, permission).await? {
            let Some(template) = templates.first().filter(|_| other.id != agent.id) else {
                continue;
            };
            let layers =
                self.agents
                    .settings
                    .layers(&other, &template.spec, &account.configuration)?;
            let targets = HandoffSettings::of(&layers.merged()).targets;
            let hands_over = targets.is_some_and(|targets| targets.contains(&agent.slug));
            if hands_over || other.fallback == Some(agent.id) {
                dependents.push(Dependent {
                    slug: other.slug,
                    template: Arc::clone(template),
                    hands_over,
                });
            }
        }
        Ok(dependents)
    }
}

fn declares(schema: &Value, field: &str) -> bool {
    let fields = schema.get("properties");
    fields.is_some_and(|fields| fields.get(field).is_some())
}
