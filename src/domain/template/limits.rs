//! The limits that a pricing tier sets for each of its agents.

use serde_json::{Map, Value};

use crate::{
    domain::{excerpt, schema::join},
    error::Problem,
};

/// The largest value of a limit.
pub(super) const MOST: u64 = 1_000_000_000_000;

/// A limit of a pricing tier. It holds for one agent, beside the limits of the whole account.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TierLimit {
    /// The rate of messages to the agent, per minute.
    MessagesPerMinute,
    /// The maximum number of the agent's runs that are queued or running.
    ConcurrentRuns,
    /// The maximum number of tokens that one model call writes.
    MaxOutputTokens,
    /// The maximum number of tool calls of one run.
    ToolCallsPerMessage,
    /// The maximum number of documents of the agent.
    Documents,
    /// The budget of the agent: the tokens of its model calls in a calendar month (UTC).
    MonthlyTokens,
    /// The budget of a run: the tokens of its model calls.
    TokensPerMessage,
}

impl TierLimit {
    /// Every limit.
    pub const ALL: [Self; 7] = [
        Self::MessagesPerMinute,
        Self::ConcurrentRuns,
        Self::MaxOutputTokens,
        Self::ToolCallsPerMessage,
        Self::Documents,
        Self::MonthlyTokens,
        Self::TokensPerMessage,
    ];

    /// The limit's name in `limits`.
    pub fn name(self) -> &'static str {
        match self {
            Self::MessagesPerMinute => "messagesPerMinute",
            Self::ConcurrentRuns => "concurrentRuns",
            Self::MaxOutputTokens => "maxOutputTokens",
            Self::ToolCallsPerMessage => "toolCallsPerMessage",
            Self::Documents => "documents",
            Self::MonthlyTokens => "monthlyTokens",
            Self::TokensPerMessage => "tokensPerMessage",
        }
    }

    /// The smallest value; with less, the agent could never answer.
    pub(super) fn least(self) -> u64 {
        match self {
            Self::MessagesPerMinute
            | Self::ConcurrentRuns
            | Self::MaxOutputTokens
            | Self::TokensPerMessage => 1,
            Self::ToolCallsPerMessage | Self::Documents | Self::MonthlyTokens => 0,
        }
    }
}

/// The problems of a tier's `limits` at `path`.
pub(super) fn limit_problems(limits: &Map<String, Value>, path: &str) -> Vec<Problem> {
    let problem = |(name, value): (&String, &Value)| {
        let known = TierLimit::ALL
            .into_iter()
            .find(|limit| limit.name() == name.as_str());
        let message = match known {
            None => {
                let names = TierLimit::ALL.map(TierLimit::name).join(", ");
                format!("no such limit, expected one of: {names}")
            }
            Some(limit)
                if value
                    .as_u64()
                    .is_none_or(|value| value < limit.least() || value > MOST) =>
            {
                let given = excerpt(&value.to_string());
                let least = limit.least();
                format!("{given} given, expected a whole number from {least} to {MOST}")
            }
            Some(_) => return None,
        };
        Some(Problem::new(join(path, &excerpt(name)), message))
    };
    limits.iter().filter_map(problem).collect()
}
