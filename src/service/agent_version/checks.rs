//! Compares what an agent has with what another version of its template takes.

use std::collections::{BTreeMap, BTreeSet};

use super::{
    AgentVersionService,
    dependents::Dependent,
    problem::{VersionProblem, blocking},
};
use crate::{
    domain::{Agent, LatencyClass, Permission, PricingTier, TemplateSpec, ToolPolicy, excerpt},
    error::Result,
    service::{
        availability::{Availability, AvailabilityCode},
        refuse,
    },
    store::TenantStore,
};

/// The number of conversations whose contexts are compared with the schema of the wanted version.
const CONTEXTS: u64 = 100;

/// An agent's change to another version of its template.
#[derive(Clone, Copy)]
pub(super) struct VersionChange<'a> {
    pub(super) agent: &'a Agent,
    /// The version that the agent has.
    pub(super) current: &'a TemplateSpec,
    /// The version that it gets.
    pub(super) wanted: &'a TemplateSpec,
}

impl AgentVersionService {
    /// Everything that does not work as before after a change.
    pub(super) async fn version_problems(
        &self,
        permission: &Permission,
        change: VersionChange<'_>,
    ) -> Result<Vec<VersionProblem>> {
        let store = self.agents.tables.tenant(permission);
        let VersionChange {
            agent,
            current,
            wanted,
        } = change;
        let Some(tier) = wanted.tier(&agent.tier) else {
            let tiers = wanted.pricing_tiers.iter().map(|tier| tier.name.as_str());
            let tiers = tiers.collect::<Vec<_>>().join(", ");
            return Ok(vec![VersionProblem::blocking(
                "tier",
                format!(
                    "{} has no tier \"{}\", only: {tiers}; updateAgent changes the tier",
                    wanted.version, agent.tier
                ),
            )]);
        };
        let mut problems = self.settings_problems(&store, change).await?;
        let had_tier = current.tier(&agent.tier).map(|tier| tier.account_tier);
        if had_tier.is_none_or(|before| before < tier.account_tier)
            && let Some(reason) = tier.refuses(store.account().await?.tier)
        {
            problems.push(VersionProblem::blocking("tier", reason));
        }
        problems.extend(self.model_problem(change));
        problems.extend(tool_problems(&store, change, tier).await?);
        problems.extend(self.context_problems(&store, change).await?);
        if current.workflow != wanted.workflow {
            problems.push(VersionProblem::notable(
                "workflow",
                format!(
                    "changes from {} to {}: what conversations have kept for the old one is not read",
                    current.workflow, wanted.workflow
                ),
            ));
        }
        let dependents = self.dependents(permission, agent).await?;
        problems.extend(skill_problems(change, &dependents));
        for dependent in &dependents {
            problems.extend(dependent.problems(change));
        }
        Ok(problems)
    }

    /// As [`Self::version_problems`]; `BAD_USER_INPUT` when one of them is blocking.
    pub(super) async fn accepted_problems(
        &self,
        permission: &Permission,
        change: VersionChange<'_>,
    ) -> Result<Vec<VersionProblem>> {
        let problems = self.version_problems(permission, change).await?;
        refuse(blocking(&problems))?;
        Ok(problems)
    }

    async fn settings_problems(
        &self,
        store: &TenantStore,
        change: VersionChange<'_>,
    ) -> Result<Vec<VersionProblem>> {
        let account = store.account().await?;
        let layers =
            self.agents
                .settings
                .layers(change.agent, change.wanted, &account.configuration)?;
        let schema = &change.wanted.config_schema;
        let merged = layers.merged();
        let found = self
            .agents
            .settings
            .schemas
            .check(schema, &merged, "configuration")
            .await?;
        let problems = found.into_iter();
        Ok(problems
            .map(|problem| VersionProblem::blocking(problem.path, problem.message))
            .collect())
    }

    /// A tier without any model of this installation.
    fn model_problem(&self, change: VersionChange<'_>) -> Option<VersionProblem> {
        let models = self
            .agents
            .availability
            .of_models(&change.agent.tier, change.wanted);
        let Availability::Unavailable(reasons) = models else {
            return None;
        };
        let mut missing = reasons
            .into_iter()
            .filter(|reason| reason.code == AvailabilityCode::NoModel);
        let reason = missing.next()?;
        Some(VersionProblem::blocking("tier.models", reason.text))
    }

