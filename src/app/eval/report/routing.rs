//! How the router chose: which agents are confused, and how far its confidence is from its accuracy.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;

use super::count::share;
use crate::app::eval::running::{CaseRun, TurnRun};

/// The row and the column of messages that are about no agent's skills.
pub(super) const REFUSED: &str = "refused";
/// The number of bins of the calibration error.
const BINS: u8 = 10;

/// The choices of the router in all turns that expect an agent or a refusal.
#[derive(Debug, Clone, Default, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct RoutingFigures {
    pub(super) choices: usize,
    pub(super) right: usize,
    /// The mean distance of confidence and accuracy in ten bins, weighted by their sizes; over the choices that are no
    /// refusals.
    pub(super) calibration_error: f64,
    /// The number of choices by expected and by chosen agent.
    pub(super) confusion: BTreeMap<String, BTreeMap<String, usize>>,
    /// The confidence of each choice that is no refusal, and whether it is right.
    #[serde(skip)]
    confident: Vec<(f64, bool)>,
}

impl RoutingFigures {
    pub(super) fn of<'c>(cases: impl IntoIterator<Item = &'c CaseRun>) -> Self {
        let mut routing = Self::default();
        for turn in cases.into_iter().flat_map(|case| &case.turns) {
            routing.add(turn);
        }
        routing.calibration_error = routing.error();
        routing
    }

    fn add(&mut self, turn: &TurnRun) {
        let expect = &turn.turn.expect;
        let Some(route) = turn.seen.route.as_ref().filter(|route| route.is_choice()) else {
            return;
        };
        let refusal_expected = expect.refused == Some(true);
        if expect.agent.is_empty() && !refusal_expected {
            return;
        }
        let chosen = if route.is_refusal() {
            REFUSED
        } else {
            &route.agent
        };
        let is_right = if refusal_expected {
            route.is_refusal()
        } else {
            !route.is_refusal() && expect.agent.contains(&route.agent)
        };
        // a choice among several right agents is on the diagonal
        let expected = match expect.agent.first() {
            None => REFUSED,
            Some(_) if is_right => chosen,
            Some(first) => first,
        };
        self.choices += 1;
        self.right += usize::from(is_right);
        let row = self.confusion.entry(expected.to_owned()).or_default();
        *row.entry(chosen.to_owned()).or_default() += 1;
        if !route.is_refusal() {
            self.confident.push((route.confidence, is_right));
        }
    }

    fn error(&self) -> f64 {
        if self.confident.is_empty() {
            return 0.0;
        }
        let bins = (0..BINS).map(|bin| {
            let width = 1.0 / f64::from(BINS);
            let low = f64::from(bin) * width;
            let inside = |(confidence, _): &&(f64, bool)| {
                let is_lowest = bin == 0 && *confidence <= 0.0;
                is_lowest || (*confidence > low && *confidence <= low + width)
            };
            let choices: Vec<_> = self.confident.iter().filter(inside).collect();
            let confidence: f64 = choices.iter().map(|(confidence, _)| confidence).sum();
            let right = choices.iter().filter(|(_, is_right)| *is_right).count();
            let all = self.confident.len();
            // the sum over a bin instead of its mean weighs the bin by its size
            (confidence / count(all) - share(right, all)).abs()
        });
        bins.sum()
    }

    /// The share of right choices, 0 to 1.
    pub(super) fn accuracy(&self) -> f64 {
        share(self.right, self.choices)
    }

    /// The names of the rows and columns, refusals last.
    pub(super) fn names(&self) -> Vec<&str> {
        let rows = self.confusion.keys();
        let columns = self.confusion.values().flat_map(BTreeMap::keys);
        let names: BTreeSet<&str> = rows.chain(columns).map(String::as_str).collect();
        let (refused, mut agents): (Vec<_>, Vec<_>) =
            names.into_iter().partition(|name| *name == REFUSED);
        agents.extend(refused);
        agents
    }

    /// The number of choices of `chosen` where `expected` was right.
    pub(super) fn confused(&self, expected: &str, chosen: &str) -> usize {
        let row = self.confusion.get(expected);
        row.and_then(|row| row.get(chosen))
            .copied()
            .unwrap_or_default()
    }
}

#[expect(clippy::cast_precision_loss, reason = "counts are far below 2^52")]
fn count(number: usize) -> f64 {
    number as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_calibration_error_is_the_weighted_distance_in_each_bin() {
        let confident = |choices: &[(f64, bool)]| RoutingFigures {
            confident: choices.to_vec(),
            ..RoutingFigures::default()
        };
        assert!(confident(&[]).error().abs() < 1e-9);
        assert!(confident(&[(1.0, true), (1.0, true)]).error().abs() < 1e-9);
        // two choices in one bin, one right: 0.9 against 0.5; two in another, both right: 0.6 against 1
        let mixed = confident(&[(0.9, true), (0.9, false), (0.6, true), (0.6, true)]);
        assert!((mixed.error() - 0.4).abs() < 1e-9);
    }
}
