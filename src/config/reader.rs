//! Reads settings one by one, from the environment first and then from `app.yaml`, and remembers everything that is
//! wrong. A setting is known because something reads it: what nothing read is reported as unknown.

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt::Display,
    ops::RangeInclusive,
    path::PathBuf,
    str::FromStr,
};

use serde::de::DeserializeOwned;
use serde_json::{Map, Value};
use url::Url;

use crate::domain::{Secret, excerpt, nearest};

/// Names with this prefix are ours: one that nothing reads is a mistake.
const PREFIX: &str = "TROUPE_";
/// Names with this prefix are the tests' own.
const TEST_PREFIX: &str = "TROUPE_TEST_";
/// At most this many names are listed in an "expected one of".
const MOST_NAMES: usize = 24;

/// What is remembered while settings are read.
pub(super) struct Reader<'s> {
    environment: &'s BTreeMap<String, String>,
    file: String,
    asked: BTreeSet<String>,
    used: BTreeSet<String>,
    problems: Vec<String>,
}

impl<'s> Reader<'s> {
    /// `file` is how `app.yaml` is called in problems.
    pub(super) fn new(environment: &'s BTreeMap<String, String>, file: &str) -> Self {
        Self {
            environment,
            file: file.to_owned(),
            asked: BTreeSet::new(),
            used: BTreeSet::new(),
            problems: Vec::new(),
        }
    }

    /// Reads everything with `read`, then reports what nothing asked for.
    pub(super) fn read<T>(
        &mut self,
        settings: Map<String, Value>,
        read: impl FnOnce(&mut Section<'_, 's>) -> T,
    ) -> T {
        let mut top = Section {
            path: String::new(),
            fields: settings,
            known: Vec::new(),
            has_variables: true,
            reader: self,
        };
        let found = read(&mut top);
        top.report_unknown();
        self.report_unknown_variables();
        found
    }

