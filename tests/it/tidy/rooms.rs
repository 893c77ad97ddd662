//! One type per room: an inherent `impl` stands in the file of its type, or in a folder that is the type's own.

use std::collections::{BTreeMap, BTreeSet};

use super::{
    check,
    source::{Source, Token, product},
};

/// Types whose methods stand in many files on purpose, and why. The list only shrinks.
const EVERYWHERE: &[(&str, &str)] = &[
    (
        "TenantStore",
        "the flat door to one account's tables, split by noun",
    ),
    (
        "PlatformStore",
        "the flat door to the tables of no single account, split by noun",
    ),
];

/// The maximum number of files in which a type that owns a folder may have methods.
const LARGEST_ROOM: usize = 5;

#[test]
fn an_inherent_impl_stands_in_the_room_of_its_type() {
    let sources = product();
    let mut defined: BTreeMap<String, BTreeSet<&str>> = BTreeMap::new();
    for source in &sources {
        for name in types_of(source) {
            defined.entry(name).or_default().insert(&source.path);
        }
    }
    let mut faults = Vec::new();
    let mut rooms: BTreeMap<(&str, String), BTreeSet<&str>> = BTreeMap::new();
    for source in &sources {
        for (line, name) in impls_of(source) {
            let Some(files) = defined.get(&name) else {
                continue;
            };
            let is_excepted = EVERYWHERE.iter().any(|(excepted, _)| *excepted == name);
            if files.contains(source.path.as_str()) || is_excepted {
                continue;
            }
            let path = source.path.as_str();
            match files.iter().find_map(|file| own_folder(file, &name)) {
                Some(folder) if path.starts_with(&format!("{folder}/")) => {
                    rooms.entry((folder, name)).or_default().insert(path);
                }
                _ => faults.push(format!("src/{path}:{line}: `{name}` lives elsewhere")),
            }
        }
    }
    for ((folder, name), files) in rooms {
        // one more has the type itself
        if files.len() + 1 > LARGEST_ROOM {
            let count = files.len() + 1;
            faults.push(format!(
                "src/{folder}: `{name}` has methods in {count} files, at most {LARGEST_ROOM}"
            ));
        }
    }
    check(&faults);
}

/// The folder that a type owns: its file is the folder's `mod.rs`, and the folder's name begins the type's name.
fn own_folder<'f>(file: &'f str, name: &str) -> Option<&'f str> {
    let folder = file.strip_suffix("/mod.rs")?;
    let last = folder.rsplit('/').next().unwrap_or_default();
    snake_case(name).starts_with(last).then_some(folder)
}

fn snake_case(name: &str) -> String {
    let mut snake = String::new();
    for (at, character) in name.char_indices() {
        if at > 0 && character.is_uppercase() {
            snake.push('_');
        }
        snake.extend(character.to_lowercase());
    }
    snake
}

/// The structs and enums that a file defines.
fn types_of(source: &Source) -> impl Iterator<Item = String> {
    let pairs = source.tokens.windows(2);
    pairs.filter_map(|pair| {
        let defines = pair[0].is("struct") || pair[0].is("enum");
        (defines && pair[1].is_name()).then(|| pair[1].text.clone())
    })
}

/// The types that have an inherent `impl` in a file, with its line.
fn impls_of(source: &Source) -> impl Iterator<Item = (usize, String)> {
    let tokens = &source.tokens;
    let begins = |at: usize| {
        let before = at.checked_sub(1).and_then(|at| tokens.get(at));
        tokens[at].is("impl")
            && before.is_none_or(|token| ["}", ";", "]"].iter().any(|end| token.is(end)))
    };
    let impls = (0..tokens.len()).filter(move |at| begins(*at));
    impls.filter_map(|at| Some((tokens[at].line, inherent_type(&tokens[at + 1..])?)))
}

/// The type of an `impl` whose head these tokens begin; none for a trait's.
fn inherent_type(tokens: &[Token]) -> Option<String> {
    let (mut angles, mut name) = (0_i32, None);
    for (at, token) in tokens.iter().enumerate() {
        // not the arrow of a function type
        let is_arrow = at > 0 && tokens[at - 1].is("-");
        match token.text.as_str() {
            "<" => angles += 1,
            ">" if !is_arrow => angles -= 1,
            "{" | "where" if angles == 0 => return name,
            "for" if angles == 0 => return None,
            _ if angles == 0 && token.is_name() => name = Some(token.text.clone()),
            _ => {}
        }
    }
    None
}

#[test]
fn the_reader_of_impls_finds_inherent_ones_only() {
    let text = "
        struct One; enum Other<T> { A(T) }
        impl One {}
        impl<T: Fn() -> u8> Other<T> where T: Copy {}
        impl std::fmt::Debug for One {}
        impl crate::domain::Third<'_> {}
        fn take(it: impl Fn(One)) -> impl Iterator<Item = u8> { todo() }
    ";
    let source = Source::read("graphql/agent.rs".to_owned(), text);
    let found: Vec<_> = impls_of(&source).map(|(_, name)| name).collect();
    assert_eq!(found, ["One", "Other", "Third"]);
    assert_eq!(types_of(&source).collect::<Vec<_>>(), ["One", "Other"]);
    assert_eq!(
        own_folder("engine/attempt/mod.rs", "Attempt"),
        Some("engine/attempt")
    );
    assert_eq!(
        own_folder("service/mcp_server/mod.rs", "McpServerService"),
        Some("service/mcp_server")
    );
    assert_eq!(own_folder("http/mod.rs", "Services"), None);
}
