//! What is counted of the tokens, tools and budgets that runs use.

use std::time::Duration;

use super::{BoundedNames, Counters, Histograms, MetricFamily, run_metrics::DURATION};

/// The counts of what runs use in this process.
#[derive(Debug)]
pub struct UsageMetrics {
    tokens: Counters<2>,
    models: BoundedNames,
    tool_calls: Counters<2>,
    tool_call_duration: Histograms<1>,
    budget_refusals: Counters<1>,
}

impl Default for UsageMetrics {
    fn default() -> Self {
        Self {
            tokens: Counters::new(
                "troupe_run_tokens_total",
                "Tokens of ended runs, as they are metered, by the model's name in the pricing tier (which may be an alias) and direction.",
                ["model", "direction"],
            ),
            models: BoundedNames::default(),
            tool_calls: Counters::new(
                "troupe_tool_calls_total",
                "Tool calls of runs that have ended, by kind of server and outcome.",
                ["server", "outcome"],
            ),
            tool_call_duration: Histograms::new(
                "troupe_tool_call_duration_seconds",
                "Duration of tool calls that were made, by kind of server.",
                ["server"],
                DURATION,
            ),
            budget_refusals: Counters::new(
                "troupe_budget_refusals_total",
                "Messages and model calls that were refused because a budget that blocks is spent.",
                ["refused"],
            )
            .starting_with([["message"], ["model_call"]]),
        }
    }
}

impl UsageMetrics {
    /// A run has used tokens of a model.
    pub fn used(&self, model: &str, input: i64, output: i64) {
        let model = self.models.label(model);
        for (direction, tokens) in [("input", input), ("output", output)] {
            let tokens = u64::try_from(tokens).unwrap_or_default();
            self.tokens.add([model, direction], tokens);
        }
    }

    /// A tool call has ended; `server` is `built_in` or `mcp`. Without a duration, it was not made.
    pub fn tool_call(&self, server: &str, outcome: &str, duration: Option<Duration>) {
        self.tool_calls.count([server, outcome]);
        if let Some(duration) = duration {
            self.tool_call_duration.observe([server], duration);
        }
    }

    /// A spent budget has refused a `message` or a `model_call`.
    pub fn budget_refused(&self, what: &str) {
        self.budget_refusals.count([what]);
    }

    pub(super) fn families(&self) -> Vec<MetricFamily> {
        vec![
            self.tokens.family(),
            self.tool_calls.family(),
            self.tool_call_duration.family(),
            self.budget_refusals.family(),
        ]
    }
}
