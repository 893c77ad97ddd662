//! The shipped workflow cases pass, and every shipped file is as its JSON Schema says.

use std::{collections::BTreeSet, fs, path::Path};

use serde_json::{Value, json};

use super::{EvalFolder, evaluate_shipped, json, options};

const WORKFLOWS: [&str; 4] = [
    "workflows/sales.yaml",
    "workflows/support.yaml",
    "workflows/expert.yaml",
    "workflows/research.yaml",
];

#[tokio::test]
async fn the_workflow_cases_pass_with_scripted_models() {
    let report = evaluate_shipped(&WORKFLOWS).await;
    assert!(report.passes_gate(), "{}", report.text());
    let report = json(&report);
    let count = &report["summary"]["count"];
    assert_eq!(count["passed"], count["cases"]);
    assert!(count["cases"].as_u64().unwrap() >= 60, "{count}");
}

fn evals() -> impl Iterator<Item = (String, Value)> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("evals");
    let folders = ["demo", "routing", "workflows"].map(|folder| root.join(folder));
    let files = folders
        .into_iter()
        .flat_map(|folder| fs::read_dir(folder).unwrap());
    let files = files.map(|entry| entry.unwrap().path());
    files
        .filter(|file| file.extension().is_some_and(|kind| kind == "yaml"))
        .map(|file| {
            let text = fs::read_to_string(&file).unwrap();
            (
                file.display().to_string(),
                serde_saphyr::from_str(&text).unwrap(),
            )
        })
}

fn schema() -> Value {
    serde_json::from_str(include_str!("../../../evals/eval.schema.json")).unwrap()
}

#[test]
fn the_shipped_files_are_valid_by_their_schema() {
    let validator = jsonschema::validator_for(&schema()).unwrap();
    let mut files = 0;
    for (name, file) in evals() {
        let problems: Vec<_> = validator
            .iter_errors(&file)
            .map(|error| format!("{}: {error}", error.instance_path()))
            .collect();
        assert!(problems.is_empty(), "{name}: {problems:#?}");
        files += 1;
    }
    assert!(files >= 11, "{files} files");
}

/// The fields that the program reads, from its own message about an unknown one.
async fn fields_read(folder: &EvalFolder, file: &Value) -> BTreeSet<String> {
    let file = folder.write("unknown.yaml", &file.to_string());
    let error = folder.run(options(&[file])).await.unwrap_err();
    let message = error.message().to_owned();
    let (_, fields) = message
        .split_once("expected one of ")
        .unwrap_or_else(|| panic!("{message}"));
    let fields = fields.split(", ").map(|field| field.trim_matches('`'));
    fields.map(str::to_owned).collect()
}

#[tokio::test]
async fn the_schema_has_every_field_that_the_program_reads() {
    let schema = schema();
    let folder = EvalFolder::new();
    let unknown = json!({"nothing": 1});
    let in_case = |case: Value| json!({"cases": [case]});
    for (pointer, file) in [
        ("", unknown.clone()),
        (
            "/$defs/agent",
            json!({"cases": [], "agents": [unknown.clone()]}),
        ),
        (
            "/properties/bars",
            json!({"cases": [], "bars": unknown.clone()}),
        ),
        ("/$defs/case", in_case(unknown.clone())),
        ("/$defs/turn", in_case(json!({"turns": [unknown.clone()]}))),
        (
            "/$defs/script/items",
            in_case(json!({"message": "m", "script": [unknown.clone()]})),
        ),
        (
            "/$defs/expect",
            in_case(json!({"message": "m", "expect": unknown.clone()})),
        ),
        (
            "/$defs/expect/properties/tools/items",
            in_case(json!({"message": "m", "expect": {"tools": [unknown]}})),
        ),
    ] {
        let shown = schema.pointer(&format!("{pointer}/properties")).unwrap();
        let shown: BTreeSet<String> = shown.as_object().unwrap().keys().cloned().collect();
        assert_eq!(fields_read(&folder, &file).await, shown, "{pointer}");
    }
}

#[tokio::test]
async fn the_example_of_the_documentation_passes() {
    let page = include_str!("../../../docs/evaluation.md");
    let (_, example) = page.split_once("```yaml\n").unwrap();
    let (example, _) = example.split_once("```").unwrap();
    let demo = concat!(env!("CARGO_MANIFEST_DIR"), "/demo");
    let folder = EvalFolder::new();
    let file = folder.write("example.yaml", &example.replace("../demo", demo));
    let report = folder.run(options(&[file])).await.unwrap();
    assert!(report.passes_gate(), "{}", report.text());
}
