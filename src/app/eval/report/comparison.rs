//! The comparison with another template version.

use std::collections::BTreeMap;

use serde::Serialize;

use super::{FileRun, count::share};
use crate::app::eval::running::{CaseRun, CaseStatus};

/// The comparison of the cases that were run with both versions.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct VersionComparison {
    /// The other version.
    pub(super) against: String,
    pub(super) cases: usize,
    pub(super) accuracy_before: f64,
    pub(super) accuracy: f64,
    /// The cases that pass with the other version and fail now.
    pub(super) worse: Vec<ComparedCase>,
    /// The cases that fail with the other version and pass now.
    pub(super) better: Vec<ComparedCase>,
}

/// A case whose result differs.
#[derive(Debug, Clone, Serialize)]
pub(super) struct ComparedCase {
    /// The path of the file.
    pub(super) file: String,
    pub(super) name: String,
    /// Why the case does not pass, with the version with which it does not.
    pub(super) reasons: Vec<String>,
}

impl ComparedCase {
    fn of(case: &CaseRun) -> Self {
        Self {
            file: case.file.clone(),
            name: case.name.clone(),
            reasons: case.reasons(),
        }
    }
}

impl VersionComparison {
    pub(super) fn new(against: String, before: &[FileRun], now: &[FileRun]) -> Self {
        let key = |case: &CaseRun| (case.file.clone(), case.name.clone());
        let before = before.iter().flat_map(|file| &file.cases);
        let before: BTreeMap<_, _> = before.map(|case| (key(case), case)).collect();
        let now = now.iter().flat_map(|file| &file.cases);
        let pairs: Vec<_> = now
            .filter_map(|case| Some((*before.get(&key(case))?, case)))
            .collect();
        let passes = |case: &CaseRun| case.status == CaseStatus::Passed;
        let accuracy = |passed: usize| share(passed, pairs.len());
        let (mut worse, mut better) = (Vec::new(), Vec::new());
        for (before, now) in &pairs {
            match (passes(before), passes(now)) {
                (true, false) => worse.push(ComparedCase::of(now)),
                (false, true) => better.push(ComparedCase::of(before)),
                (true, true) | (false, false) => {}
            }
        }
        Self {
            against,
            cases: pairs.len(),
            accuracy_before: accuracy(pairs.iter().filter(|(before, _)| passes(before)).count()),
            accuracy: accuracy(pairs.iter().filter(|(_, now)| passes(now)).count()),
            worse,
            better,
        }
    }

    /// Why the version is worse than the other one. Lower accuracy is always a case that is worse.
    pub(super) fn problems(&self) -> Vec<String> {
        let worse = self.worse.iter();
        let problem = |case: &ComparedCase| {
            let ComparedCase { file, name, .. } = case;
            format!(
                "{file}: \"{name}\" passes with {} and fails now",
                self.against
            )
        };
        worse.map(problem).collect()
    }
}
