//! The report as text for a terminal.

use std::fmt::Write;

use super::{
    EvalReport,
    comparison::VersionComparison,
    count::CaseCount,
    routing::RoutingFigures,
    summary::{EvalSummary, Percentiles},
};
use crate::app::eval::running::CaseStatus;

/// The maximum number of reasons that are shown of one case; the JSON has all.
const MOST_REASONS: usize = 4;
/// The maximum length of a reason, in characters.
const LONGEST_REASON: usize = 300;

/// The report as text.
pub(super) fn text(report: &EvalReport) -> String {
    let mut out = String::new();
    write_failures(&mut out, report);
    write_counts(&mut out, report);
    if report.summary.routing.choices > 0 {
        write_routing(&mut out, &report.summary.routing);
    }
    write_cost(&mut out, &report.summary);
    if let Some(comparison) = &report.comparison {
        write_comparison(&mut out, comparison);
    }
    line(&mut out, "");
    match report.gate_problems().as_slice() {
        [] => line(&mut out, "Gate: passed"),
        problems => {
            line(&mut out, "Gate: not passed");
            for problem in problems {
                line(&mut out, &format!("  {problem}"));
            }
        }
    }
    out.trim().to_owned()
}

fn write_failures(out: &mut String, report: &EvalReport) {
    for case in report
        .cases()
        .filter(|case| case.status != CaseStatus::Passed)
    {
        let word = case.status.name();
        line(out, &format!("{word}  {}: {}", case.file, case.name));
        for reason in case.reasons().iter().take(MOST_REASONS) {
            let shown: String = reason.chars().take(LONGEST_REASON).collect();
            line(out, &format!("        {}", shown.replace('\n', " ")));
        }
    }
}

fn write_counts(out: &mut String, report: &EvalReport) {
    let files = report.files.iter();
    let files = files.map(|file| (file.path.clone(), CaseCount::of(&file.cases)));
    let groups = report
        .summary
        .groups
        .iter()
        .map(|(group, count)| (group.clone(), *count));
    line(out, "\nCases");
    let all = ("all".to_owned(), report.summary.count);
    let files: Vec<_> = files.chain([all]).collect();
    write_table(out, &files);
    line(out, "\nGroups");
    write_table(out, &groups.collect::<Vec<_>>());
}

fn write_table(out: &mut String, rows: &[(String, CaseCount)]) {
    let width = rows
        .iter()
        .map(|(name, _)| name.chars().count())
        .max()
        .unwrap_or_default();
    for (name, count) in rows {
        let CaseCount {
            cases,
            passed,
            broken,
            skipped,
            ..
        } = count;
        let share = percent(count.accuracy());
        let mut row = format!("  {name:width$}  {passed:>4} of {cases:<4}  {share:>6}");
        if *broken > 0 {
            let _ = write!(row, "  {broken} could not be run");
        }
        if *skipped > 0 {
            let _ = write!(row, "  {skipped} skipped");
        }
        line(out, &row);
    }
}

fn write_routing(out: &mut String, routing: &RoutingFigures) {
    let RoutingFigures {
        choices,
        right,
        calibration_error,
        ..
    } = routing;
    let share = percent(routing.accuracy());
    line(
        out,
        &format!(
            "\nRouting: {right} of {choices} choices right ({share}), expected calibration error {calibration_error:.3}"
        ),
    );
    line(out, "Rows are the right agents, columns the choices:");
    let names = routing.names();
    let width = names
        .iter()
        .map(|name| name.chars().count())
        .max()
        .unwrap_or_default();
    let mut head = " ".repeat(width + 2);
    for name in &names {
        let _ = write!(head, "  {name:>width$}");
    }
    line(out, &head);
    for expected in &names {
        let mut row = format!("  {expected:width$}");
        for chosen in &names {
            let shown = match routing.confused(expected, chosen) {
                0 => ".".to_owned(),
                number => number.to_string(),
            };
            let _ = write!(row, "  {shown:>width$}");
        }
        line(out, &row);
    }
}

fn write_cost(out: &mut String, summary: &EvalSummary) {
    line(out, "\nLatency");
    let latency = &summary.latency;
    for (name, times) in [
        ("route", latency.route),
        ("first token", latency.first_token),
        ("answer", latency.answer),
    ] {
        if let Some(Percentiles {
            count,
            p50_ms,
            p95_ms,
        }) = times
        {
            line(
                out,
                &format!("  {name:11}  p50 {p50_ms:>8.1} ms  p95 {p95_ms:>8.1} ms  ({count})"),
            );
        }
    }
    let usage = &summary.usage;
    line(
        out,
        &format!(
            "Usage: {} input tokens, {} output tokens, ${:.4}",
            usage.input_tokens, usage.output_tokens, usage.cost_usd
        ),
    );
}

fn write_comparison(out: &mut String, comparison: &VersionComparison) {
    let VersionComparison { against, cases, .. } = comparison;
    let (before, now) = (
        percent(comparison.accuracy_before),
        percent(comparison.accuracy),
    );
    line(
        out,
        &format!("\nAgainst {against}: {before} then, {now} now, of {cases} cases"),
    );
    for (word, cases) in [("worse", &comparison.worse), ("better", &comparison.better)] {
        for case in cases {
            line(out, &format!("  {word:6}  {}: {}", case.file, case.name));
            for reason in case.reasons.iter().take(MOST_REASONS) {
                line(out, &format!("          {reason}"));
            }
        }
    }
}

/// A share in percent with one decimal place.
pub(super) fn percent(share: f64) -> String {
    format!("{:.1}%", share * 100.0)
}

fn line(out: &mut String, text: &str) {
    out.push_str(text);
    out.push('\n');
}
