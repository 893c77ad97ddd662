//! The gate of one version: the bars of a file, or every case.

use super::{FileRun, count::CaseCount, routing::RoutingFigures, text::percent};

/// Why a file does not pass the gate.
pub(super) fn missed_bars(file: &FileRun) -> Vec<String> {
    let count = CaseCount::of(&file.cases);
    let FileRun { path, bars, cases } = file;
    if bars.is_empty() {
        let wrong = count.cases - count.passed;
        let problem =
            (wrong > 0).then(|| format!("{path}: {wrong} of {} cases do not pass", count.cases));
        return problem.into_iter().collect();
    }
    let mut problems = Vec::new();
    let mut hold = |what: &str, count: CaseCount, bar: f64| {
        let accuracy = count.accuracy();
        if accuracy < bar {
            let (seen, bar) = (percent(accuracy), percent(bar));
            problems.push(format!("{path}: {what} {seen}, at least {bar} expected"));
        }
    };
    if let Some(bar) = bars.accuracy {
        hold("accuracy", count, bar);
    }
    for (group, bar) in &bars.groups {
        let of_group = cases.iter().filter(|case| case.groups.contains(group));
        hold(
            &format!("accuracy of {group}"),
            CaseCount::of(of_group),
            *bar,
        );
    }
    let error = RoutingFigures::of(cases).calibration_error;
    if let Some(bar) = bars.calibration_error.filter(|bar| error > *bar) {
        problems.push(format!(
            "{path}: calibration error {error:.3}, at most {bar} expected"
        ));
    }
    problems
}
