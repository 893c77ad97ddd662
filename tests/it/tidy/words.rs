//! Plain words: comments use the terms of the field, and the glossary names what exists.

use std::{collections::BTreeSet, fs};

use super::{
    check,
    source::{every_source, files_in, product, root},
};

/// Words that name no one and nothing, each where the field has a term.
const FOLK_WORDS: &[(&str, &str)] = &[
    ("whoever", "the caller, the process, the owner"),
    ("nobody", "no caller, no process, unowned"),
    ("somebody", "a caller, another process"),
    ("so many", "at most N, the number of"),
    ("said", "reported, returned, wrote"),
    ("told", "reported, notified, given"),
    ("the rest", "the remaining X, other X"),
    ("by heart", "cached"),
    ("stranger", "another account, an unauthenticated caller"),
];

/// Comments that keep such a word: the file, the word, and why.
const KEPT_WORDS: &[(&str, &str, &str)] =
    &[("tests/it/tidy/words.rs", "", "this file lists the words")];

/// The number of nouns in `docs/glossary.md`.
const GLOSSARY_NOUNS: usize = 50;

#[test]
fn comments_use_the_terms_of_the_field() {
    let mut faults = Vec::new();
    for (path, text) in every_source() {
        for (number, line) in text.lines().enumerate() {
            let Some(comment) = comment_of(line) else {
                continue;
            };
            let words = comment.to_lowercase();
            for (word, instead) in FOLK_WORDS {
                let is_kept = KEPT_WORDS
                    .iter()
                    .any(|(file, kept, _)| *file == path && (kept.is_empty() || kept == word));
                if has_word(&words, word) && !is_kept {
                    let number = number + 1;
                    faults.push(format!("{path}:{number}: \"{word}\": {instead}"));
                }
            }
        }
    }
    check(&faults);
}

#[test]
fn every_kept_word_is_still_there() {
    let sources = every_source();
    let unused = KEPT_WORDS.iter().filter(|(file, word, _)| {
        let text = sources.iter().find(|(path, _)| path == file);
        text.is_none_or(|(_, text)| !text.to_lowercase().contains(word))
    });
    check(&unused.map(|kept| format!("{kept:?}")).collect::<Vec<_>>());
}

#[test]
fn the_glossary_names_types_or_tables_in_order() {
    let glossary = fs::read_to_string(root().join("docs/glossary.md")).unwrap();
    let nouns = glossary.lines().filter_map(|line| {
        let (noun, meaning) = line.strip_prefix("- **`")?.split_once("`**: ")?;
        (!meaning.trim().is_empty()).then_some(noun)
    });
    let nouns: Vec<&str> = nouns.collect();
    assert_eq!(nouns.len(), GLOSSARY_NOUNS, "{nouns:?}");
    assert!(nouns.is_sorted(), "{nouns:?}");
    let known = types_and_tables();
    let unknown = nouns.iter().filter(|noun| !known.contains(**noun));
    let faults = unknown.map(|noun| format!("docs/glossary.md: `{noun}` is no type and no table"));
    check(&faults.collect::<Vec<_>>());
}

/// The names of the product's types, and of its tables.
fn types_and_tables() -> BTreeSet<String> {
    let mut names = BTreeSet::new();
    for source in product() {
        for pair in source.tokens.windows(2) {
            if ["struct", "enum", "trait"]
                .iter()
                .any(|kind| pair[0].is(kind))
            {
                names.insert(pair[1].text.clone());
            }
        }
    }
    for file in files_in(&root().join("entity/src")) {
        let text = fs::read_to_string(file).unwrap();
        let tables = text.split("table_name = \"").skip(1);
        names.extend(tables.filter_map(|rest| Some(rest.split_once('"')?.0.to_owned())));
    }
    names
}

/// The comment of a line that is nothing else.
fn comment_of(line: &str) -> Option<&str> {
    line.trim_start().strip_prefix("//")
}

/// Whether the text has the word, not as a part of another one.
fn has_word(text: &str, word: &str) -> bool {
    text.match_indices(word).any(|(at, _)| {
        let before = text[..at].chars().next_back();
        let after = text[at + word.len()..].chars().next();
        let is_letter = |character: Option<char>| character.is_some_and(char::is_alphanumeric);
        !is_letter(before) && !is_letter(after)
    })
}

#[test]
fn a_word_is_found_whole() {
    assert!(has_word("the rest of it", "the rest"));
    assert!(!has_word("the restart", "the rest"));
    assert!(!has_word("unsaid", "said"));
}
