//! The mutation test of isolation: each predicate that narrows rows to an account or to an end user is removed, one at a time, and
//! a test must fail. It is not a part of `make test`: `make isolation-mutants`.
//!
//! The predicates are removed in a copy of the sources, below `target`, which is built once: there an environment variable
//! selects the predicate. The program itself has no such switch.
#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::print_stdout,
    clippy::print_stderr,
    clippy::disallowed_methods,
    reason = "a tool for developers: a broken one should stop, and it says what it found"
)]

mod copy;
mod mutation;
mod suite;

use std::{collections::BTreeMap, env, fmt::Write, fs, path::Path, process::ExitCode};

use crate::suite::{Database, Suite};

/// The maximum number of failed tests that the table names for one mutant.
const MOST_NAMED: usize = 1;

fn main() -> ExitCode {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let place = root.join("target/isolation-mutants");
    let (source, target) = (place.join("source"), place.join("target"));
    copy::refresh(root, &source);
    let wanted: Vec<String> = env::args()
        .skip(1)
        .filter(|name| !name.starts_with('-'))
        .collect();
    let mut mutants = mutation::names(root);
    mutants
        .retain(|name| wanted.is_empty() || wanted.iter().any(|part| name.contains(part.as_str())));
    eprintln!(
        "isolation-mutants: {} predicates; building the copy",
        mutants.len()
    );
    let mut suite = Suite::build(&source, &target);
    let mut databases = Database::ALL.to_vec();
    if env::var("TROUPE_TEST_DATABASE_URL").is_err() {
        eprintln!("isolation-mutants: without TROUPE_TEST_DATABASE_URL only SQLite is tried");
        databases.truncate(1);
    }
    let mut found: BTreeMap<&str, Vec<Vec<String>>> = BTreeMap::new();
    for database in &databases {
        eprintln!("isolation-mutants: {} without a mutant", database.name());
        suite.rehearse(*database);
        for mutant in &mutants {
            let failed = suite.fails(mutant, *database);
            eprintln!("{:<11} {mutant:<48} {}", database.name(), failed.join(" "));
            found.entry(mutant).or_default().push(failed);
        }
    }
    let table = table(&databases, &found);
    fs::write(place.join("table.md"), &table).unwrap();
    println!("{table}");
    // a predicate may be one of a single database; each must be noticed in one, and in every one that uses it
    let survived: Vec<&&str> = found
        .iter()
        .filter(|(_, failed)| failed.iter().all(Vec::is_empty))
        .map(|(mutant, _)| mutant)
        .collect();
    println!(
        "{} predicates, {} not noticed: {survived:?}",
        found.len(),
        survived.len()
    );
    if survived.is_empty() {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    }
}

fn table(databases: &[Database], found: &BTreeMap<&str, Vec<Vec<String>>>) -> String {
    let mut table = String::from("| predicate |");
    for database in databases {
        write!(table, " {} |", database.name()).unwrap();
    }
    table.push_str("\n|---|");
    table.push_str(&"---|".repeat(databases.len()));
    for (mutant, by_database) in found {
        write!(table, "\n| {mutant} |").unwrap();
        for failed in by_database {
            let named: Vec<String> = failed
                .iter()
                .take(MOST_NAMED)
                .map(|name| format!("`{name}`"))
                .collect();
            let more = failed.len().saturating_sub(MOST_NAMED);
            let more = if more > 0 {
                format!(" and {more} more")
            } else {
                String::new()
            };
            write!(table, " {}{more} |", named.join(", ")).unwrap();
        }
    }
    table.push('\n');
    table
}
