//! The sources keep to the design: allowed dependencies between layers, the first line and the length of a file.
//!
//! The rules are tables, so that a change of the design is visible as a changed line in a review.

use std::{fs, path::Path, path::PathBuf};

/// Each layer and the layers it may name besides itself.
const LAYERS: &[(&str, &[&str])] = &[
    ("adapter", &["domain", "error", "patience", "port"]),
    ("config", &["domain"]),
    ("domain", &["error"]),
    (
        "engine",
        &[
            "domain",
            "error",
            "knowledge",
            "port",
            "schema_checker",
            "store",
        ],
    ),
    ("error", &[]),
    ("graphql", &["domain", "error", "service"]),
    (
        "http",
        &["config", "domain", "error", "graphql", "port", "service"],
    ),
    ("jobs", &["domain", "error", "port", "store"]),
    ("knowledge", &["domain", "error", "jobs", "port", "store"]),
    ("patience", &[]),
    ("port", &["domain", "error"]),
    ("schema_checker", &["domain", "error"]),
    (
        "service",
        &[
            "domain",
            "engine",
            "error",
            "jobs",
            "knowledge",
            "patience",
            "port",
            "schema_checker",
            "store",
            "toolbox",
        ],
    ),
    ("store", &["domain", "error", "port"]),
    (
        "toolbox",
        &["domain", "error", "port", "schema_checker", "store"],
    ),
];

/// The files that join the layers and may name them all.
const COMPOSITION: &[&str] = &[
    "app.rs",
    "checks.rs",
    "dev.rs",
    "dev_key.rs",
    "knowledge_parts.rs",
    "lib.rs",
    "main.rs",
    "models.rs",
    "operator.rs",
    "outgoing.rs",
    "shared.rs",
    "tool_parts.rs",
    "watchdog.rs",
];

/// A file that names one more layer than others of its layer, and the reason.
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
    (
        "graphql/loader.rs",
        "store",
        "a relation is one query for a whole level of a document, with no use case in between",
    ),
];

/// Crates and the only layers (or files of the composition) that may name them.
const CRATES: &[(&str, &[&str])] = &[
    ("async_graphql", &["graphql", "http"]),
    ("async_graphql_value", &["http"]),
    ("axum", &["http"]),
    ("clap", &["main.rs"]),
    ("entity", &["store"]),
    ("hyper_util", &["http"]),
    ("inference", &["adapter"]),
    ("migration", &["store"]),
    ("redis", &["adapter"]),
    (
        "reqwest",
        &["adapter", "knowledge_parts.rs", "models.rs", "outgoing.rs"],
    ),
    ("rmcp", &["adapter", "http"]),
    ("sea_orm", &["store"]),
    ("sse_stream", &["adapter"]),
];

/// Crates and modules with input, output or time, which the domain must not use.
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

/// File names without meaning.
const EMPTY_NAMES: &[&str] = &[
    "common", "handlers", "helpers", "manager", "misc", "util", "utils",
];

/// The maximum number of lines of a file.
const LONGEST_FILE: usize = 350;

/// Longer files, their limits, and the reason for each.
const LONG_FILES: &[(&str, usize, &str)] = &[(
    "store/tests/fixture.rs",
    450,
    "what every test of the store starts from",
)];

