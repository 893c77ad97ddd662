//! Reports: which case failed and why, as text, JSON and JUnit XML.

use super::{EvalFolder, ONE_AGENT, case, json, options};

const CASES: &str = "
script: [{text: \"It costs 5 < 6 & 'more' than \\\"enough\\\".\"}]
cases:
  - {name: passes, message: What does it cost?, expect: {contains: It costs 5, noTools: true}}
  - {name: \"fails <&> \\\"quoted\\\"\", message: How much is it?, expect: {contains: [It costs, nothing at all], tools: [{name: create_ticket}]}}
  - {name: is broken, message: Who are you?, agent: support, context: {caseId: 7}, expect: {noTools: true}}
  - name: has the wrong script
    message: Please repeat.
    groups: [scripts]
    script: [{text: One.}, {text: Two.}]
    expect: {contains: One.}
  - name: is asked too often
    message: And again.
    groups: [scripts]
    script: [{calls: [{tool: find_tickets}]}]
    expect: {fails: UNAVAILABLE}
";

#[tokio::test]
async fn a_failing_case_is_reported_with_its_reasons() {
    let folder = EvalFolder::new();
    let file = folder.write("cases.yaml", &format!("{ONE_AGENT}{CASES}"));
    let report = folder.run(options(&[file])).await.unwrap();
    assert!(!report.passes_gate());
    let found = json(&report);
    assert_eq!(
        found["summary"]["count"],
        serde_json::json!({"cases": 5, "passed": 1, "failed": 3, "broken": 1, "skipped": 0})
    );
    assert_eq!(case(&found, "passes")["status"], "PASSED");
    let failed = case(&found, "fails <&> \"quoted\"");
    assert_eq!(failed["status"], "FAILED");
    let reasons = failed["reasons"].to_string();
    assert!(
        reasons.contains("tools[0]: create_ticket expected, seen: []"),
        "{reasons}"
    );
    assert!(reasons.contains("nothing at all"), "{reasons}");
    assert!(!reasons.contains("It costs\\\" expected"), "{reasons}");
    // a case that the server refuses breaks alone, with the server's words
    let broken = case(&found, "is broken");
    assert_eq!(broken["status"], "BROKEN");
    assert!(
        broken["reasons"][0].as_str().unwrap().contains("caseId"),
        "{broken}"
    );
    let wrong = case(&found, "has the wrong script")["reasons"].to_string();
    assert!(wrong.contains("script: 1 replies were not used"), "{wrong}");
    let asked = case(&found, "is asked too often")["reasons"].to_string();
    assert!(asked.contains("script: 1 requests had no reply"), "{asked}");
    assert_eq!(found["gate"]["passed"], false);
    let text = report.text();
    for expected in [
        "FAILED  ",
        "BROKEN  ",
        "cases.yaml: fails <&> \"quoted\"",
        "   1 of 5      20.0%",
        "Gate: not passed",
        "4 of 5 cases do not pass",
        "first token  p50",
        "input tokens",
    ] {
        assert!(text.contains(expected), "{expected} in\n{text}");
    }
}

#[tokio::test]
async fn the_junit_report_is_xml_with_every_case() {
    let folder = EvalFolder::new();
    let file = folder.write("cases.yaml", &format!("{ONE_AGENT}{CASES}"));
    let report = folder.run(options(&[file])).await.unwrap();
    let text = report.junit();
    let document = roxmltree::Document::parse(&text).unwrap();
    let suites = document.root_element();
    assert_eq!(suites.tag_name().name(), "testsuites");
    let counts = ["tests", "failures", "errors", "skipped"].map(|name| suites.attribute(name));
    assert_eq!(counts, [Some("5"), Some("3"), Some("1"), Some("0")]);
    let named = |name: &'static str| {
        document
            .descendants()
            .filter(move |node| node.has_tag_name(name))
    };
    let cases: Vec<_> = named("testcase")
        .map(|case| case.attribute("name").unwrap())
        .collect();
    assert_eq!(
        cases,
        [
            "passes",
            "fails <&> \"quoted\"",
            "is broken",
            "has the wrong script",
            "is asked too often"
        ]
    );
    let failure = named("failure").next().unwrap();
    let words = failure.text().unwrap();
    assert!(
        words.contains("\"nothing at all\" expected in \"It costs 5 < 6 & 'more'"),
        "{words}"
    );
    assert!(words.contains("create_ticket expected"), "{words}");
    assert_eq!(words.lines().next(), failure.attribute("message"));
    assert_eq!(named("error").count(), 1);
}
