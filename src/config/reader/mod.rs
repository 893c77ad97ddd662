//! Reads settings one by one, first from the environment, then from `app.yaml`, and collects all problems. A setting is
//! known because the program reads it; every other name is reported as unknown.

mod injected;
mod section;

pub(super) use section::Section;

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value};

use self::injected::is_injected;
use crate::domain::{excerpt, nearest};

/// The prefix of our variables: one that the program does not read is reported as a mistake.
const PREFIX: &str = "TROUPE_";
/// The prefix of the tests' own variables, which are ignored.
const TEST_PREFIX: &str = "TROUPE_TEST_";

/// The state of reading settings.
pub(super) struct SettingsReader<'s> {
    environment: &'s BTreeMap<String, String>,
    file: String,
    asked: BTreeSet<String>,
    #[cfg(test)]
    paths: BTreeSet<String>,
    used: BTreeSet<String>,
    /// The path of each given setting, with the name of the variable that gave it, if any.
    given_by: BTreeMap<String, Option<String>>,
    problems: Vec<String>,
}

impl<'s> SettingsReader<'s> {
    /// A reader of these variables; `file` is the name of `app.yaml` in problems.
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

    /// Reads all settings with `read`, then reports the unknown ones.
    pub(super) fn read<T>(
        &mut self,
        settings: Map<String, Value>,
        read: impl FnOnce(&mut Section<'_, 's>) -> T,
    ) -> T {
        let found = Section::top(self, settings).read_all(read);
        self.report_unknown_variables();
        found
    }

    /// Returns the names of the variables that gave a setting, and the problems.
    pub(super) fn finish(self) -> (Vec<String>, Vec<String>) {
        (self.used.into_iter().collect(), self.problems)
    }

    /// The variables and the paths that were read, to compare them with the documentation.
    #[cfg(test)]
    pub(super) fn known(&self) -> (&BTreeSet<String>, &BTreeSet<String>) {
        (&self.asked, &self.paths)
    }

    /// A variable of any name; a blank one counts as not set.
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
        for (name, value) in self.environment {
            let ours = name.starts_with(PREFIX) && !name.starts_with(TEST_PREFIX);
            if !ours || self.asked.contains(name) || is_injected(name, value) {
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

/// The name of a setting in its section, and the variable that overrides it.
#[derive(Clone, Copy)]
pub(super) struct Setting {
    name: &'static str,
    variable: Option<&'static str>,
}

impl From<&'static str> for Setting {
    /// The variable is `TROUPE_` and the path in capitals: `runs.lease_seconds`, `TROUPE_RUNS_LEASE_SECONDS`.
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
