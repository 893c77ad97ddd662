//! Gates: bars of files, and the comparison with another version of a template.

use std::fs;

use troupe::app::eval::EvalOptions;

use super::{EvalFolder, ONE_AGENT, json, options};

/// The shipped support agent as another version, with one more sentence in its instructions.
fn version(number: &str, sentence: &str) -> String {
    let file = concat!(env!("CARGO_MANIFEST_DIR"), "/agents/support_agent.yaml");
    let template = fs::read_to_string(file).unwrap();
    let lines = template.lines().map(|line| {
        if line.starts_with("version: ") {
            return format!("version: {number}");
        }
        match line {
            "  system: |" => format!("{line}\n    {sentence}"),
            line => line.to_owned(),
        }
    });
    lines.collect::<Vec<_>>().join("\n")
}

fn folder_with_two_versions() -> EvalFolder {
    let folder = EvalFolder::new();
    folder.write("agents/old.yaml", &version("90.0.0", "Be brief. Be kind."));
    folder.write("agents/new.yaml", &version("91.0.0", "Be brief. Be quick."));
    folder
}

fn prompts(sentences: &[&str]) -> String {
    let cases = sentences.iter().map(|sentence| {
        format!(
            "  - {{name: {sentence}, message: Hello, expect: {{promptContains: {sentence}}}}}\n"
        )
    });
    let cases: String = cases.collect();
    format!("{ONE_AGENT}script: [{{text: Hello.}}]\ncases:\n{cases}")
}

async fn against(
    folder: &EvalFolder,
    sentences: &[&str],
    version: &str,
) -> troupe::app::eval::EvalReport {
    let file = folder.write("cases.yaml", &prompts(sentences));
    let options = EvalOptions {
        against: Some(version.to_owned()),
        ..options(&[file])
    };
    folder
        .run(options)
        .await
        .map_err(|error| format!("{error:?}"))
        .unwrap()
}

#[tokio::test]
async fn a_version_that_fails_a_case_which_passed_before_does_not_pass() {
    let folder = folder_with_two_versions();
    let report = against(&folder, &["Be brief.", "Be kind."], "support_agent@90.0.0").await;
    assert!(!report.passes_gate(), "{}", report.text());
    let found = json(&report);
    let comparison = &found["comparison"];
    assert_eq!(comparison["worse"][0]["name"], "Be kind.");
    assert_eq!(comparison["worse"].as_array().unwrap().len(), 1);
    assert_eq!(
        (&comparison["accuracyBefore"], &comparison["accuracy"]),
        (&1.0.into(), &0.5.into())
    );
    let text = report.text();
    assert!(
        text.contains("Against support_agent@90.0.0: 100.0% then, 50.0% now, of 2 cases"),
        "{text}"
    );
    assert!(
        text.contains("\"Be kind.\" passes with support_agent@90.0.0 and fails now"),
        "{text}"
    );
}

#[tokio::test]
async fn a_version_passes_when_it_fails_only_what_failed_before() {
    let folder = folder_with_two_versions();
    let report = against(&folder, &["Be brief.", "Be quick.", "Be silent."], "90.0.0").await;
    assert!(report.passes_gate(), "{}", report.text());
    let comparison = &json(&report)["comparison"];
    assert_eq!(comparison["better"][0]["name"], "Be quick.");
    assert_eq!(comparison["worse"].as_array().unwrap().len(), 0);
}

#[tokio::test]
async fn a_version_that_does_not_exist_cannot_be_compared_with() {
    let folder = folder_with_two_versions();
    let file = folder.write("cases.yaml", &prompts(&["Be brief."]));
    for (version, expected) in [
        ("support_agent@1.0.0", "--against support_agent@1.0.0"),
        (
            "sales_agent@90.0.0",
            "is the version of no agent's template",
        ),
        ("newest", "expected a version such as 1.3.0"),
    ] {
        let options = EvalOptions {
            against: Some(version.to_owned()),
            ..options(std::slice::from_ref(&file))
        };
        let error = folder.run(options).await.unwrap_err();
        assert!(error.message().contains(expected), "{}", error.message());
    }
}

#[tokio::test]
async fn a_file_with_bars_passes_when_they_are_met() {
    let folder = EvalFolder::new();
    let cases = "script: [{text: Hello.}]
cases:
  - {message: Hello, groups: [greeting], expect: {contains: Hello.}}
  - {message: Bye, groups: [farewell], expect: {contains: Bye.}}
";
    for (bars, passes) in [
        ("{accuracy: 0.5}", true),
        ("{accuracy: 0.6}", false),
        ("{groups: {greeting: 1.0}}", true),
        ("{accuracy: 0.1, groups: {farewell: 0.5}}", false),
        ("{}", false),
    ] {
        let file = folder.write("cases.yaml", &format!("{ONE_AGENT}bars: {bars}\n{cases}"));
        let report = folder.run(options(&[file])).await.unwrap();
        assert_eq!(report.passes_gate(), passes, "{bars}: {}", report.text());
    }
}
