//! Analytics: what the runs of a period were like.

use std::{
    cmp::Reverse,
    collections::{BTreeMap, HashMap},
};

use super::{agent::existing, tables::Tables, usage::check_period};
use crate::{
    domain::{
        AccountId, Actor, Agent, AgentAnalytics, AgentId, Analytics, DateRange, HandoffFlow,
        Operation, RouteReason, RoutingAnalytics, RunSums,
    },
    error::Result,
    store::TenantStore,
};

/// Reports what the runs of accounts were like.
#[derive(Clone)]
pub struct AnalyticsService {
    tables: Tables,
}

impl AnalyticsService {
    pub(super) fn new(tables: Tables) -> Self {
        Self { tables }
    }

    /// The analytics of the actor's account in a period, or of one of its agents.
    pub async fn report(
        &self,
        actor: &Actor,
        range: DateRange,
        agent: Option<AgentId>,
    ) -> Result<Analytics> {
        let permission = actor.authorize(Operation::Analytics)?;
        check_period(range)?;
        let store = self.tables.tenant(&permission);
        let wanted = match agent {
            Some(agent) => Some(existing(&store, agent).await?),
            None => None,
        };
        let ids = wanted.as_ref().map(|agent| vec![agent.id]);
        let mut sums = store.run_sums(range, ids.as_deref()).await?;
        let corrected = store.corrections_in(range, agent).await?;
        let routing = routing(&sums, corrected);
        let flows = store.handoff_flows(range, agent).await?;
        let ends = flows.iter().flat_map(|flow| [flow.from, flow.to]);
        let ids: Vec<AgentId> = sums.keys().flatten().copied().chain(ends).collect();
        let agents = agents_of(&store, &ids).await?;
        let handoffs = flows.into_iter().filter_map(|flow| {
            Some(HandoffFlow {
                from: agents.get(&flow.from)?.clone(),
                to: agents.get(&flow.to)?.clone(),
                count: flow.count,
                resolved: flow.resolved,
            })
        });
        let handoffs = handoffs.collect();
        if let Some(wanted) = wanted {
            let sums = sums.remove(&Some(wanted.id)).unwrap_or_default();
            return Ok(Analytics {
                agents: vec![AgentAnalytics {
                    agent: wanted,
                    sums,
                }],
                handoffs,
                routing,
            });
        }
        let of_agents = sums.into_iter().filter_map(|(id, sums)| {
            let agent = agents.get(&id?)?.clone();
            Some(AgentAnalytics { agent, sums })
        });
        let mut of_agents: Vec<AgentAnalytics> = of_agents.collect();
        of_agents.sort_by_key(|of_agent| (Reverse(of_agent.sums.runs), of_agent.agent.id));
        Ok(Analytics {
            agents: of_agents,
            handoffs,
            routing,
        })
    }

    /// The sums of agents of an account that the actor administrates, in a period. An agent without runs is missing.
    pub async fn of_agents(
        &self,
        actor: &Actor,
        account: AccountId,
        agents: &[AgentId],
        range: DateRange,
    ) -> Result<HashMap<AgentId, RunSums>> {
        let actor = actor.acting_in(account)?;
        let permission = actor.authorize(Operation::AgentAnalytics)?;
        check_period(range)?;
        let store = self.tables.tenant(&permission);
        let sums = store.run_sums(range, Some(agents)).await?;
        let of_agents = sums.into_iter().filter_map(|(id, sums)| Some((id?, sums)));
        Ok(of_agents.collect())
    }
}

async fn agents_of(store: &TenantStore, ids: &[AgentId]) -> Result<HashMap<AgentId, Agent>> {
    let agents = store.agents_by_ids(ids).await?;
    Ok(agents.into_iter().map(|agent| (agent.id, agent)).collect())
}

/// The decisions in these sums.
fn routing(sums: &BTreeMap<Option<AgentId>, RunSums>, corrected: i64) -> RoutingAnalytics {
    let of_reason = |reason: RouteReason| {
        let counts = sums.values().filter_map(|it| it.routes.get(reason.name()));
        (reason, counts.sum())
    };
    RoutingAnalytics {
        by_reason: RouteReason::ALL.map(of_reason).to_vec(),
        refused: sums.values().map(|sums| sums.route_refused).sum(),
        corrected,
    }
}
