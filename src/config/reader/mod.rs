//! Reads settings one by one, from the environment first and then from `app.yaml`, and remembers everything that is
//! wrong. A setting is known because something reads it: what nothing read is reported as unknown.

mod section;
mod structure;
mod values;

pub(super) use section::Section;

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value};

use crate::domain::{excerpt, nearest};

/// Names with this prefix are ours: one that nothing reads is a mistake.
const PREFIX: &str = "TROUPE_";
/// Names with this prefix are the tests' own.
const TEST_PREFIX: &str = "TROUPE_TEST_";

/// What is remembered while settings are read.
pub(super) struct Reader<'s> {
    environment: &'s BTreeMap<String, String>,
    file: String,
    asked: BTreeSet<String>,
    #[cfg(test)]
    paths: BTreeSet<String>,
    used: BTreeSet<String>,
    /// Each setting that was given, by its path, and the variable when one gave it.
    given_by: BTreeMap<String, Option<String>>,
    problems: Vec<String>,
}

impl<'s> Reader<'s> {
    /// `file` is how `app.yaml` is called in problems.
    pub(super) fn new(environment: &'s BTreeMap<String, String>, file: &str) -> Self {
        Self {
            environment,
            file: file.to_owned(),
            asked: BTreeSet::new(),
            #[cfg(test)]
            paths: BTreeSet::new(),
            used: BTreeSet::new(),
            given_by: BTreeMap::new(),
            problems: Vec::new(),
        }
    }

    /// Reads everything with `read`, then reports what nothing asked for.
    pub(super) fn read<T>(
        &mut self,
        settings: Map<String, Value>,
        read: impl FnOnce(&mut Section<'_, 's>) -> T,
    ) -> T {
        let found = Section::top(self, settings).read_all(read);
        self.report_unknown_variables();
        found
    }

    /// The variables that gave a setting, and the problems.
    pub(super) fn finish(self) -> (Vec<String>, Vec<String>) {
        (self.used.into_iter().collect(), self.problems)
    }

    /// The variables and the paths that were asked for, to compare them with what is written about them.
    #[cfg(test)]
    pub(super) fn known(&self) -> (&BTreeSet<String>, &BTreeSet<String>) {
        (&self.asked, &self.paths)
    }

    /// A variable of any name; blank is the same as not set.
    pub(super) fn variable(&mut self, name: &str) -> Option<String> {
        self.asked.insert(name.to_owned());
        let text = self.environment.get(name)?.trim();
        if text.is_empty() {
            return None;
        }
        self.used.insert(name.to_owned());
        Some(text.to_owned())
    }

    fn report_unknown_variables(&mut self) {
        for name in self.environment.keys() {
            let ours = name.starts_with(PREFIX) && !name.starts_with(TEST_PREFIX);
            if !ours || self.asked.contains(name) {
                continue;
            }
            let advice = nearest(name, self.asked.iter().map(String::as_str)).map_or_else(
                || "docs/configuration.md lists them all".to_owned(),
                |known| format!("did you mean {known}?"),
            );
            self.problems
                .push(format!("{}: unknown variable, {advice}", excerpt(name)));
        }
    }
}

/// The name of a setting in its section, and the variable that wins over it.
#[derive(Clone, Copy)]
pub(super) struct Setting {
    name: &'static str,
    variable: Option<&'static str>,
}

impl From<&'static str> for Setting {
    /// Its variable is `TROUPE_` and the path in capitals: `runs.lease_seconds`, `TROUPE_RUNS_LEASE_SECONDS`.
    fn from(name: &'static str) -> Self {
        Self {
            name,
            variable: None,
        }
    }
}

impl From<(&'static str, &'static str)> for Setting {
    fn from((name, variable): (&'static str, &'static str)) -> Self {
        Self {
            name,
            variable: Some(variable),
        }
    }
}
