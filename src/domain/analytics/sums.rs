//! Sums over runs: what one run adds, and what a period has.

use std::{collections::BTreeMap, ops::AddAssign};

use super::TimeBuckets;
use crate::domain::{AgentId, TemplateId, Usage};

/// The agent and the template version that sums are of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct RunSumKey {
    /// The agent; none for runs that ended after their agent was deleted.
    pub agent: Option<AgentId>,
    /// The agent's template version when the run ended; none for what other agents of a run caused.
    pub template: Option<TemplateId>,
}

/// Sums over runs. Those of one run are what it adds to each sum that it belongs to.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct RunSums {
    /// The runs that ended.
    pub runs: i64,
    /// The runs that failed.
    pub failed: i64,
    /// The tool calls of the runs.
    pub tool_calls: i64,
    /// The tool calls that failed, or whose outcome is unknown.
    pub tool_failures: i64,
    /// The answers that are rated as good.
    pub rated_up: i64,
    /// The answers that are rated as bad.
    pub rated_down: i64,
    /// The messages that no agent's skills fit.
    pub route_refused: i64,
    /// The tokens, the cost and the attempts.
    pub usage: Usage,
    /// The runs that failed, by the name of the code.
    pub failures: BTreeMap<String, i64>,
    /// The decisions for the agent, by the name of their reason.
    pub routes: BTreeMap<String, i64>,
    /// The times to the first token.
    pub first_token: TimeBuckets,
    /// The times from the start to the end.
    pub duration: TimeBuckets,
}

impl RunSums {
    /// The share of good ratings among all ratings; none without ratings.
    #[expect(
        clippy::cast_precision_loss,
        reason = "a count of ratings, far below 2^52"
    )]
    pub fn satisfaction(&self) -> Option<f64> {
        let ratings = self.rated_up + self.rated_down;
        (ratings > 0).then(|| self.rated_up as f64 / ratings as f64)
    }

    /// Adds a rating: 1 for a good one, -1 for a bad one.
    pub fn rate(&mut self, score: i32) {
        self.count_rating(score, 1);
    }

    /// Takes a rating back that another one replaces.
    pub fn unrate(&mut self, score: i32) {
        self.count_rating(score, -1);
    }

    fn count_rating(&mut self, score: i32, change: i64) {
        if score > 0 {
            self.rated_up += change;
        } else {
            self.rated_down += change;
        }
    }
}

impl AddAssign<&Self> for RunSums {
    fn add_assign(&mut self, other: &Self) {
        self.runs += other.runs;
        self.failed += other.failed;
        self.tool_calls += other.tool_calls;
        self.tool_failures += other.tool_failures;
        self.rated_up += other.rated_up;
        self.rated_down += other.rated_down;
        self.route_refused += other.route_refused;
        self.usage += other.usage;
        for (code, count) in &other.failures {
            *self.failures.entry(code.clone()).or_default() += count;
        }
        for (reason, count) in &other.routes {
            *self.routes.entry(reason.clone()).or_default() += count;
        }
        self.first_token += &other.first_token;
        self.duration += &other.duration;
    }
}
