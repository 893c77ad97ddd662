//! The results: trials, figures and failures, as a table.

use std::{fmt::Write, time::Duration};

use crate::plan::held;

/// The maximum number of reported failures per scenario.
const MOST_TOLD: usize = 60;

/// The result of one scenario.
#[derive(Debug, Default)]
pub(crate) struct Report {
    name: String,
    passed: usize,
    failures: Vec<String>,
    figures: Vec<String>,
    skipped: Option<String>,
    took: Duration,
}

impl Report {
    /// The result of a scenario that starts.
    pub(crate) fn of(name: &str) -> Self {
        Self {
            name: name.to_owned(),
            ..Self::default()
        }
    }

    /// The result of a scenario that cannot run here.
    pub(crate) fn skipped(name: &str, why: &str) -> Self {
        Self {
            skipped: Some(why.to_owned()),
            ..Self::of(name)
        }
    }

    /// Records a trial.
    pub(crate) fn trial(&mut self, outcome: Result<(), String>) {
        match outcome {
            Ok(()) => self.passed += 1,
            Err(failure) => self.failures.push(failure),
        }
    }

    /// Records a trial whose outcome is a condition.
    pub(crate) fn holds(&mut self, holds: bool, otherwise: impl FnOnce() -> String) {
        self.trial(if holds { Ok(()) } else { Err(otherwise()) });
    }

    /// Records a measurement.
    pub(crate) fn figure(&mut self, figure: impl Into<String>) {
        self.figures.push(figure.into());
    }

    /// Records a series of durations, of which 99% must not exceed `bar`.
    pub(crate) fn times(&mut self, what: &str, times: &[Duration], bar: Option<Duration>) {
        if times.is_empty() {
            return self.figure(format!("{what}: none"));
        }
        let mut sorted = times.to_vec();
        sorted.sort_unstable();
        let at = |percent: usize| sorted[(sorted.len() * percent).div_ceil(100).max(1) - 1];
        let (half, most, all) = (at(50), at(99), at(100));
        let told = format!(
            "{what}: n {}, p50 {half:.1?}, p99 {most:.1?}, max {all:.1?}",
            sorted.len()
        );
        if let Some(bar) = bar {
            let most_allowed = held(bar);
            self.holds(most <= most_allowed, || {
                format!("{what}: p99 {most:.1?} is over {most_allowed:.1?}, the bar is {bar:.1?}")
            });
            return self.figure(format!("{told} (bar: p99 {bar:.1?})"));
        }
        self.figure(told);
    }

    /// Records the duration of the scenario.
    pub(crate) fn ends(&mut self, took: Duration) {
        self.took = took;
    }

    /// The numbers of successful and failed trials.
    pub(crate) fn counts(&self) -> (usize, usize) {
        (self.passed, self.failures.len())
    }

    /// The row of the table, followed by the measurements and failures.
    pub(crate) fn written(&self) -> String {
        if let Some(why) = &self.skipped {
            return format!("{:<24} skipped: {why}\n", self.name);
        }
        let mut text = format!(
            "{:<24} {:>6} passed {:>5} failed {:>6.0} s\n",
            self.name,
            self.passed,
            self.failures.len(),
            self.took.as_secs_f64()
        );
        for figure in &self.figures {
            let _ = writeln!(text, "    {figure}");
        }
        for failure in self.failures.iter().take(MOST_TOLD) {
            let _ = writeln!(text, "    ✗ {failure}");
        }
        if self.failures.len() > MOST_TOLD {
            let _ = writeln!(text, "    ✗ and {} more", self.failures.len() - MOST_TOLD);
        }
        text
    }
}
