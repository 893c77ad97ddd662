//! `app.yaml` and `docs/configuration.md` have the same names as the program.

use std::collections::BTreeSet;

use super::*;
use crate::domain::built_in_defaults;

const APP_YAML: &str = include_str!("../../../app.yaml");
const PAGE: &str = include_str!("../../../docs/configuration.md");

/// `app.yaml` with the commented-out settings that `wanted` selects put in.
fn uncommented(wanted: impl Fn(&str) -> bool) -> String {
    let lines = APP_YAML.lines().map(|line| match setting_in(line) {
        Some(setting) if wanted(&setting) => setting,
        _ => line.to_owned(),
    });
    lines.collect::<Vec<_>>().join("\n")
}

/// The commented-out setting of a line, with its indentation.
fn setting_in(line: &str) -> Option<String> {
    let (indent, rest) = line.split_once('#')?;
    let (name, value) = rest.trim_start().split_once(':')?;
    let is_name = name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
    let is_setting = is_name && (value.is_empty() || value.starts_with(' '));
    (indent.trim().is_empty() && is_setting).then(|| format!("{indent}{}", &rest[1..]))
}

/// Reads settings; returns the result, the variables and paths that were read, and the problems.
fn read(mode: Mode, settings: &str) -> (Config, [BTreeSet<String>; 2], Vec<String>) {
    let source = Source::new(mode);
    let Value::Object(settings) = yaml::parse(settings).unwrap() else {
        panic!("app.yaml is no object");
    };
    let mut reader = SettingsReader::new(&source.environment, "app.yaml");
    let config = reader.read(settings, |top| Config::read(&source, top));
    let (asked, paths) = reader.known();
    let known = [asked.clone(), paths.clone()];
    (config, known, reader.finish().1)
}

#[test]
fn the_shipped_file_changes_no_default() {
    assert_eq!(read(Mode::Dev, APP_YAML), read(Mode::Dev, ""));
}

#[test]
fn settings_shown_in_the_file_are_defaults_unless_marked_as_examples() {
    let shown = uncommented(|setting| !setting.contains("an example") && !setting.contains('…'));
    let (before, example_of_a_model) = shown.split_once("    mini:").unwrap();
    let (_, after) = example_of_a_model.split_once("\n\n").unwrap();
    let shown = format!("{before}\n{after}");
    let (mut shown, _, problems) = read(Mode::Dev, &shown);
    assert_eq!(problems, [] as [&str; 0]);
    let (usual, ..) = read(Mode::Dev, "");
    assert!(
        !shown.http.public_introspection,
        "what holds outside of `troupe dev`"
    );
    shown.http.public_introspection = true;
    assert!(!shown.http.allow_loopback_origins);
    shown.http.allow_loopback_origins = true;
    assert_eq!(shown.agents.configuration, built_in_defaults());
    shown.agents = AgentDefaults::default();
    shown.database.is_default = true;
    assert_eq!(shown, usual);
}

#[test]
fn the_shipped_file_names_every_setting_and_no_other() {
    let everything = uncommented(|_| true);
    let (_, [_, paths], problems) = read(Mode::Dev, &everything);
    let unknown: Vec<_> = problems
        .iter()
        .filter(|text| text.contains("unknown"))
        .collect();
    assert!(unknown.is_empty(), "{unknown:#?}");
    let settings = yaml::parse(&everything).unwrap();
    for path in paths {
        let pointer = format!("/{}", path.replace('.', "/"));
        assert!(
            settings.pointer(&pointer).is_some(),
            "app.yaml does not show {path}"
        );
    }
}

#[test]
fn the_shipped_file_shows_every_http_limit() {
    let everything = yaml::parse(&uncommented(|_| true)).unwrap();
    for section in [
        "",
        "/json",
        "/rate",
        "/document",
        "/socket",
        "/connection",
        "/mcp",
    ] {
        let inner = section.trim_start_matches('/');
        let asked = if inner.is_empty() {
            "http: {nothing: 1}".to_owned()
        } else {
            format!("http: {{{inner}: {{nothing: 1}}}}")
        };
        // serde's message lists the known names
        let (_, _, problems) = read(Mode::Dev, &asked);
        let (_, names) = problems[0].split_once(", expected ").unwrap();
        for name in names.trim_start_matches("one of ").split(", ") {
            let pointer = format!("/http{section}/{name}");
            assert!(
                everything.pointer(&pointer).is_some(),
                "app.yaml does not show {pointer}"
            );
        }
    }
}

#[test]
fn the_page_names_every_variable_and_no_other() {
    let (_, [asked, _], _) = read(Mode::Serve, "");
    for variable in asked.iter().filter(|name| name.starts_with("TROUPE_")) {
        assert!(
            PAGE.contains(&format!("`{variable}`")),
            "docs/configuration.md lacks {variable}"
        );
    }
    let is_name = |c: char| c.is_ascii_uppercase() || c == '_';
    for word in PAGE.split(|c: char| !is_name(c)) {
        let ours =
            word.starts_with("TROUPE_") && word.len() > 7 && !word.starts_with("TROUPE_TEST_");
        assert!(
            !ours || asked.contains(word),
            "docs/configuration.md has {word}, which nothing reads"
        );
    }
}
