//! Reads the repository's sources as tokens, without comments and texts.

use std::{
    fs,
    path::{Path, PathBuf},
};

/// A file of `src` as its tokens, without comments, texts and what only tests see.
pub(super) struct Source {
    /// Below `src`.
    pub(super) path: String,
    pub(super) tokens: Vec<Token>,
}

pub(super) struct Token {
    pub(super) line: usize,
    pub(super) text: String,
}

impl Token {
    pub(super) fn is(&self, text: &str) -> bool {
        self.text == text
    }

    pub(super) fn is_name(&self) -> bool {
        let mut characters = self.text.chars();
        characters
            .next()
            .is_some_and(|c| c.is_alphabetic() || c == '_')
    }
}

impl Source {
    pub(super) fn read(path: String, text: &str) -> Self {
        let mut tokens = tokens(text);
        strip_tests(&mut tokens);
        Self { path, tokens }
    }

    /// The folder of `src` it lies in; a file beside them is a layer of its own.
    pub(super) fn layer(&self) -> &str {
        let first = self.path.split('/').next().unwrap_or_default();
        first.trim_end_matches(".rs")
    }

    /// Every place where the test holds of the tokens from there on.
    pub(super) fn lines_with(&self, holds: impl Fn(&[Token]) -> bool) -> Vec<String> {
        let places = (0..self.tokens.len()).filter(|at| holds(&self.tokens[*at..]));
        places
            .map(|at| format!("src/{}:{}", self.path, self.tokens[at].line))
            .collect()
    }

    /// The crates that paths begin with.
    pub(super) fn crates_named(&self) -> Vec<(usize, String)> {
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

    /// The layers that are named through `crate::`, or through enough `super::` to leave the file's own layer.
    pub(super) fn layers_named(&self) -> Vec<(usize, String)> {
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

    /// A name, or the first names of a group in braces.
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

    /// How many modules deep the file's own module lies.
    fn depth(&self) -> usize {
        let path = self.path.trim_end_matches(".rs").trim_end_matches("/mod");
        path.split('/').count()
    }

    fn is(&self, at: usize, text: &str) -> bool {
        self.tokens.get(at).is_some_and(|token| token.is(text))
    }
}

/// The product's sources: those of `src` that tests alone do not see.
pub(super) fn product() -> Vec<Source> {
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
pub(super) fn every_source() -> Vec<(String, String)> {
    let folders = [
        "src",
        "documents/src",
        "entity/src",
        "inference/src",
        "intent/src",
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

pub(super) fn files_in(folder: &Path) -> Vec<PathBuf> {
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

pub(super) fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

pub(super) fn shown(file: &Path) -> String {
    file.strip_prefix(root()).unwrap().display().to_string()
}

/// Names and signs of a Rust text, with the line each stands on; comments and texts are left out.
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

/// How many hashes a raw text that begins here has.
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

/// Takes out every item behind `#[cfg(test)]`.
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
