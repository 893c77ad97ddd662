//! Analytics in the API.

use async_graphql::SimpleObject;
use serde_json::{Map, Value};

use super::{agent::Agent, error_code::ErrorCode, usage::Usage};
use crate::domain;

/// What the runs were like that ended in a period.
#[derive(SimpleObject)]
pub(super) struct Analytics {
    /// The agents with runs, model calls or decisions of the router in the period, those with the most runs first. Deleted
    /// agents are missing.
    agents: Vec<AgentAnalytics>,
    /// The handoffs that were made in the period between each two agents, the most frequent first. Deleted agents and
    /// conversations are missing.
    handoffs: Vec<HandoffFlow>,
    /// The decisions of the router.
    routing: RoutingAnalytics,
}

impl From<domain::Analytics> for Analytics {
    fn from(analytics: domain::Analytics) -> Self {
        let domain::Analytics {
            agents,
            handoffs,
            routing,
        } = analytics;
        Self {
            agents: agents.into_iter().map(Into::into).collect(),
            handoffs: handoffs.into_iter().map(Into::into).collect(),
            routing: routing.into(),
        }
    }
}

/// What the runs of an agent were like. Counts are exact. A percentile is at most 5% from the exact one.
///
/// A run counts for the agent that ended it, in the hour in which it ended; a later rating changes that hour. What is deleted or
/// erased afterwards stays in the counts.
#[derive(SimpleObject)]
pub(super) struct AgentAnalytics {
    /// The agent.
    agent: Agent,
    /// The number of runs that ended: succeeded, failed or cancelled after they had started.
    runs: i32,
    /// The number of runs that failed.
    failed: i32,
    /// The failed runs by their code, the most frequent first.
    failures: Vec<FailureCount>,
    /// The median of the time from the start to the first token, in milliseconds.
    first_token_p50_ms: Option<i32>,
    /// The time from the start to the first token that 95% of the runs did not exceed, in milliseconds.
    first_token_p95_ms: Option<i32>,
    /// The median of the time from the start to the end, in milliseconds.
    duration_p50_ms: Option<i32>,
    /// The time from the start to the end that 95% of the runs did not exceed, in milliseconds.
    duration_p95_ms: Option<i32>,
    /// The number of tool calls of the runs.
    tool_calls: i32,
    /// The number of tool calls that failed, or whose outcome is unknown.
    tool_failures: i32,
    /// The share of UP among the ratings of the runs' answers, 0 to 1; null without ratings.
    satisfaction: Option<f64>,
    /// What the agent's model calls took, also those in runs that another agent ended, and those outside of runs.
    usage: Usage,
}

impl From<domain::AgentAnalytics> for AgentAnalytics {
    fn from(analytics: domain::AgentAnalytics) -> Self {
        let domain::AgentAnalytics { agent, sums } = analytics;
        let time = |milliseconds: Option<i64>| milliseconds.map(count);
        let mut failures: Vec<_> = sums.failures.iter().collect();
        failures.sort_by_key(|(code, count)| (-**count, code.to_owned()));
        let failures = failures.into_iter().filter_map(|(code, failures)| {
            Some(FailureCount {
                code: crate::error::ErrorCode::of_name(code)?.into(),
                count: count(*failures),
            })
        });
        Self {
            agent: Agent(agent),
            runs: count(sums.runs),
            failed: count(sums.failed),
            failures: failures.collect(),
            first_token_p50_ms: time(sums.first_token.percentile(0.5)),
            first_token_p95_ms: time(sums.first_token.percentile(0.95)),
            duration_p50_ms: time(sums.duration.percentile(0.5)),
            duration_p95_ms: time(sums.duration.percentile(0.95)),
            tool_calls: count(sums.tool_calls),
            tool_failures: count(sums.tool_failures),
            satisfaction: sums.satisfaction(),
            usage: sums.usage.into(),
        }
    }
}

/// The number of runs that failed with a code.
#[derive(SimpleObject)]
pub(super) struct FailureCount {
    /// The code.
    code: ErrorCode,
    /// The number of runs.
    count: i32,
}

/// The handoffs from one agent to another.
#[derive(SimpleObject)]
pub(super) struct HandoffFlow {
    /// The agent that handed over.
    from: Agent,
    /// The agent that was handed over to.
    to: Agent,
    /// The number of handoffs, rejected ones included.
    count: i32,
    /// The number of handoffs after which the receiver has answered and did not hand the conversation back.
    resolved: i32,
}

impl From<domain::HandoffFlow> for HandoffFlow {
    fn from(flow: domain::HandoffFlow) -> Self {
        Self {
            from: Agent(flow.from),
            to: Agent(flow.to),
            count: count(flow.count),
            resolved: count(flow.resolved),
        }
    }
}

/// The decisions of the router about the messages whose runs ended in a period.
#[derive(SimpleObject)]
pub(super) struct RoutingAnalytics {
    /// The number of decisions: one for each run.
    decisions: i32,
    /// The number of decisions by their reason: an object with each `RouteReason`.
    by_reason: Value,
    /// The number of messages that no agent's skills fit.
    refused: i32,
    /// The number of decisions that people corrected in the period; `routeCorrections` lists them.
    corrected_by_user: i32,
}

impl From<domain::RoutingAnalytics> for RoutingAnalytics {
    fn from(routing: domain::RoutingAnalytics) -> Self {
        let by_reason = routing.by_reason.iter();
        let by_reason: Map<String, Value> = by_reason
            .map(|(reason, count)| (reason.name().to_owned(), (*count).into()))
            .collect();
        Self {
            decisions: count(routing.decisions()),
            by_reason: by_reason.into(),
            refused: count(routing.refused),
            corrected_by_user: count(routing.corrected),
        }
    }
}

fn count(number: i64) -> i32 {
    i32::try_from(number).unwrap_or(i32::MAX)
}
