//! The report of an evaluation: what passed, how the router chose, what it took, and whether the gate is passed.

mod comparison;
mod count;
mod gate;
mod json;
mod junit;
mod routing;
mod summary;
mod text;

use std::time::Duration;

use self::{comparison::VersionComparison, gate::missed_bars, summary::EvalSummary};
use super::{case_file::Bars, running::CaseRun};

/// The cases of a file that were run.
#[derive(Debug)]
pub(super) struct FileRun {
    /// The path of the file.
    pub(super) path: String,
    pub(super) bars: Bars,
    pub(super) cases: Vec<CaseRun>,
}

/// The report of an evaluation.
#[derive(Debug)]
pub struct EvalReport {
    files: Vec<FileRun>,
    summary: EvalSummary,
    comparison: Option<VersionComparison>,
    time: Duration,
}

impl EvalReport {
    /// The report of runs, and of those with another template version.
    pub(super) fn new(
        files: Vec<FileRun>,
        baseline: Option<(String, Vec<FileRun>)>,
        time: Duration,
    ) -> Self {
        let comparison =
            baseline.map(|(version, before)| VersionComparison::new(version, &before, &files));
        Self {
            summary: EvalSummary::of(&files.iter().flat_map(|file| &file.cases)),
            files,
            comparison,
            time,
        }
    }

    /// The report as text.
    pub fn text(&self) -> String {
        text::text(self)
    }

    /// The report as JSON, with what was seen of each turn.
    pub fn json(&self) -> String {
        json::json(self)
    }

    /// The report as JUnit XML.
    pub fn junit(&self) -> String {
        junit::junit(self)
    }

    /// Whether the gate is passed: compared with another version, no case that passes with it fails now; else, the bars
    /// of every file are met, and in files without bars every case passes.
    pub fn passes_gate(&self) -> bool {
        self.gate_problems().is_empty()
    }

    /// Why the gate is not passed.
    fn gate_problems(&self) -> Vec<String> {
        match &self.comparison {
            Some(comparison) => comparison.problems(),
            None => self.files.iter().flat_map(missed_bars).collect(),
        }
    }

    /// The cases that were run, in their order.
    fn cases(&self) -> impl Iterator<Item = &CaseRun> {
        self.files.iter().flat_map(|file| &file.cases)
    }
}
