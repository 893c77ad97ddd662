//! Usage: the tokens, cost and times of a run, the shares of its agents, and reports over a period.

use std::ops::AddAssign;

use chrono::{DateTime, NaiveDate, Utc};
use serde::{Deserialize, Serialize};

use crate::domain::{AgentId, ConversationId};

/// The tokens, cost and times of a run.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize, Deserialize)]
pub struct Usage {
    /// Prompt tokens of all model calls.
    pub input_tokens: i64,
    /// Output tokens of all model calls.
    pub output_tokens: i64,
    /// The cost in US dollars, by the prices of `app.yaml`.
    pub cost_usd: f64,
    /// The attempts of the run, or of all runs of a sum; 0 in parts of a run.
    #[serde(default)]
    pub attempts: i64,
    /// The time from the run's start to its first token, in milliseconds.
    pub first_token_ms: Option<i64>,
    /// The time from the run's start to its end, in milliseconds.
    pub duration_ms: Option<i64>,
}

/// Adds tokens, cost and attempts. The times stay: those of several model calls overlap.
impl AddAssign for Usage {
    fn add_assign(&mut self, other: Self) {
        self.input_tokens += other.input_tokens;
        self.output_tokens += other.output_tokens;
        self.cost_usd += other.cost_usd;
        self.attempts += other.attempts;
    }
}

/// The tokens and the cost that one agent of a run caused with one model.
#[derive(Debug, Clone, PartialEq)]
pub struct UsageShare {
    /// The agent whose model calls these are.
    pub agent: Option<AgentId>,
    /// The model, if one answered.
    pub model: Option<String>,
    /// The tokens and the cost.
    pub usage: Usage,
}

impl UsageShare {
    /// Adds a share to `shares`, to the one of the same agent and model if there is one.
    pub fn add_to(self, shares: &mut Vec<Self>) {
        let is_same = |share: &&mut Self| (share.agent, &share.model) == (self.agent, &self.model);
        match shares.iter_mut().find(is_same) {
            Some(share) => share.usage += self.usage,
            None => shares.push(self),
        }
    }
}

/// A period of time: from `from` on, before `to`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct DateRange {
    /// The first instant of the period.
    pub from: DateTime<Utc>,
    /// The first instant after the period.
    pub to: DateTime<Utc>,
}

/// The property by which a report adds up usage.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum UsageGroup {
    /// The agent whose model calls caused the usage.
    Agent,
    /// The model that answered.
    Model,
    /// The day (UTC) on which the run ended.
    Day,
    /// The conversation.
    Conversation,
}

/// The value of the grouped property; each is none for usage without it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum UsageKey {
    /// An agent, which may have been deleted.
    Agent(Option<AgentId>),
    /// The name of a model.
    Model(Option<String>),
    /// A day (UTC).
    Day(Option<NaiveDate>),
    /// A conversation, which may have been deleted.
    Conversation(Option<ConversationId>),
}

/// The usage with one value of the grouped property.
#[derive(Debug, Clone, PartialEq)]
pub struct UsageRow {
    /// The value of the property.
    pub key: UsageKey,
    /// The number of runs with such usage. A run with several agents counts for each of them.
    pub runs: i64,
    /// The number of tool calls; those of a run count with the agent and the model of its first answer.
    pub tool_calls: i64,
    /// The tokens and the cost, without times.
    pub usage: Usage,
}

/// The usage of an account in a period.
#[derive(Debug, Clone, PartialEq)]
pub struct UsageReport {
    /// The tokens and the cost of the whole period.
    pub total: Usage,
    /// The number of tool calls in the whole period.
    pub tool_calls: i64,
    /// The rows: days in their order, others with the most tokens first, at most [`Self::MOST_ROWS`].
    pub rows: Vec<UsageRow>,
}

impl UsageReport {
    /// The maximum number of rows.
    pub const MOST_ROWS: u64 = 1_000;
}