    /// The variables that gave a setting, and the problems.
    pub(super) fn finish(self) -> (Vec<String>, Vec<String>) {
        (self.used.into_iter().collect(), self.problems)
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

/// A value that was given, and by what.
pub(super) struct Given {
    /// The variable, or the file and the path.
    pub(super) label: String,
    /// A variable gave it.
    pub(super) by_variable: bool,
    value: Value,
}

/// One object of `app.yaml` with the variables that win over it.
pub(super) struct Section<'r, 's> {
    reader: &'r mut Reader<'s>,
    path: String,
    fields: Map<String, Value>,
    known: Vec<&'static str>,
    has_variables: bool,
}

impl<'s> Section<'_, 's> {
    /// Reads a section inside this one.
    pub(super) fn section<T>(
        &mut self,
        name: &'static str,
        read: impl FnOnce(&mut Section<'_, 's>) -> T,
    ) -> T {
        self.known.push(name);
        let fields = self.take_object(name);
        let path = self.join(name);
        let has_variables = self.has_variables;
        self.read_inner(path, fields, has_variables, read)
    }

    /// Reads every entry of an object whose keys are names that people choose; variables cannot reach inside.
    pub(super) fn each<T>(
        &mut self,
        name: &'static str,
        mut read: impl FnMut(&str, &mut Section<'_, 's>) -> Option<T>,
    ) -> BTreeMap<String, T> {
        self.known.push(name);
        let mut found = BTreeMap::new();
        for (key, value) in self.take_object(name) {
            let path = format!("{}.{}", self.join(name), excerpt(&key));
            let Value::Object(fields) = value else {
                let label = self.label(&path);
                self.wrong(&label, &value, "an object");
                continue;
            };
            if let Some(entry) = self.read_inner(path, fields, false, |section| read(&key, section))
            {
                found.insert(key, entry);
            }
        }
        found
    }

    /// An object as it stands, whatever its keys.
    pub(super) fn object(&mut self, name: &'static str) -> Map<String, Value> {
        self.known.push(name);
        self.take_object(name)
    }

    /// A section that serde reads, each key by itself, so that one bad key does not hide the others. Every key must
    /// have a default; `usual` replaces some. A variable's value is a list when its key stands in `lists`, else JSON
    /// or a text.
    pub(super) fn structure<T: DeserializeOwned + Default>(
        &mut self,
        name: &'static str,
        variables: &[(&'static str, &'static str)],
        lists: &[&'static str],
        usual: &[(&'static str, Value)],
    ) -> T {
        self.known.push(name);
        let mut fields = self.take_object(name);
        for (key, value) in usual {
            fields.entry(*key).or_insert_with(|| value.clone());
        }
        let mut labels = BTreeMap::new();
        for (key, variable) in variables {
            let Some(text) = self.reader.variable(variable) else {
                continue;
            };
            let value = if lists.contains(key) {
                Value::from(split(&text))
            } else {
                serde_json::from_str(&text).unwrap_or(Value::String(text))
            };
            fields.insert((*key).to_owned(), value);
            labels.insert((*key).to_owned(), (*variable).to_owned());
        }
        fields.retain(|key, value| {
            let alone = Value::Object(Map::from_iter([(key.clone(), value.clone())]));
            let Err(reason) = serde_json::from_value::<T>(alone) else {
                return true;
            };
            let path = format!("{}.{}", self.join(name), excerpt(key));
            let label = labels
                .get(key)
                .cloned()
                .unwrap_or_else(|| self.label(&path));
            self.problem(&label, &excerpt(&reason.to_string()));
            false
        });
        serde_json::from_value(Value::Object(fields)).unwrap_or_default()
    }

    /// A text; blank is the same as not given.
    pub(super) fn text(&mut self, setting: impl Into<Setting>) -> Option<String> {
        let given = self.given(setting)?;
        self.text_of(given)
    }

    /// A text, and what gave it.
    pub(super) fn labelled_text(
        &mut self,
        setting: impl Into<Setting>,
    ) -> Option<(String, String)> {
        let given = self.given(setting)?;
        let label = given.label.clone();
        self.text_of(given).map(|text| (label, text))
    }

    /// A text that no problem repeats.
    pub(super) fn secret(&mut self, setting: impl Into<Setting>) -> Option<Secret> {
        let given = self.given(setting)?;
        self.secret_of(given)
    }

    /// An address of the web without a slash at its end, e.g. `https://api.example.com/v1`.
    pub(super) fn web_address(&mut self, setting: impl Into<Setting>) -> Option<String> {
        let given = self.given(setting)?;
        let label = given.label.clone();
        let text = self.text_of(given)?;
        let parsed = Url::parse(&text).ok().filter(|url| {
            matches!(url.scheme(), "http" | "https") && url.has_host() && url.query().is_none()
        });
        match parsed {
            Some(url) if url.username().is_empty() && url.password().is_none() => {
                Some(text.trim_end_matches('/').to_owned())
            }
            // the text may hold a password, so that it is not repeated
            Some(_) => {
                self.problem(
                    &label,
                    "has a user or a password in it, which belong in a key setting",
                );
                None
            }
            None => {
                self.wrong(
                    &label,
                    &Value::String(text),
                    "an address such as https://api.example.com/v1",
                );
                None
            }
        }
    }

    /// A file or a folder.
    pub(super) fn path(&mut self, setting: impl Into<Setting>) -> Option<PathBuf> {
        self.text(setting).map(PathBuf::from)
    }

    /// A number, whole where `N` is.
    pub(super) fn number<N>(
        &mut self,
        setting: impl Into<Setting>,
        allowed: RangeInclusive<N>,
    ) -> Option<N>
    where
        N: FromStr + PartialOrd + Display + Copy,
    {
        let given = self.given(setting)?;
        let written = match &given.value {
            Value::Number(number) => Some(number.to_string()),
            Value::String(text) if given.by_variable => Some(text.clone()),
            _ => None,
        };
        let number = written.and_then(|text| text.parse::<N>().ok());
        let kind = if "0.5".parse::<N>().is_ok() {
            "a number"
        } else {
            "a whole number"
        };
        let expected = format!("{kind} from {} to {}", allowed.start(), allowed.end());
        match number {
            Some(number) if allowed.contains(&number) => Some(number),
            _ => {
                self.wrong(&given.label, &given.value, &expected);
                None
            }
        }
    }

    /// One of several names.
    pub(super) fn choice<T: Copy>(
        &mut self,
        setting: impl Into<Setting>,
        choices: &[(&str, T)],
    ) -> Option<T> {
        let given = self.given(setting)?;
        let choice = choices
            .iter()
            .find(|(name, _)| given.value.as_str() == Some(*name));
        if choice.is_none() {
            let names: Vec<&str> = choices.iter().map(|(name, _)| *name).collect();
            self.wrong(
                &given.label,
                &given.value,
                &format!("one of: {}", names.join(", ")),
            );
        }
        choice.map(|(_, choice)| *choice)
    }

    /// Texts: a list in the file, separated by commas in a variable; with what gave them.
    pub(super) fn list(&mut self, setting: impl Into<Setting>) -> Option<(String, Vec<String>)> {
        let given = self.given(setting)?;
        let items = match &given.value {
            Value::String(text) => Some(split(text)),
            Value::Array(items) => items
                .iter()
                .map(|item| item.as_str().map(str::to_owned))
                .collect(),
            _ => None,
        };
        let Some(items) = items else {
            self.problem(&given.label, "expected a list of texts");
            return None;
        };
        Some((given.label, items))
    }

    /// A value and what gave it, for settings that are more than one of the kinds above.
    pub(super) fn given(&mut self, setting: impl Into<Setting>) -> Option<Given> {
        let Setting { name, variable } = setting.into();
        self.known.push(name);
        let in_file = self.fields.remove(name).filter(|value| !value.is_null());
        let path = self.join(name);
        let variable = match variable {
            Some(variable) => Some(variable.to_owned()),
            None => self
                .has_variables
                .then(|| format!("{PREFIX}{}", path.replace('.', "_").to_uppercase())),
        };
        if let Some(variable) = variable
            && let Some(text) = self.reader.variable(&variable)
        {
            return Some(Given {
                label: variable,
                by_variable: true,
                value: Value::String(text),
            });
        }
        in_file.map(|value| Given {
            label: self.label(&path),
            by_variable: false,
            value,
        })
    }

    /// The text of a value, unless it is something else or blank.
    pub(super) fn text_of(&mut self, given: Given) -> Option<String> {
        match given.value {
            Value::String(text) => Some(text).filter(|text| !text.trim().is_empty()),
            other => {
                self.wrong(&given.label, &other, "a text");
                None
            }
        }
    }

    /// The secret of a value, unless it is something else or blank.
    pub(super) fn secret_of(&mut self, given: Given) -> Option<Secret> {
        if let Value::String(text) = given.value {
            return Some(Secret::new(text)).filter(|secret| !secret.reveal().trim().is_empty());
        }
        self.problem(&given.label, "expected a text; put it in quotes");
        None
    }

    /// A variable of any name, for settings that name one.
    pub(super) fn variable(&mut self, name: &str) -> Option<String> {
        self.reader.variable(name)
    }

    /// Whether the file has this setting.
    pub(super) fn has(&self, name: &str) -> bool {
        self.fields.get(name).is_some_and(|value| !value.is_null())
    }

    /// Lets the settings be that nothing read: what they should be depends on one that is wrong.
    pub(super) fn ignore_rest(&mut self) {
        self.fields.clear();
    }

    /// How a setting of this section is called in a problem: with the file it stands in.
    pub(super) fn label_of(&self, name: &str) -> String {
        self.label(&self.join(name))
    }

    /// Remembers a problem.
    pub(super) fn problem(&mut self, label: &str, sentence: &str) {
        self.reader.problems.push(format!("{label}: {sentence}"));
    }

    fn wrong(&mut self, label: &str, given: &Value, expected: &str) {
        let shown = excerpt(&given.to_string());
        self.problem(label, &format!("{shown} given, expected {expected}"));
    }

    fn read_inner<T>(
        &mut self,
        path: String,
        fields: Map<String, Value>,
        has_variables: bool,
        read: impl FnOnce(&mut Section<'_, 's>) -> T,
    ) -> T {
        let mut inner = Section {
            reader: &mut *self.reader,
            path,
            fields,
            known: Vec::new(),
            has_variables,
        };
        let found = read(&mut inner);
        inner.report_unknown();
        found
    }

    fn take_object(&mut self, name: &str) -> Map<String, Value> {
        match self.fields.remove(name) {
            None | Some(Value::Null) => Map::new(),
            Some(Value::Object(fields)) => fields,
            Some(other) => {
                let label = self.label_of(name);
                self.wrong(&label, &other, "an object");
                Map::new()
            }
        }
    }

    fn report_unknown(&mut self) {
        let unknown: Vec<String> = self.fields.keys().cloned().collect();
        for name in unknown {
            let advice = match nearest(&name, self.known.iter().copied()) {
                Some(known) => format!("did you mean {known}?"),
                None => {
                    let known: Vec<&str> = self.known.iter().copied().take(MOST_NAMES).collect();
                    format!("expected one of: {}", known.join(", "))
                }
            };
            let label = self.label_of(&excerpt(&name));
            self.problem(&label, &format!("unknown setting, {advice}"));
        }
    }

    fn join(&self, name: &str) -> String {
        if self.path.is_empty() {
            name.to_owned()
        } else {
            format!("{}.{name}", self.path)
        }
    }

    fn label(&self, path: &str) -> String {
        format!("{}: {path}", self.reader.file)
    }
}

fn split(text: &str) -> Vec<String> {
    text.split(',')
        .map(str::trim)
        .filter(|item| !item.is_empty())
        .map(str::to_owned)
        .collect()
}
