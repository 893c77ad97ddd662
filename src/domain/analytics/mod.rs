//! Analytics: what the runs of a period were like, by agent, with the handoffs between agents and the router's decisions.

mod buckets;
mod periods;
mod sums;

pub use buckets::TimeBuckets;
pub use periods::SumPeriods;
pub use sums::{RunSumKey, RunSums};

use crate::domain::{Agent, RouteReason};

/// The analytics of an account in a period.
#[derive(Debug, Clone, PartialEq)]
pub struct Analytics {
    /// The agents with a run, a model call or a decision of the router in the period, those with the most runs first.
    pub agents: Vec<AgentAnalytics>,
    /// The handoffs between each two agents, the most frequent first.
    pub handoffs: Vec<HandoffFlow>,
    /// The decisions of the router.
    pub routing: RoutingAnalytics,
}

/// The analytics of one agent.
#[derive(Debug, Clone, PartialEq)]
pub struct AgentAnalytics {
    /// The agent.
    pub agent: Agent,
    /// The sums over its runs.
    pub sums: RunSums,
}

/// The handoffs from one agent to another.
#[derive(Debug, Clone, PartialEq)]
pub struct HandoffFlow {
    /// The agent that handed over.
    pub from: Agent,
    /// The agent that was handed over to.
    pub to: Agent,
    /// The number of handoffs, rejected ones included.
    pub count: i64,
    /// The number of handoffs after which the receiver has answered and did not hand the conversation back.
    pub resolved: i64,
}

/// The decisions of the router.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RoutingAnalytics {
    /// The number of decisions for each reason.
    pub by_reason: Vec<(RouteReason, i64)>,
    /// The number of messages that no agent's skills fit.
    pub refused: i64,
    /// The number of decisions that people corrected.
    pub corrected: i64,
}

impl RoutingAnalytics {
    /// The number of decisions.
    pub fn decisions(&self) -> i64 {
        self.by_reason.iter().map(|(_, count)| count).sum()
    }
}
