//! The sources keep to the design: who may name whom, what a file opens with, how long it gets.
//!
//! The rules are tables. A change of the design changes a line here, and a reviewer sees it.

mod rooms;
mod secrets;
mod signatures;
mod source;
mod words;

use std::fs;

use self::source::{Source, every_source, files_in, product, root, shown};

/// Each layer and the layers it may name besides itself.
const LAYERS: &[(&str, &[&str])] = &[
    (
        "adapter",
        &[
            "domain",
            "error",
            "idle_timeout",
            "live",
            "metrics",
            "outgoing",
            "port",
        ],
    ),
    ("config", &["domain"]),
    ("domain", &["error"]),
    (
        "engine",
        &[
            "domain",
            "error",
            "knowledge",
            "live",
            "metrics",
            "port",
            "schema_checker",
            "store",
            "text_analysis",
        ],
    ),
    (
        "erasure",
        &["domain", "engine", "error", "jobs", "port", "store"],
    ),
    ("error", &[]),
    ("graphql", &["domain", "error", "service"]),
    (
        "http",
        &[
            "config", "domain", "error", "graphql", "metrics", "port", "service",
        ],
    ),
    (
        "jobs",
        &["domain", "error", "metrics", "outgoing", "port", "store"],
    ),
    (
        "knowledge",
        &[
            "domain",
            "error",
            "jobs",
            "metrics",
            "port",
            "store",
            "text_analysis",
        ],
    ),
    ("idle_timeout", &[]),
    ("live", &[]),
    ("metrics", &[]),
    ("outgoing", &["error", "idle_timeout"]),
    (
        "persona",
        &[
            "domain",
            "engine",
            "error",
            "jobs",
            "port",
            "store",
            "text_analysis",
        ],
    ),
    ("port", &["domain", "error"]),
    ("redaction", &[]),
    ("routing", &["domain", "error", "port"]),
    ("schema_checker", &["domain", "error"]),
    (
        "service",
        &[
            "domain",
            "engine",
            "error",
            "jobs",
            "knowledge",
            "idle_timeout",
            "live",
            "metrics",
            "port",
            "redaction",
            "routing",
            "schema_checker",
            "store",
            "toolbox",
        ],
    ),
    (
        "store",
        &[
            "domain",
            "error",
            "live",
            "metrics",
            "port",
            "text_analysis",
        ],
    ),
    ("text_analysis", &[]),
    (
        "toolbox",
        &[
            "domain",
            "error",
            "knowledge",
            "port",
            "schema_checker",
            "store",
            "text_analysis",
        ],
    ),
    ("webhooks", &["domain", "error", "jobs", "port", "store"]),
];

/// The folder and the files that join the layers and may name them all.
const COMPOSITION: &[&str] = &[
    "app",
    "command",
    "lib",
    "main",
    "migrations",
    "training_export",
];

/// A file that names one layer more than the other files of its layer, and why.
const ALSO: &[(&str, &str, &str)] = &[
    (
        "domain/id.rs",
        "port",
        "an id bears the time of its making, and the time is handed in",
    ),
    (
        "engine/mod.rs",
        "config",
        "the bounds of a run are told in the configuration's words",
    ),
];

/// Crates and the only layers (or files of the composition) that may name them.
const CRATES: &[(&str, &[&str])] = &[
    ("async_graphql", &["graphql", "http"]),
    ("async_graphql_value", &["http"]),
    ("axum", &["http"]),
    ("clap", &["command.rs", "main.rs"]),
    (
        "documents",
        &["adapter", "domain", "knowledge", "port", "service"],
    ),
    ("entity", &["store"]),
    ("hyper_util", &["http"]),
    ("inference", &["adapter"]),
    ("intent", &["routing"]),
    ("migration", &["store"]),
    ("opentelemetry_proto", &["adapter"]),
    ("prost", &["adapter"]),
    ("redis", &["adapter"]),
    (
        "reqwest",
        &[
            "adapter",
            "app/eval/client.rs",
            "app/eval/evaluation.rs",
            "app/eval/server.rs",
            "app/knowledge.rs",
            "app/models.rs",
            "app/outgoing.rs",
            "app/traces.rs",
            "outgoing",
        ],
    ),
    ("rmcp", &["adapter", "http"]),
    ("schemars", &["domain", "toolbox"]),
    ("sea_orm", &["store"]),
    ("sse_stream", &["adapter", "app/eval/client.rs"]),
];

