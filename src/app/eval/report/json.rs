//! The report as JSON.

use serde::Serialize;

use super::{EvalReport, comparison::VersionComparison, count::CaseCount, summary::EvalSummary};
use crate::app::eval::{
    judging::Mismatch,
    running::{CaseRun, Observation},
};

/// The version of the format; it changes when a field changes its meaning or goes away.
const FORMAT: u32 = 1;

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct JsonReport<'r> {
    format: u32,
    seconds: f64,
    summary: &'r EvalSummary,
    gate: GateEntry,
    files: Vec<FileEntry<'r>>,
    comparison: Option<&'r VersionComparison>,
    cases: Vec<CaseEntry<'r>>,
}

#[derive(Serialize)]
struct GateEntry {
    passed: bool,
    problems: Vec<String>,
}

#[derive(Serialize)]
struct FileEntry<'r> {
    path: &'r str,
    #[serde(flatten)]
    count: CaseCount,
    accuracy: f64,
}

#[derive(Serialize)]
struct CaseEntry<'r> {
    file: &'r str,
    name: &'r str,
    groups: &'r [String],
    status: &'static str,
    reasons: Vec<String>,
    seconds: f64,
    turns: Vec<TurnEntry<'r>>,
}

#[derive(Serialize)]
struct TurnEntry<'r> {
    message: &'r str,
    mismatches: &'r [Mismatch],
    #[serde(flatten)]
    seen: &'r Observation,
}

/// The report as JSON.
pub(super) fn json(report: &EvalReport) -> String {
    let problems = report.gate_problems();
    let files = report.files.iter().map(|file| {
        let count = CaseCount::of(&file.cases);
        FileEntry {
            path: &file.path,
            accuracy: count.accuracy(),
            count,
        }
    });
    let written = JsonReport {
        format: FORMAT,
        seconds: report.time.as_secs_f64(),
        summary: &report.summary,
        gate: GateEntry {
            passed: problems.is_empty(),
            problems,
        },
        files: files.collect(),
        comparison: report.comparison.as_ref(),
        cases: report.cases().map(entry).collect(),
    };
    // writing values without maps of other keys than texts cannot fail
    serde_json::to_string_pretty(&written).unwrap_or_default()
}

fn entry(case: &CaseRun) -> CaseEntry<'_> {
    let turns = case.turns.iter().map(|turn| TurnEntry {
        message: &turn.turn.message,
        mismatches: &turn.mismatches,
        seen: &turn.seen,
    });
    CaseEntry {
        file: &case.file,
        name: &case.name,
        groups: &case.groups,
        status: case.status.name(),
        reasons: case.reasons(),
        seconds: case.time.as_secs_f64(),
        turns: turns.collect(),
    }
}
