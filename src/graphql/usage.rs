//! Usage in the API: of a run, and reports over a period.

use async_graphql::{ComplexObject, Context, Enum, InputObject, SimpleObject};
use chrono::{DateTime, Utc};

use super::{agent::Agent, big_int::BigInt, context::ContextExt, error::Result};
use crate::domain::{self, AgentId, UsageKey};

/// The tokens, cost and time of a run.
#[derive(SimpleObject)]
pub(super) struct Usage {
    /// The number of input tokens of all model calls, with those that the provider had cached.
    input_tokens: BigInt,
    /// The number of output tokens of all model calls.
    output_tokens: BigInt,
    /// The number of attempts: of the run, or of all runs of a sum. More than one means that a model failed or a process was lost.
    attempts: i32,
    /// The cost in US dollars, at the installation's prices.
    cost_usd: f64,
    /// The time from the start to the first token, in milliseconds. Null in reports.
    first_token_ms: Option<i64>,
    /// The time from the start to the end, in milliseconds. Null in reports.
    duration_ms: Option<i64>,
}

impl From<domain::Usage> for Usage {
    fn from(usage: domain::Usage) -> Self {
        Self {
            input_tokens: BigInt(usage.input_tokens),
            output_tokens: BigInt(usage.output_tokens),
            attempts: i32::try_from(usage.attempts).unwrap_or(i32::MAX),
            cost_usd: usage.cost_usd,
            first_token_ms: usage.first_token_ms,
            duration_ms: usage.duration_ms,
        }
    }
}

/// A period of time, at most 400 days.
#[derive(InputObject)]
pub(super) struct DateRange {
    /// The first instant of the period.
    from: DateTime<Utc>,
    /// The first instant after the period.
    to: DateTime<Utc>,
}

impl From<DateRange> for domain::DateRange {
    fn from(range: DateRange) -> Self {
        Self {
            from: range.from,
            to: range.to,
        }
    }
}

/// The property by which a report adds up usage.
#[derive(Enum, Debug, Clone, Copy, PartialEq, Eq)]
#[graphql(remote = "domain::UsageGroup")]
pub(super) enum UsageGroup {
    /// The agent whose model calls caused the usage.
    Agent,
    /// The model that answered.
    Model,
    /// The day (UTC) on which the run ended.
    Day,
    /// The conversation.
    Conversation,
}

/// What an account used in a period.
#[derive(SimpleObject)]
pub(super) struct UsageReport {
    /// The usage of the whole period.
    total: Usage,
    /// The number of tool calls in the whole period.
    tool_calls: i32,
    /// The usage by the grouped property, at most 1000 rows: days in their order, others with the most tokens first.
    rows: Vec<UsageRow>,
}

impl From<domain::UsageReport> for UsageReport {
    fn from(report: domain::UsageReport) -> Self {
        Self {
            total: report.total.into(),
            tool_calls: i32::try_from(report.tool_calls).unwrap_or(i32::MAX),
            rows: report.rows.into_iter().map(UsageRow::from).collect(),
        }
    }
}

/// The usage with one value of the grouped property.
#[derive(SimpleObject)]
#[graphql(complex)]
pub(super) struct UsageRow {
    /// The id of the agent or the conversation, the name of the model, or the day as `2026-11-29`. Empty for usage
    /// without one.
    key: String,
    /// The number of runs. A run whose conversation was handed over counts for each of its agents.
    runs: i32,
    /// The number of tool calls. Those of a run count with the agent and the model of its first answer.
    tool_calls: i32,
    /// The tokens and the cost.
    usage: Usage,
    #[graphql(skip)]
    agent: Option<AgentId>,
}

#[ComplexObject]
impl UsageRow {
    /// The agent, when the report groups by AGENT; null after it was deleted.
    async fn agent(&self, ctx: &Context<'_>) -> Result<Option<Agent>> {
        let Some(id) = self.agent else {
            return Ok(None);
        };
        Ok(ctx.loaders()?.load(id).await?.map(Agent))
    }
}

impl From<domain::UsageRow> for UsageRow {
    fn from(row: domain::UsageRow) -> Self {
        let (key, agent) = match row.key {
            UsageKey::Agent(id) => (id.map(|id| id.to_string()), id),
            UsageKey::Model(name) => (name, None),
            UsageKey::Day(day) => (day.map(|day| day.to_string()), None),
            UsageKey::Conversation(id) => (id.map(|id| id.to_string()), None),
        };
        Self {
            key: key.unwrap_or_default(),
            runs: i32::try_from(row.runs).unwrap_or(i32::MAX),
            tool_calls: i32::try_from(row.tool_calls).unwrap_or(i32::MAX),
            usage: row.usage.into(),
            agent,
        }
    }
}
