//! The tests that must notice a removed predicate, in groups: the first group that fails is enough.

use std::{
    collections::{BTreeMap, BTreeSet},
    env, fs,
    path::{Path, PathBuf},
    process::{Command, Stdio},
    thread,
    time::{Duration, Instant},
};

/// The time after which a group counts as failed: without a predicate, a test may wait for ever.
const PATIENCE: Duration = Duration::from_mins(5);
/// The variables of the second database.
const SERVERS: [&str; 2] = ["TROUPE_TEST_DATABASE_URL", "TROUPE_TEST_REDIS_URL"];

/// A group of tests: the program, the filters of their names, and the tests that are left out.
struct Group {
    program: Program,
    filters: &'static [&'static str],
    skipped: &'static [&'static str],
}

#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Program {
    /// The tests through the API.
    Api,
    /// The tests of the modules.
    Modules,
}

/// The tests of the store first: they take a second, and cover every table. What is narrowed elsewhere is noticed through the
/// API.
const GROUPS: &[Group] = &[
    Group {
        program: Program::Modules,
        filters: &[
            "store::tests::narrowing::",
            "store::tests::isolation::",
            "store::tests::registry::",
            "store::tests::vectors::",
            "store::tests::event::",
            "store::tests::run_log::",
            "store::tests::lease::",
        ],
        skipped: &[],
    },
    Group {
        program: Program::Api,
        filters: &[
            "end_users::",
            "conversations::changes::",
            "operator::",
            "mcp::sessions::",
            "access::",
        ],
        skipped: &["isolation::"],
    },
    Group {
        program: Program::Api,
        filters: &["isolation::"],
        skipped: &["documents::"],
    },
    Group {
        program: Program::Api,
        filters: &["authorization::"],
        skipped: &[],
    },
];

/// The built test programs.
pub(crate) struct Suite {
    copy: PathBuf,
    programs: BTreeMap<Program, PathBuf>,
    /// The predicates that each group uses, by database.
    reached: BTreeMap<(usize, Database), BTreeSet<String>>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Database {
    Sqlite,
    Postgres,
}

impl Database {
    pub(crate) const ALL: [Self; 2] = [Self::Sqlite, Self::Postgres];

    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Sqlite => "SQLite",
            Self::Postgres => "PostgreSQL",
        }
    }
}

impl Suite {
    /// Builds the copy once, for all mutants.
    pub(crate) fn build(copy: &Path, target: &Path) -> Self {
        let cargo = env::var("ISOLATION_CARGO").unwrap_or_else(|_| "cargo".to_owned());
        let built = Command::new(cargo)
            .args(["test", "--locked", "--no-run", "--lib", "--test", "it"])
            .current_dir(copy)
            .env("CARGO_TARGET_DIR", target)
            .stderr(Stdio::piped())
            .output()
            .unwrap();
        let told = String::from_utf8_lossy(&built.stderr);
        assert!(built.status.success(), "{told}");
        let program = |source: &str| {
            let line = told.lines().find(|line| line.contains(source));
            let path = line.and_then(|line| line.rsplit_once('(')?.1.strip_suffix(')'));
            copy.join(path.unwrap_or_else(|| panic!("no program of {source}: {told}")))
        };
        Self {
            copy: copy.to_owned(),
            programs: BTreeMap::from([
                (Program::Api, program("tests/it/main.rs")),
                (Program::Modules, program("unittests src/lib.rs")),
            ]),
            reached: BTreeMap::new(),
        }
    }

    /// Runs all groups without a mutant: they must pass. Notes which predicates each of them uses.
    pub(crate) fn rehearse(&mut self, database: Database) {
        for number in 0..GROUPS.len() {
            let file = self.copy.join(format!("reached-{number}-{database:?}"));
            let _ = fs::remove_file(&file);
            let failed = self.run(
                number,
                database,
                &[("ISOLATION_REACHED", file.to_str().unwrap())],
            );
            assert!(failed.is_empty(), "without a mutant: {failed:?}");
            let reached = fs::read_to_string(&file).unwrap_or_default();
            let reached = reached.lines().map(str::to_owned).collect();
            self.reached.insert((number, database), reached);
        }
    }

    /// The tests that fail without the predicate; empty when every test that uses it passes.
    pub(crate) fn fails(&self, mutant: &str, database: Database) -> Vec<String> {
        let groups =
            (0..GROUPS.len()).filter(|number| self.reached[&(*number, database)].contains(mutant));
        groups
            .map(|number| self.run(number, database, &[("ISOLATION_MUTANT", mutant)]))
            .find(|failed| !failed.is_empty())
            .unwrap_or_default()
    }

    fn run(&self, number: usize, database: Database, settings: &[(&str, &str)]) -> Vec<String> {
        let group = &GROUPS[number];
        let output = self.copy.join("output");
        let mut command = Command::new(&self.programs[&group.program]);
        command.args(group.filters);
        command.args(group.skipped.iter().flat_map(|name| ["--skip", name]));
        command
            .current_dir(&self.copy)
            .stdout(fs::File::create(&output).unwrap())
            .stderr(Stdio::null())
            .envs(settings.iter().copied());
        if database == Database::Sqlite {
            for name in SERVERS {
                command.env_remove(name);
            }
        }
        let mut child = command.spawn().unwrap();
        let began = Instant::now();
        let status = loop {
            if let Some(status) = child.try_wait().unwrap() {
                break Some(status);
            }
            if began.elapsed() > PATIENCE {
                child.kill().unwrap();
                child.wait().unwrap();
                break None;
            }
            thread::sleep(Duration::from_millis(50));
        };
        if status.is_some_and(|status| status.success()) {
            return Vec::new();
        }
        let told = fs::read_to_string(&output).unwrap_or_default();
        let failed: Vec<String> = told
            .lines()
            .filter_map(|line| line.strip_prefix("test ")?.strip_suffix(" ... FAILED"))
            .map(str::to_owned)
            .collect();
        match (status, failed.is_empty()) {
            (_, false) => failed,
            (None, true) => vec![format!("none ended within {PATIENCE:?}")],
            (Some(status), true) => vec![format!("the tests ended with {status}")],
        }
    }
}
