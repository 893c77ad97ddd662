//! Routing: which agent answers a message, and why ([decision 29](../../../docs/decisions/0029-routing.md)).
//!
//! In this order: the agent that the message asks for; the conversation's agent while the message fits; the agent with
//! the best skill; the account's oldest active agent. Only the third step looks at skills, and the second one when another
//! agent could take over.

mod examples;
mod explanation;
mod fallback;
mod model_choice;
mod roster;
mod verdict;

use std::time::Duration;

pub(super) use examples::AcceptedExamples;
pub(super) use fallback::check_fallback;

use self::{
    explanation::quoted,
    fallback::Chain,
    model_choice::{ModelChoice, ModelUse},
    roster::{Roster, RosterMember},
    verdict::{RankedRoster, Verdict},
};
use super::{
    AvailabilityService, agent::existing, new_message::LONGEST_MESSAGE, refuse, tables::Tables,
};
use crate::{
    domain::{
        Actor, Agent, AgentId, Conversation, ConversationId, Operation, Permission, Route,
        RouteCandidate, RouteReason, check_text,
    },
    engine::Engine,
    error::{Error, Result},
    knowledge::record_embedding,
    routing::Router,
    store::TenantStore,
};

/// The maximum time that a message waits for the router before it is routed without it.
const PATIENCE_OF_MESSAGE: Duration = Duration::from_secs(2);
/// The maximum time that a preview waits for the router.
const PATIENCE_OF_PREVIEW: Duration = Duration::from_secs(30);
/// A message of at most this many words stays with the conversation's agent: "and then?" asks for no other one.
const SHORTEST_TOPIC: usize = 2;
/// The confidence of a follow-up that stays with the conversation's agent: about the share of follow-ups for which that
/// is right (docs/routing.md).
const FOLLOW_UP_CONFIDENCE: f64 = 0.95;

/// Chooses agents for messages.
#[derive(Clone)]
pub struct RouteService {
    pub(super) tables: Tables,
    pub(super) availability: AvailabilityService,
    pub(super) router: Router,
    pub(super) engine: Engine,
    pub(super) examples: AcceptedExamples,
}

/// A message that an agent is chosen for.
pub(super) struct RouteRequest<'a> {
    /// The text of the message.
    pub(super) text: &'a str,
    /// The agent that the message asks for.
    pub(super) agent: Option<AgentId>,
    /// The conversation that the message continues.
    pub(super) conversation: Option<&'a Conversation>,
    /// Whether the message is private: it stays with the conversation's agent.
    pub(super) private: bool,
}

/// The agent that answers a message, and the reason.
pub(super) struct Routed {
    pub(super) agent: Agent,
    pub(super) route: Route,
}

impl RouteService {
    /// The choice for a message that is not sent.
    pub async fn preview(
        &self,
        actor: &Actor,
        message: &str,
        conversation: Option<ConversationId>,
    ) -> Result<Route> {
        let permission = actor.authorize(Operation::PreviewRoute)?;
        refuse(
            check_text("message", message, LONGEST_MESSAGE)
                .into_iter()
                .collect(),
        )?;
        let conversation = match conversation {
            Some(id) => {
                let store = self.tables.tenant(&permission);
                let found = store.conversations_by_ids(&[id]).await?.pop();
                Some(found.ok_or_else(|| Error::not_found("conversation"))?)
            }
            None => None,
        };
        let request = RouteRequest {
            text: message,
            agent: None,
            conversation: conversation.as_ref(),
            private: false,
        };
        let routed = self
            .route(&permission, &request, ModelUse::Announce)
            .await?;
        Ok(routed.route)
    }

    /// Chooses the agent of a message. CONFLICT when no agent is active.
    pub(super) async fn choose(
        &self,
        permission: &Permission,
        request: &RouteRequest<'_>,
    ) -> Result<Routed> {
        let model_use = if request.private {
            ModelUse::Never
        } else {
            ModelUse::Ask
        };
        self.route(permission, request, model_use).await
    }

    async fn route(
        &self,
        permission: &Permission,
        request: &RouteRequest<'_>,
        model_use: ModelUse,
    ) -> Result<Routed> {
        let store = self.tables.whole_account(permission);
        let owner = request.conversation.and_then(|known| known.agent);
        if let Some(asked) = request.agent {
            if !permission.may_talk_to(asked) {
                return Err(Error::not_found("agent"));
            }
            let asked = existing(&store, asked).await?;
            let replaced = owner.filter(|owner| *owner != asked.id);
            let chain = Chain::of(self, permission, asked).await?;
            let mut routed = chain.routed(RouteReason::Requested)?;
            routed.route.replaced = replaced;
            return Ok(routed);
        }
        let roster = Roster::of(self, permission).await?;
        let owner = owner.filter(|owner| permission.may_talk_to(*owner));
        let current = owner.and_then(|owner| roster.usable(owner));
        if let (Some(owner), None) = (owner, current) {
            if request.private {
                return Err(Error::conflict(
                    "input.private: the agent of the conversation cannot answer now, and no other agent may read a private message; \
                     send it later, or name an agent with input.agentId",
                ));
            }
            let owner = existing(&store, owner).await?;
            let chain = Chain::of(self, permission, owner).await?;
            // without a usable fallback, the agents that are left compete for the message
            if chain.is_usable() || roster.usable_count() == 0 {
                return chain.routed(RouteReason::Conversation);
            }
        }
        let Some(first) = roster.first() else {
            return Err(Error::conflict(
                "input.agentId: no agent of this account is active; create or activate one",
            ));
        };
        let asks = Comparison {
            permission,
            text: request.text,
            conversation: request.conversation,
            current,
            model_use,
        };
        let route = if let Some(current) = current.filter(|_| request.private) {
            unchanged(current, explanation::private(current))
        } else if let Some(current) = current.filter(|_| !may_change(&roster, request.text)) {
            unchanged(current, explanation::follow_up(current))
        } else if roster.usable_count() <= 1 {
            fallback(&roster, first, explanation::only(first))
        } else {
            self.compared(&store, &roster, &asks).await?
        };
        let agent = existing(&store, route.agent).await?;
        Ok(Routed { agent, route })
    }

