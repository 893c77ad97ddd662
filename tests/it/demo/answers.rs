//! The questions of `evals/demo`: right quotes, honest refusals, small talk, and no number that stands in no document.

use std::collections::BTreeSet;

use serde_json::Value;

use crate::evals::{evaluate_shipped, json};

/// The first phrasing of each answerable question.
fn first_phrasings() -> BTreeSet<String> {
    let questions = include_str!("../../../evals/demo/questions.yaml");
    let questions: Value = serde_saphyr::from_str(questions).unwrap();
    let cases = questions["cases"].as_array().unwrap().iter();
    let answerable = cases.filter(|case| case["groups"][0] == "answerable");
    let first = answerable.map(|case| case["phrasings"][0].as_str().unwrap().to_owned());
    first.collect()
}

#[tokio::test]
async fn questions_are_answered_with_quotes_or_refused() {
    // in one server, because its models take seconds to load
    let report = evaluate_shipped(&["demo/questions.yaml", "demo/tools.yaml"]).await;
    // the bars of the files: 80% of the answerable questions and all others, every call, and 95% of the messages without one
    assert!(report.passes_gate(), "{}", report.text());
    let log = report.text();
    let report = json(&report);
    let cases = report["cases"].as_array().unwrap();
    assert_eq!(cases.len(), 112 + 38, "{log}");
    assert_eq!(report["summary"]["count"]["broken"], 0, "{log}");
    // a wrong quote is a mistake, an invented number is none that a bar allows
    let invented: Vec<_> = cases
        .iter()
        .filter(|case| case["reasons"].to_string().contains("groundedNumbers"))
        .collect();
    assert!(invented.is_empty(), "{invented:#?}");
    let first = first_phrasings();
    let is_first = |case: &&Value| first.contains(case["name"].as_str().unwrap());
    let right = cases
        .iter()
        .filter(is_first)
        .filter(|case| case["status"] == "PASSED");
    let right = right.count();
    assert!(right * 10 >= first.len() * 8, "{right} of {}", first.len());
}
