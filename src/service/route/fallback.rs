//! The agents that answer in the place of an agent that cannot.

use super::{RouteService, Routed, explanation};
use crate::{
    domain::{Agent, AgentStatus, Permission, Route, RouteCandidate, RouteReason},
    error::{Error, Result},
    service::{Availability, agent::existing},
    store::TenantStore,
};

/// The maximum number of fallbacks in a chain.
const LONGEST_CHAIN: usize = 8;

/// An agent and its fallbacks, as far as the first one that can answer.
pub(super) struct Chain {
    links: Vec<Link>,
}

struct Link {
    agent: Agent,
    is_available: bool,
}

impl Chain {
    /// The chain that begins with this agent.
    pub(super) async fn of(
        routes: &RouteService,
        permission: &Permission,
        first: Agent,
    ) -> Result<Self> {
        // a fallback is the account's choice, also where an end user may not ask for it
        let store = routes.tables.whole_account(permission);
        let platform = routes.tables.platform(permission);
        let mut links = Vec::new();
        let mut next = Some(first);
        while let Some(agent) = next.take() {
            let is_available = agent.status == AgentStatus::Active && {
                let spec = platform.template_spec(agent.template).await?;
                let spec = spec.ok_or_else(|| Error::internal("finding an agent's template"))?;
                let models = routes.availability.of_models(&agent.tier, &spec);
                !matches!(models, Availability::Unavailable(_))
            };
            if !is_available
                && links.len() < LONGEST_CHAIN
                && let Some(fallback) = agent.fallback
            {
                next = Some(existing(&store, fallback).await?);
            }
            links.push(Link {
                agent,
                is_available,
            });
        }
        Ok(Self { links })
    }

    /// Whether an agent of the chain can answer now.
    pub(super) fn is_usable(&self) -> bool {
        self.links.last().is_some_and(|link| link.is_available)
    }

    /// The agent that answers: one that can, or else the first active one, which may be able to later.
    pub(super) fn chosen(&self) -> Option<&Agent> {
        let mut links = self.links.iter();
        let last = self.links.last().filter(|link| link.is_available);
        let chosen = last.or_else(|| links.find(|link| link.agent.status == AgentStatus::Active));
        chosen.map(|link| &link.agent)
    }

    /// The route to the chosen agent, whose reason is `reason` if it is the first of the chain. CONFLICT when no agent
    /// of the chain is active.
    pub(super) fn routed(self, reason: RouteReason) -> Result<Routed> {
        let Some(agent) = self.chosen().cloned() else {
            let slug = self.links.last().map(|link| link.agent.slug.as_str());
            return Err(Error::conflict(format!(
                "the agent \"{}\" is not active, nor is a fallback of it; activate it or name another",
                slug.unwrap_or_default()
            )));
        };
        let first = self.links.first().map(|link| &link.agent);
        let is_first = first.is_some_and(|first| first.id == agent.id);
        let score = |link: &Link| {
            let is_first = first.is_some_and(|first| first.id == link.agent.id);
            if is_first { 1.0 } else { 0.0 }
        };
        let candidates = self.links.iter().map(|link| RouteCandidate {
            agent: link.agent.id,
            skill: None,
            score: score(link),
            available: link.is_available,
        });
        let route = Route {
            agent: agent.id,
            skill: None,
            confidence: if is_first { 1.0 } else { 0.0 },
            threshold: None,
            reason: if is_first {
                reason
            } else {
                RouteReason::Fallback
            },
            explanation: explanation::chain(first.unwrap_or(&agent), &agent, reason),
            replaced: None,
            candidates: candidates.take(Route::MOST_CANDIDATES).collect(),
        };
        Ok(Routed { agent, route })
    }
}

/// Checks an agent's chain of fallbacks. `NOT_FOUND` when a fallback does not exist; `BAD_USER_INPUT` when the chain
/// leads back to the agent or is too long.
pub(in crate::service) async fn check_fallback(store: &TenantStore, agent: &Agent) -> Result<()> {
    let mut next = agent.fallback;
    for _ in 0..=LONGEST_CHAIN {
        let Some(id) = next else { return Ok(()) };
        if id == agent.id {
            return Err(Error::bad_input(
                "input.fallbackAgentId",
                "leads back to this agent, expected one whose fallbacks come to an end",
            ));
        }
        next = existing(store, id).await?.fallback;
    }
    Err(Error::bad_input(
        "input.fallbackAgentId",
        format!("a chain of more than {LONGEST_CHAIN} fallbacks"),
    ))
}
