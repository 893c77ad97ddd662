//! The agents that a message can be routed to.

use std::collections::HashMap;

use super::RouteService;
use crate::{
    domain::{AgentId, Permission, RoutableAgent, Skill, TemplateId},
    error::{Error, Result},
    routing::RoutableTemplate,
    service::Availability,
};

/// An account's active agents, the oldest first.
pub(super) struct Roster {
    members: Vec<RosterMember>,
    templates: Vec<RoutableTemplate>,
}

/// An active agent.
#[derive(Debug, PartialEq)]
pub(super) struct RosterMember {
    pub(super) agent: RoutableAgent,
    /// Whether the agent can answer now, as far as this process knows.
    pub(super) available: bool,
    /// Whether its messages wait until a worker is started.
    pub(super) waits: bool,
}

impl RosterMember {
    /// Whether the agent can answer, and without a wait for a worker.
    pub(super) fn answers_at_once(&self) -> bool {
        self.available && !self.waits
    }
}

impl Roster {
    /// The active agents of the permission's account that the caller may talk to.
    pub(super) async fn of(routes: &RouteService, permission: &Permission) -> Result<Self> {
        let mut agents = routes.tables.tenant(permission).routable_agents().await?;
        agents.retain(|agent| permission.may_talk_to(agent.id));
        let platform = routes.tables.platform(permission);
        let mut specs: HashMap<TemplateId, RoutableTemplate> = HashMap::new();
        let mut known: HashMap<(TemplateId, String), bool> = HashMap::new();
        let mut waiting: HashMap<TemplateId, bool> = HashMap::new();
        let mut members = Vec::with_capacity(agents.len());
        for agent in agents {
            if !specs.contains_key(&agent.template) {
                let spec = platform.template_spec(agent.template).await?;
                let spec = spec.ok_or_else(|| Error::internal("finding an agent's template"))?;
                let id = agent.template;
                let class = spec.latency_class;
                waiting.insert(id, routes.availability.waits_for_worker(class).await?);
                specs.insert(id, RoutableTemplate::new(id, spec));
            }
            let tier = (agent.template, agent.tier.clone());
            let available = *known.entry(tier).or_insert_with(|| {
                specs.get(&agent.template).is_some_and(|template| {
                    let models = routes.availability.of_models(&agent.tier, &template.spec);
                    !matches!(models, Availability::Unavailable(_))
                })
            });
            let waits = waiting.get(&agent.template).is_some_and(|waits| *waits);
            members.push(RosterMember {
                agent,
                available,
                waits,
            });
        }
        Ok(Self {
            members,
            templates: specs.into_values().collect(),
        })
    }

    /// Every active agent.
    pub(super) fn members(&self) -> &[RosterMember] {
        &self.members
    }

    /// The templates of the active agents, each once.
    pub(super) fn templates(&self) -> Vec<RoutableTemplate> {
        self.templates.clone()
    }

    /// The skills of an agent.
    pub(super) fn skills_of(&self, member: &RosterMember) -> &[Skill] {
        let mut templates = self.templates.iter();
        let template = templates.find(|template| template.id == member.agent.template);
        template.map_or(&[], |template| template.spec.skills.as_slice())
    }

    /// The agent with this id, if it can answer.
    pub(super) fn usable(&self, id: AgentId) -> Option<&RosterMember> {
        let mut members = self.members.iter();
        members.find(|member| member.agent.id == id && member.available)
    }

    /// The number of agents that can answer.
    pub(super) fn usable_count(&self) -> usize {
        self.members
            .iter()
            .filter(|member| member.available)
            .count()
    }

    /// The oldest agent that can answer at once, or else one that can after a wait, or else the oldest one.
    pub(super) fn first(&self) -> Option<&RosterMember> {
        let find = |is_right: fn(&RosterMember) -> bool| {
            self.members.iter().find(|member| is_right(member))
        };
        find(RosterMember::answers_at_once)
            .or_else(|| find(|member| member.available))
            .or_else(|| self.members.first())
    }

    #[cfg(test)]
    pub(super) fn with(members: Vec<RosterMember>) -> Self {
        Self {
            members,
            templates: Vec::new(),
        }
    }
}