    /// The fields of current conversations' contexts that the wanted version refuses.
    async fn context_problems(
        &self,
        store: &TenantStore,
        change: VersionChange<'_>,
    ) -> Result<Vec<VersionProblem>> {
        let contexts = store.latest_contexts(change.agent.id, CONTEXTS).await?;
        let looked_at = contexts.len();
        let mut refused: BTreeMap<String, (String, usize)> = BTreeMap::new();
        for context in contexts {
            let schema = &change.wanted.context_schema;
            let found = self
                .agents
                .settings
                .schemas
                .check(schema, &context, "context");
            for problem in found.await? {
                let (_, count) = refused.entry(problem.path).or_insert((problem.message, 0));
                *count += 1;
            }
        }
        let problems = refused.into_iter().map(|(path, (message, count))| {
            VersionProblem::notable(
                path,
                format!("{message}; so in {count} of the last {looked_at} conversations"),
            )
        });
        Ok(problems.collect())
    }
}

/// Tools that the agent calls now and that the wanted version's tier does not include, and those that it includes and
/// that are not granted.
async fn tool_problems(
    store: &TenantStore,
    change: VersionChange<'_>,
    tier: &PricingTier,
) -> Result<Vec<VersionProblem>> {
    let granted = store.granted(change.agent.id).await?;
    let before = change.current.tier(&change.agent.tier);
    let mut problems = Vec::new();
    for server in &granted.servers {
        let server = server.row();
        let of_server = granted
            .grants
            .iter()
            .find(|grant| grant.server == server.id);
        let tools = of_server.into_iter().flat_map(|grant| &grant.tools);
        let callable = tools.filter(|(_, granted)| granted.policy != ToolPolicy::Deny);
        for (tool, _) in callable {
            let was_included = before.is_none_or(|tier| tier.includes(server, tool));
            if was_included && !tier.includes(server, tool) {
                problems.push(VersionProblem::blocking(
                    format!("tools.{}.{}", server.kind, excerpt(tool)),
                    format!(
                        "is granted, and the tier {} of {} does not include it; revokeTools takes it from the agent",
                        tier.name, change.wanted.version
                    ),
                ));
            }
        }
    }
    let added = tier
        .tools
        .iter()
        .filter(|tool| before.is_some_and(|before| !before.tools.contains(*tool)));
    problems.extend(added.map(|tool| {
        VersionProblem::notable(
            format!("tools.{tool}"),
            "is new in the tier; grantTools gives its tools to the agent",
        )
    }));
    Ok(problems)
}

/// The skills that are gone: the router sends no messages for them to the agent any more.
fn skill_problems(change: VersionChange<'_>, dependents: &[Dependent]) -> Vec<VersionProblem> {
    let kept: BTreeSet<&str> = change
        .wanted
        .skills
        .iter()
        .map(|skill| skill.id.as_str())
        .collect();
    let gone = change
        .current
        .skills
        .iter()
        .filter(|skill| !kept.contains(skill.id.as_str()));
    let by_others: Vec<&str> = dependents.iter().map(Dependent::slug).collect();
    let others = if by_others.is_empty() {
        String::new()
    } else {
        format!(
            "; these agents fall back or hand over to this one: {}",
            by_others.join(", ")
        )
    };
    gone.map(|skill| {
        VersionProblem::notable(
            format!("skills.{}", skill.id),
            format!(
                "\"{}\" is gone: no message is routed to the agent for it{others}",
                skill.name
            ),
        )
    })
    .collect()
}

/// How the class of an agent's runs changes, for people.
pub(super) fn class_change(change: VersionChange<'_>) -> Option<&'static str> {
    match (change.current.latency_class, change.wanted.latency_class) {
        (LatencyClass::Interactive, LatencyClass::Deep) => {
            Some("its answers come from the queue of the workers")
        }
        (LatencyClass::Deep, LatencyClass::Interactive) => {
            Some("its answers do not come from the queue of the workers any more")
        }
        _ => None,
    }
}