    /// The choice by skills, between at least two agents.
    async fn compared(
        &self,
        store: &TenantStore,
        roster: &Roster,
        asks: &Comparison<'_>,
    ) -> Result<Route> {
        let first = asks.current.or_else(|| roster.first());
        let first = first.ok_or_else(|| Error::internal("routing without agents"))?;
        let templates = self.examples.add_to(roster, store).await?;
        let patience = asks.patience();
        let ranked = self.router.rank(asks.text, templates, patience).await;
        let ranking = match ranked {
            Ok(ranking) => {
                let (model, now) = (self.router.model(), self.availability.clock.now());
                record_embedding(store, None, model, ranking.usage, now).await;
                RankedRoster::new(roster, ranking)
            }
            Err(error) if asks.current.is_some() => {
                return Ok(unchanged(first, explanation::unranked(first, &error)));
            }
            Err(error) => {
                let explanation = explanation::unranked(first, &error);
                return Ok(fallback(roster, first, explanation));
            }
        };
        let verdict = ranking.verdict(asks.current);
        let margin = self.engine.limits().routing_margin();
        let contest = ranking.contest(&verdict, margin);
        let route = match verdict {
            Verdict::Stay(current) => Route {
                confidence: ranking.stay_confidence(current),
                reason: RouteReason::Conversation,
                explanation: explanation::stays(current, &ranking),
                ..ranking.route(current)
            },
            Verdict::Best(best) if best.available => Route {
                explanation: explanation::fits(best, &ranking, asks.current),
                ..ranking.route(best)
            },
            Verdict::Best(best) => {
                self.substitute(store, asks.permission, &ranking, best)
                    .await?
            }
            Verdict::Refused => Route {
                skill: None,
                confidence: 0.0,
                reason: RouteReason::Fallback,
                explanation: explanation::refused(first, &ranking),
                ..ranking.route(first)
            },
        };
        let Some(contest) = contest else {
            return Ok(route);
        };
        let choice = ModelChoice {
            routes: self,
            store,
            asks,
            ranking: &ranking,
            contest,
        };
        choice.apply(route).await
    }

    /// The agent for a message whose best agent is not available: a fallback of that agent, or else the next best one.
    async fn substitute(
        &self,
        store: &TenantStore,
        permission: &Permission,
        ranking: &RankedRoster<'_>,
        best: &RosterMember,
    ) -> Result<Route> {
        let agent = existing(store, best.agent.id).await?;
        let chain = Chain::of(self, permission, agent).await?;
        let chosen = chain.chosen().filter(|_| chain.is_usable());
        let (id, name) = if let Some(fallback) = chosen {
            (fallback.id, fallback.name.as_str())
        } else {
            let next = ranking.best_available().unwrap_or(best);
            (next.agent.id, next.agent.name.as_str())
        };
        Ok(Route {
            agent: id,
            skill: None,
            confidence: 0.0,
            reason: RouteReason::Fallback,
            explanation: format!(
                "{} fits best but is not available; {} answers.",
                quoted(&best.agent.name),
                quoted(name)
            ),
            ..ranking.route(best)
        })
    }
}

/// A message that agents are compared for.
struct Comparison<'a> {
    permission: &'a Permission,
    text: &'a str,
    /// The conversation's agent, if it is usable.
    current: Option<&'a RosterMember>,
    /// The conversation that the message continues.
    conversation: Option<&'a Conversation>,
    model_use: ModelUse,
}

impl Comparison<'_> {
    /// The maximum time for the router.
    fn patience(&self) -> Duration {
        match self.model_use {
            ModelUse::Announce => PATIENCE_OF_PREVIEW,
            ModelUse::Ask | ModelUse::Never => PATIENCE_OF_MESSAGE,
        }
    }
}

/// Whether a message could ask for another agent than the conversation's.
fn may_change(roster: &Roster, text: &str) -> bool {
    roster.usable_count() > 1 && text.split_whitespace().nth(SHORTEST_TOPIC).is_some()
}

/// The conversation's agent without a look at skills.
fn unchanged(current: &RosterMember, explanation: String) -> Route {
    Route {
        agent: current.agent.id,
        skill: None,
        confidence: FOLLOW_UP_CONFIDENCE,
        threshold: None,
        reason: RouteReason::Conversation,
        explanation,
        replaced: None,
        candidates: vec![RouteCandidate {
            agent: current.agent.id,
            skill: None,
            score: 1.0,
            available: current.available,
        }],
    }
}

/// The account's fallback without a look at skills.
fn fallback(roster: &Roster, first: &RosterMember, explanation: String) -> Route {
    let candidates = roster.members().iter().take(Route::MOST_CANDIDATES);
    Route {
        agent: first.agent.id,
        skill: None,
        confidence: 0.0,
        threshold: None,
        reason: RouteReason::Fallback,
        explanation,
        replaced: None,
        candidates: candidates
            .map(|member| RouteCandidate {
                agent: member.agent.id,
                skill: None,
                score: 0.0,
                available: member.available,
            })
            .collect(),
    }
}