/// What does input or output, or keeps time: nothing for the domain.
const NOT_IN_DOMAIN: &[&str] = &[
    "async_graphql",
    "axum",
    "entity",
    "futures",
    "reqwest",
    "sea_orm",
    "tokio",
    "tokio_util",
];

/// Names that say nothing about what is inside.
const EMPTY_NAMES: &[&str] = &[
    "common", "handlers", "helpers", "manager", "misc", "util", "utils",
];

/// A file has at most this many lines.
const LONGEST_FILE: usize = 350;

/// Longer files, their bound, and why they are whole.
const LONG_FILES: &[(&str, usize, &str)] = &[(
    "store/tests/fixture/mod.rs",
    450,
    "what every test of the store starts from",
)];

#[test]
fn a_layer_imports_only_allowed_modules() {
    let mut faults = Vec::new();
    for source in product() {
        let known = LAYERS.iter().find(|(layer, _)| *layer == source.layer());
        if COMPOSITION.contains(&source.layer()) {
            continue;
        }
        let Some((layer, may_name)) = known else {
            faults.push(format!("src/{}: no layer of the table", source.path));
            continue;
        };
        for (line, named) in source.layers_named() {
            let also = ALSO
                .iter()
                .any(|(file, extra, _)| *file == source.path && *extra == named);
            let allowed = named == *layer || may_name.contains(&named.as_str()) || also;
            if !allowed {
                faults.push(format!(
                    "src/{}:{line}: `{layer}` may not name `{named}`",
                    source.path
                ));
            }
        }
    }
    check(&faults);
}

#[test]
fn every_layer_exception_is_used() {
    let sources = product();
    let unused: Vec<_> = ALSO
        .iter()
        .filter(|(file, extra, _)| {
            !sources.iter().any(|source| {
                source.path == *file && source.layers_named().iter().any(|(_, name)| name == extra)
            })
        })
        .map(|(file, extra, _)| format!("{file} does not name {extra} any more"))
        .collect();
    check(&unused);
}

#[test]
fn a_crate_is_used_only_in_its_modules() {
    let mut faults = Vec::new();
    for source in product() {
        for (line, named) in source.crates_named() {
            let place = CRATES.iter().find(|(name, _)| *name == named);
            let here = [source.layer(), source.path.as_str()];
            if place.is_some_and(|(_, may)| !may.iter().any(|layer| here.contains(layer))) {
                faults.push(format!("src/{}:{line}: names `{named}`", source.path));
            }
            if source.layer() == "domain" && NOT_IN_DOMAIN.contains(&named.as_str()) {
                let path = &source.path;
                faults.push(format!(
                    "src/{path}:{line}: the domain does no input or output, and names `{named}`"
                ));
            }
        }
    }
    check(&faults);
}

#[test]
fn only_the_configuration_reads_the_environment() {
    let readers = ["var", "vars", "var_os", "vars_os"];
    let faults = product()
        .into_iter()
        .filter(|source| source.layer() != "config");
    let faults = faults.flat_map(|source| {
        source.lines_with(|tokens| {
            let [env, _, _, read, ..] = tokens else {
                return false;
            };
            env.is("env") && tokens[1].is(":") && readers.iter().any(|reader| read.is(reader))
        })
    });
    check(&faults.collect::<Vec<_>>());
}