#[test]
fn a_layer_imports_only_allowed_modules() {
    let mut faults = Vec::new();
    for source in product() {
        let known = LAYERS.iter().find(|(layer, _)| *layer == source.layer());
        if COMPOSITION.contains(&source.path.as_str()) {
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
    // The paths of `every_source` contain the folder already.
    let faults: Vec<_> = faults
        .filter_map(|fault| fault.strip_prefix("src/").map(str::to_owned))
        .collect();
    check(&faults);
}

#[test]
fn no_file_contains_a_path_of_one_machine() {
    // In pieces, so that this file does not contain the patterns itself.
    let places = ["/wo|rk/", "/ro|ot/", "/ho|me/", "/Us|ers/"].map(|place| place.replace('|', ""));
    let mut faults = Vec::new();
    let folders = [
        "src",
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
        // A binary file has no paths that a person wrote.
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

/// Whether the line contains the folder at the start of a path.
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

/// A file of `src` as its tokens, without comments, literals and test code.
struct Source {
    /// The path below `src`.
    path: String,
    tokens: Vec<Token>,
}

struct Token {
    line: usize,
    text: String,
}

impl Token {
    fn is(&self, text: &str) -> bool {
        self.text == text
    }

    fn is_name(&self) -> bool {
        let mut characters = self.text.chars();
        characters
            .next()
            .is_some_and(|c| c.is_alphabetic() || c == '_')
    }
}

impl Source {
    fn read(path: String, text: &str) -> Self {
        let mut tokens = tokens(text);
        strip_tests(&mut tokens);
        Self { path, tokens }
    }

    /// The file's folder in `src`; a file directly in `src` is a layer of its own.
    fn layer(&self) -> &str {
        let first = self.path.split('/').next().unwrap_or_default();
        first.trim_end_matches(".rs")
    }

    /// The lines of every position at which the predicate holds for the following tokens.
    fn lines_with(&self, holds: impl Fn(&[Token]) -> bool) -> Vec<String> {
        let places = (0..self.tokens.len()).filter(|at| holds(&self.tokens[*at..]));
        places
            .map(|at| format!("src/{}:{}", self.path, self.tokens[at].line))
            .collect()
    }

    /// The crates that paths start with.
    fn crates_named(&self) -> Vec<(usize, String)> {
        let mut found = Vec::new();
        for (at, token) in self.tokens.iter().enumerate() {
            let after_path = at > 0 && (self.is(at - 1, ":") || self.is(at - 1, "."));
            let begins = self.is(at + 1, ":") && self.is(at + 2, ":");
            if token.is_name() && begins && !after_path {
                found.push((token.line, token.text.clone()));
            }
        }
        found
    }

    /// The layers that are named through `crate::`, or through enough `super::` to leave the file's layer.
    fn layers_named(&self) -> Vec<(usize, String)> {
        let mut found = Vec::new();
        let mut at = 0;
        while at < self.tokens.len() {
            let mut next = at;
            if self.is(at, "crate") && self.is(at + 1, ":") && self.is(at + 2, ":") {
                next = at + 3;
            } else {
                let mut depth = self.depth();
                while self.is(next, "super") && self.is(next + 1, ":") && self.is(next + 2, ":") {
                    depth = depth.saturating_sub(1);
                    next += 3;
                }
                if next == at || depth > 0 {
                    at = next.max(at + 1);
                    continue;
                }
            }
            self.names_at(next, &mut found);
            at = next + 1;
        }
        found
    }

    /// Adds a name, or the first names of a group in braces.
    fn names_at(&self, at: usize, found: &mut Vec<(usize, String)>) {
        if !self.is(at, "{") {
            found.extend(self.tokens.get(at).map(|t| (t.line, t.text.clone())));
            return;
        }
        let mut depth = 0;
        for (index, token) in self.tokens.iter().enumerate().skip(at) {
            match token.text.as_str() {
                "{" => depth += 1,
                "}" => depth -= 1,
                _ => {}
            }
            let begins = self.is(index - 1, "{") || self.is(index - 1, ",");
            if depth == 1 && begins && token.is_name() {
                found.push((token.line, token.text.clone()));
            }
            if depth == 0 {
                return;
            }
        }
    }

    /// The depth of the file's own module.
    fn depth(&self) -> usize {
        let path = self.path.trim_end_matches(".rs").trim_end_matches("/mod");
        path.split('/').count()
    }

    fn is(&self, at: usize, text: &str) -> bool {
        self.tokens.get(at).is_some_and(|token| token.is(text))
    }
}

/// The product's sources: all files of `src` except test code.
fn product() -> Vec<Source> {
    let sources = every_source().into_iter().filter_map(|(path, text)| {
        let path = path.strip_prefix("src/")?.to_owned();
        let is_test = path
            .split('/')
            .any(|part| part.trim_end_matches(".rs") == "tests");
        (!is_test).then(|| Source::read(path, &text))
    });
    let sources: Vec<_> = sources.collect();
    assert!(sources.len() > 50, "the sources were not found");
    sources
}

/// Every source of the repository with its path.
fn every_source() -> Vec<(String, String)> {
    let folders = [
        "src",
        "entity/src",
        "inference/src",
        "migration/src",
        "tests/it",
    ];
    let files = folders
        .iter()
        .flat_map(|folder| files_in(&root().join(folder)));
    let sources = files.filter(|file| file.extension().is_some_and(|kind| kind == "rs"));
    let mut sources: Vec<_> = sources
        .map(|file| (shown(&file), fs::read_to_string(&file).unwrap()))
        .collect();
    sources.sort();
    sources
}

fn files_in(folder: &Path) -> Vec<PathBuf> {
    let Ok(entries) = fs::read_dir(folder) else {
        return Vec::new();
    };
    let entries = entries.map(|entry| entry.unwrap().path());
    entries
        .flat_map(|path| {
            if path.is_dir() {
                files_in(&path)
            } else {
                vec![path]
            }
        })
        .collect()
}

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn shown(file: &Path) -> String {
    file.strip_prefix(root()).unwrap().display().to_string()
}

/// Identifiers and punctuation of a Rust text, with their lines; comments and literals are left out.
fn tokens(text: &str) -> Vec<Token> {
    let characters: Vec<char> = text.chars().collect();
    let at = |index: usize| characters.get(index).copied().unwrap_or('\0');
    let (mut tokens, mut index, mut line) = (Vec::new(), 0, 1);
    while index < characters.len() {
        let start = index;
        let name = at(index).is_alphabetic() || at(index) == '_';
        if at(index) == '/' && at(index + 1) == '/' {
            index = skip_to(&characters, index, &['\n']);
        } else if at(index) == '/' && at(index + 1) == '*' {
            index = skip_to(&characters, index + 2, &['*', '/']) + 2;
        } else if let Some(hashes) = raw_text(&characters[index..]) {
            let mut end = vec!['"'];
            end.extend(std::iter::repeat_n('#', hashes));
            let opening = skip_to(&characters, index, &['"']) + 1;
            index = skip_to(&characters, opening, &end) + end.len();
        } else if at(index) == '"' {
            index = end_of_text(&characters, index + 1, '"');
        } else if at(index) == '\'' && (at(index + 1) == '\\' || at(index + 2) == '\'') {
            index = end_of_text(&characters, index + 1, '\'');
        } else if name {
            while at(index).is_alphanumeric() || at(index) == '_' {
                index += 1;
            }
            let text = characters[start..index].iter().collect();
            tokens.push(Token { line, text });
        } else {
            index += 1;
            if !at(start).is_whitespace() {
                let text = at(start).to_string();
                tokens.push(Token { line, text });
            }
        }
        let passed = &characters[start..index.min(characters.len())];
        line += passed.iter().filter(|c| **c == '\n').count();
    }
    tokens
}

/// The number of hashes of a raw string that starts here.
fn raw_text(from: &[char]) -> Option<usize> {
    let from = from.strip_prefix(&['b']).unwrap_or(from);
    let hashes = from.strip_prefix(&['r'])?;
    let count = hashes.iter().take_while(|c| **c == '#').count();
    (hashes.get(count) == Some(&'"')).then_some(count)
}

fn end_of_text(characters: &[char], mut index: usize, quote: char) -> usize {
    while let Some(character) = characters.get(index) {
        match character {
            '\\' => index += 1,
            found if *found == quote => return index + 1,
            _ => {}
        }
        index += 1;
    }
    index
}

fn skip_to(characters: &[char], from: usize, end: &[char]) -> usize {
    (from..characters.len())
        .find(|index| characters[*index..].starts_with(end))
        .unwrap_or(characters.len())
}

/// Removes every item behind `#[cfg(test)]`.
fn strip_tests(tokens: &mut Vec<Token>) {
    let mark = ["#", "[", "cfg", "(", "test", ")", "]"];
    let is_mark = |tokens: &[Token]| {
        tokens.len() >= mark.len() && tokens.iter().zip(mark).all(|(token, text)| token.is(text))
    };
    while let Some(start) = (0..tokens.len()).find(|at| is_mark(&tokens[*at..])) {
        let mut depth = 0;
        let mut end = start + mark.len();
        while let Some(token) = tokens.get(end) {
            end += 1;
            match token.text.as_str() {
                "{" => depth += 1,
                "}" => depth -= 1,
                _ => {}
            }
            if depth == 0 && (token.is("}") || token.is(";")) {
                break;
            }
        }
        tokens.drain(start..end);
    }
}

#[test]
fn the_source_scanner_sees_identifiers_only() {
    let text = "
        // crate::http in a comment
        use crate::{store::{Store, row}, error};
        /* crate::http */
        const TEXT: &str = \"crate::http\";
        const RAW: &str = r#\"crate::http \" \"#;
        fn quote() -> char { '\"' }
        fn named<'a>(it: &'a super::super::engine::Engine) { sea_orm::query(it.axum::<u8>()) }
        #[cfg(test)]
        mod tests { use crate::http; }
    ";
    let source = Source::read("graphql/agent.rs".to_owned(), text);
    let layers: Vec<_> = source
        .layers_named()
        .into_iter()
        .map(|(line, name)| format!("{line} {name}"))
        .collect();
    assert_eq!(layers, ["3 store", "3 error", "8 engine"]);
    let crates: Vec<_> = source
        .crates_named()
        .into_iter()
        .map(|(_, name)| name)
        .collect();
    assert!(crates.contains(&"sea_orm".to_owned()), "{crates:?}");
    assert!(!crates.contains(&"axum".to_owned()), "{crates:?}");
}
