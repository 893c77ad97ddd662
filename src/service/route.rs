//! Routing: which agent answers a message, and why.

use super::{NewMessage, agent::existing};
use crate::{
    domain::{Agent, AgentStatus, Conversation, Route, RouteCandidate, RouteReason},
    error::{Error, Result},
    store::TenantStore,
};

/// The maximum number of fallbacks in a chain.
const LONGEST_CHAIN: usize = 8;

/// The agent that answers a message, and the reason.
pub(super) struct Routed {
    pub(super) agent: Agent,
    pub(super) route: Route,
}

/// Chooses the agent: the requested one, else the conversation's, else the account's oldest active one. An agent that
/// is not active is replaced by the first active one of its fallbacks.
pub(super) async fn choose(
    store: &TenantStore,
    new: &NewMessage,
    conversation: Option<&Conversation>,
) -> Result<Routed> {
    let (first, mut reason) = first_choice(store, new, conversation).await?;
    let mut choice = first;
    let mut candidates = Vec::new();
    for _ in 0..=LONGEST_CHAIN {
        let available = choice.status == AgentStatus::Active;
        let confidence = match reason {
            RouteReason::Fallback => 0.0,
            RouteReason::Requested
            | RouteReason::Conversation
            | RouteReason::Intent
            | RouteReason::Handoff => 1.0,
        };
        candidates.push(RouteCandidate {
            agent: choice.id,
            score: confidence,
            available,
        });
        if available {
            let route = Route {
                agent: choice.id,
                confidence,
                reason,
                candidates,
            };
            return Ok(Routed {
                agent: choice,
                route,
            });
        }
        let Some(fallback) = choice.fallback else {
            break;
        };
        reason = RouteReason::Fallback;
        choice = existing(store, fallback).await?;
    }
    Err(Error::conflict(format!(
        "the agent \"{}\" is not active, nor is a fallback of it; activate it or name another",
        choice.slug
    )))
}

async fn first_choice(
    store: &TenantStore,
    new: &NewMessage,
    conversation: Option<&Conversation>,
) -> Result<(Agent, RouteReason)> {
    let owner = conversation.and_then(|conversation| conversation.agent);
    match (new.agent, owner) {
        (Some(agent), _) => Ok((existing(store, agent).await?, RouteReason::Requested)),
        (None, Some(agent)) => Ok((existing(store, agent).await?, RouteReason::Conversation)),
        (None, None) => {
            let first = store.oldest_active_agent().await?.ok_or_else(|| {
                Error::conflict(
                    "input.agentId: no agent of this account is active; create or activate one",
                )
            })?;
            Ok((first, RouteReason::Fallback))
        }
    }
}

/// Checks an agent's chain of fallbacks. `NOT_FOUND` when a fallback does not exist; `BAD_USER_INPUT` when the chain
/// leads back to the agent or is too long.
pub(super) async fn check_fallback(store: &TenantStore, agent: &Agent) -> Result<()> {
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