#[test]
fn only_graphql_context_reads_request_data() {
    let faults = product()
        .into_iter()
        .filter(|source| source.path != "graphql/context.rs");
    let faults = faults.flat_map(|source| {
        source.lines_with(|tokens| {
            let by_name = tokens[0].is("data_opt") || tokens[0].is("data_unchecked");
            let by_context = tokens[0].is("ctx")
                && tokens.get(1).is_some_and(|dot| dot.is("."))
                && tokens.get(2).is_some_and(|data| data.is("data"));
            by_name || by_context
        })
    });
    check(&faults.collect::<Vec<_>>());
}

#[test]
fn a_file_opens_with_a_sentence_about_its_purpose() {
    let faults = every_source()
        .into_iter()
        .filter(|(_, text)| !text.starts_with("//! "));
    check(
        &faults
            .map(|(path, _)| format!("{path}:1"))
            .collect::<Vec<_>>(),
    );
}

#[test]
fn a_file_is_named_after_its_content() {
    let faults = every_source().into_iter().filter(|(path, _)| {
        let parts = path.trim_end_matches(".rs").split('/');
        parts.clone().any(|part| EMPTY_NAMES.contains(&part))
    });
    check(&faults.map(|(path, _)| path).collect::<Vec<_>>());
}

#[test]
fn a_file_has_a_bounded_length() {
    let mut faults = Vec::new();
    for (path, text) in every_source() {
        let Some(path) = path.strip_prefix("src/") else {
            continue;
        };
        let excepted = LONG_FILES.iter().find(|(file, _, _)| *file == path);
        let lines = text.lines().count();
        let most = excepted.map_or(LONGEST_FILE, |(_, most, _)| *most);
        if lines > most {
            faults.push(format!("src/{path}: {lines} lines, at most {most}"));
        }
        if excepted.is_some() && lines <= LONGEST_FILE {
            faults.push(format!("src/{path}: is short now, take it from LONG_FILES"));
        }
    }
    check(&faults);
}

#[test]
fn no_source_has_todos_ignored_tests_or_sleeps() {
    let faults = every_source().into_iter().flat_map(|(path, text)| {
        let source = Source::read(path, &text);
        source.lines_with(|tokens| {
            let next = |index: usize, text: &str| tokens.get(index).is_some_and(|t| t.is(text));
            let undone = (tokens[0].is("todo") || tokens[0].is("unimplemented")) && next(1, "!");
            let skipped = tokens[0].is("#") && next(1, "[") && next(2, "ignore");
            let slept = tokens[0].is("thread") && next(1, ":") && next(3, "sleep");
            undone || skipped || slept
        })
    });
    // the paths of `every_source` say where they lie already
    let faults: Vec<_> = faults
        .filter_map(|fault| fault.strip_prefix("src/").map(str::to_owned))
        .collect();
    check(&faults);
}

#[test]
fn no_file_contains_a_path_of_one_machine() {
    // in pieces, so that this file is not its own finding
    let places = ["/wo|rk/", "/ro|ot/", "/ho|me/", "/Us|ers/"].map(|place| place.replace('|', ""));
    let mut faults = Vec::new();
    let folders = [
        "src",
        "documents",
        "tests/it",
        "entity",
        "migration",
        "agents",
        "scripts",
        "docs",
        "benches",
    ];
    let files = folders
        .iter()
        .flat_map(|folder| files_in(&root().join(folder)));
    for file in files {
        // what is not text has no paths that a person wrote
        let Ok(text) = fs::read_to_string(&file) else {
            continue;
        };
        for (number, line) in text.lines().enumerate() {
            if places.iter().any(|place| names(line, place)) {
                faults.push(format!("{}:{}", shown(&file), number + 1));
            }
        }
    }
    check(&faults);
}

/// Whether the line names the place as the beginning of a path.
fn names(line: &str, place: &str) -> bool {
    line.match_indices(place).any(|(at, _)| {
        let before = line[..at].chars().next_back();
        before.is_none_or(|before| !before.is_alphanumeric() && !"}$._-".contains(before))
    })
}

#[track_caller]
fn check(faults: &[String]) {
    assert!(faults.is_empty(), "\n  {}\n", faults.join("\n  "));
}
