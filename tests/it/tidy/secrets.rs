//! What a tenant must not learn, and which secrets a rotation must find.

use std::fs;

use super::{check, files_in, root, shown};

/// The files outside of the composition that name a variable of the operator in a text, each with the reason why no tenant
/// sees it.
const FOR_OPERATORS: &[(&str, &str)] = &[
    ("src/adapter/embedded/embedder.rs", "a test"),
    ("src/adapter/pinecone/control.rs", "the private cause"),
    ("src/adapter/vault.rs", "the private cause"),
    ("src/domain/audit_chain/mod.rs", "for `troupe audit verify`"),
    ("src/http/refused_origins.rs", "the process's log"),
    ("src/service/audit_check.rs", "for `troupe audit`"),
    ("src/service/key_check.rs", "a start that is refused"),
    ("src/service/key_rotation.rs", "for `troupe keys rotate`"),
    (
        "src/service/operator.rs",
        "for `troupe operator`, and the log",
    ),
    ("src/store/audit/append.rs", "the private cause"),
    ("src/store/connection.rs", "a start that is refused"),
];
/// Where a location of a secret is written without [`troupe::domain::SealedColumn`].
const LOCATIONS: &[&str] = &["src/port/vault.rs", "src/service/export.rs"];

/// The files of the product with their texts, without those of tests.
fn sources() -> Vec<(String, String)> {
    let files = files_in(&root().join("src"));
    let sources = files.iter().map(|file| (shown(file), file));
    sources
        .filter(|(name, _)| name.contains(".rs") && !name.contains("tests"))
        .map(|(name, file)| (name, fs::read_to_string(file).unwrap()))
        .collect()
}

#[test]
fn no_text_for_tenants_names_a_variable_of_the_operator() {
    let is_composition = |name: &str| {
        ["src/app/", "src/config/", "src/main.rs", "src/command.rs"]
            .iter()
            .any(|place| name.starts_with(place))
    };
    let mut found = Vec::new();
    for (name, text) in sources() {
        let names_one = text
            .lines()
            .any(|line| !line.trim_start().starts_with("//") && line.contains("TROUPE_"));
        if names_one && !is_composition(&name) {
            found.push(name);
        }
    }
    let allowed = |name: &str| FOR_OPERATORS.iter().any(|(file, _)| *file == name);
    let mut faults: Vec<String> = found
        .iter()
        .filter(|name| !allowed(name))
        .map(|name| {
            format!("{name}: names a variable of the operator; put it into the error's cause")
        })
        .collect();
    let unused = FOR_OPERATORS
        .iter()
        .filter(|(file, _)| !found.iter().any(|name| name == file));
    faults.extend(unused.map(|(file, reason)| format!("{file}: names no variable: {reason}")));
    check(&faults);
}

#[test]
fn every_stored_secret_is_one_that_a_rotation_finds() {
    let faults: Vec<String> = sources()
        .into_iter()
        .filter(|(name, text)| {
            text.contains("SecretLocation {\n") && !LOCATIONS.contains(&name.as_str())
        })
        .filter(|(_, text)| text.contains("table:"))
        .map(|(name, _)| {
            format!("{name}: use `SecretLocation::of_stored`, so that the secret is rotated")
        })
        .collect();
    check(&faults);
}
