//! Counts of cases.

use serde::Serialize;

use crate::app::eval::running::{CaseRun, CaseStatus};

/// How many cases ended in which way.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub(super) struct CaseCount {
    /// The cases that were run, without skipped ones.
    pub(super) cases: usize,
    pub(super) passed: usize,
    /// The cases that were run to their end and did not pass.
    pub(super) failed: usize,
    /// The cases that could not be run to their end.
    pub(super) broken: usize,
    pub(super) skipped: usize,
}

impl CaseCount {
    pub(super) fn of<'c>(cases: impl IntoIterator<Item = &'c CaseRun>) -> Self {
        let mut count = Self::default();
        for case in cases {
            count.add(case);
        }
        count
    }

    pub(super) fn add(&mut self, case: &CaseRun) {
        match case.status {
            CaseStatus::Skipped(_) => {
                self.skipped += 1;
                return;
            }
            CaseStatus::Passed => self.passed += 1,
            CaseStatus::Failed => self.failed += 1,
            CaseStatus::Broken(_) => self.broken += 1,
        }
        self.cases += 1;
    }

    /// The share of the cases that passed, 0 to 1; 1 for no cases.
    pub(super) fn accuracy(self) -> f64 {
        share(self.passed, self.cases)
    }
}

/// A share of a whole, 0 to 1; 1 of nothing.
#[expect(clippy::cast_precision_loss, reason = "counts are far below 2^52")]
pub(super) fn share(part: usize, whole: usize) -> f64 {
    if whole == 0 {
        return 1.0;
    }
    part as f64 / whole as f64
}
