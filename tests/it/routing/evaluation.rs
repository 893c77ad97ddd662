//! The cases of `evals/routing` against the shipped templates and the embedded embedding model, with the bars that
//! docs/routing.md reports.

use serde_json::Value;

use crate::evals::{evaluate_shipped, json};

const FILES: [&str; 5] = [
    "routing/clear.yaml",
    "routing/ambiguous.yaml",
    "routing/off_topic.yaml",
    "routing/languages.yaml",
    "routing/conversations.yaml",
];

/// The number of choices by the right agent and the chosen one, over those that `counts` selects.
fn choices(confusion: &Value, counts: impl Fn(&str, &str) -> bool) -> f64 {
    let rows = confusion.as_object().unwrap().iter();
    let cells = rows.flat_map(|(expected, row)| {
        let row = row.as_object().unwrap().iter();
        row.map(move |(chosen, number)| (expected, chosen, number.as_f64().unwrap()))
    });
    let counted = cells.filter(|(expected, chosen, _)| counts(expected, chosen));
    counted.map(|(_, _, number)| number).sum()
}

#[tokio::test]
async fn the_cases_of_the_repository_are_routed_as_documented() {
    let report = evaluate_shipped(&FILES).await;
    // the bars of the single files, such as 95% of the clear messages
    assert!(report.passes_gate(), "{}", report.text());
    let log = report.text();
    let report = json(&report);
    let summary = &report["summary"];
    assert!(summary["count"]["cases"].as_u64().unwrap() >= 160, "{log}");
    assert_eq!(summary["count"]["broken"], 0, "{log}");
    let routing = &summary["routing"];
    let confusion = &routing["confusion"];
    let all = routing["choices"].as_f64().unwrap();
    assert!((all - 186.0).abs() < 0.5, "{log}");
    assert!(routing["right"].as_f64().unwrap() >= 0.85 * all, "{log}");
    let off_topic = choices(confusion, |expected, _| expected == "refused");
    let refused = choices(confusion, |expected, chosen| {
        expected == "refused" && chosen == "refused"
    });
    assert!(refused >= 0.75 * off_topic, "{log}");
    let falsely_refused = choices(confusion, |expected, chosen| {
        expected != "refused" && chosen == "refused"
    });
    assert!(falsely_refused <= 0.04 * (all - off_topic), "{log}");
    let error = routing["calibrationError"].as_f64().unwrap();
    assert!(error <= 0.06, "calibration error {error}");
}
