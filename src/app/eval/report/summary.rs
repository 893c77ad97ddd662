//! Sums over all cases: accuracy by group, routing, latency, tokens and cost.

use std::collections::BTreeMap;

use serde::Serialize;

use super::{count::CaseCount, routing::RoutingFigures};
use crate::app::eval::running::{CaseRun, Observation};

/// The sums over all cases.
#[derive(Debug, Clone, Serialize)]
pub(super) struct EvalSummary {
    pub(super) count: CaseCount,
    pub(super) accuracy: f64,
    pub(super) groups: BTreeMap<String, CaseCount>,
    pub(super) routing: RoutingFigures,
    pub(super) latency: LatencyFigures,
    pub(super) usage: TotalUsage,
}

/// The times that clients waited.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct LatencyFigures {
    /// Previews of routes.
    pub(super) route: Option<Percentiles>,
    /// From the message to the first text.
    pub(super) first_token: Option<Percentiles>,
    /// From the message to the end of the answer.
    pub(super) answer: Option<Percentiles>,
}

/// Percentiles of times, in milliseconds.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Percentiles {
    pub(super) count: usize,
    pub(super) p50_ms: f64,
    pub(super) p95_ms: f64,
}

/// What the answers took.
#[derive(Debug, Clone, Default, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct TotalUsage {
    pub(super) input_tokens: i64,
    pub(super) output_tokens: i64,
    pub(super) cost_usd: f64,
}

impl EvalSummary {
    pub(super) fn of<'c>(cases: &(impl Iterator<Item = &'c CaseRun> + Clone)) -> Self {
        let count = CaseCount::of(cases.clone());
        let mut groups: BTreeMap<String, CaseCount> = BTreeMap::new();
        let mut usage = TotalUsage::default();
        for case in cases.clone() {
            for group in &case.groups {
                groups.entry(group.clone()).or_default().add(case);
            }
            for turn in &case.turns {
                let cost = &turn.seen.cost;
                usage.input_tokens += cost.input_tokens;
                usage.output_tokens += cost.output_tokens;
                usage.cost_usd += cost.cost_usd;
            }
        }
        let times = |time: fn(&Observation) -> Option<f64>| {
            let turns = cases.clone().flat_map(|case| &case.turns);
            Percentiles::of(turns.filter_map(|turn| time(&turn.seen)).collect())
        };
        Self {
            accuracy: count.accuracy(),
            count,
            groups,
            routing: RoutingFigures::of(cases.clone()),
            latency: LatencyFigures {
                route: times(|seen| seen.cost.route_ms),
                first_token: times(|seen| seen.cost.first_token_ms),
                answer: times(|seen| seen.cost.answer_ms),
            },
            usage,
        }
    }
}

impl Percentiles {
    /// The percentiles of these times by the nearest rank; none without times.
    fn of(mut times: Vec<f64>) -> Option<Self> {
        times.sort_by(f64::total_cmp);
        let at = |percent: usize| {
            let rank = (times.len() * percent).div_ceil(100).max(1);
            times.get(rank - 1).copied()
        };
        Some(Self {
            count: times.len(),
            p50_ms: at(50)?,
            p95_ms: at(95)?,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::Percentiles;

    #[test]
    fn percentiles_are_times_that_were_measured() {
        assert_eq!(Percentiles::of(Vec::new()), None);
        let one = Percentiles::of(vec![7.0]).unwrap();
        assert_eq!((one.p50_ms, one.p95_ms), (7.0, 7.0));
        let times = (1..=100).rev().map(f64::from).collect();
        let many = Percentiles::of(times).unwrap();
        assert_eq!((many.count, many.p50_ms, many.p95_ms), (100, 50.0, 95.0));
    }
}
