//! One object of `app.yaml` with the variables that override it.

mod address;
mod structure;
mod values;

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use super::{PREFIX, Setting, SettingsReader};
use crate::domain::{excerpt, nearest};

/// The maximum number of names in an "expected one of".
const MOST_NAMES: usize = 24;

/// One object of `app.yaml` with the variables that override it.
pub(crate) struct Section<'r, 's> {
    pub(super) reader: &'r mut SettingsReader<'s>,
    path: String,
    fields: Map<String, Value>,
    pub(super) known: Vec<&'static str>,
    has_variables: bool,
}

impl<'r, 's> Section<'r, 's> {
    /// The top level of `app.yaml`.
    pub(super) fn top(reader: &'r mut SettingsReader<'s>, fields: Map<String, Value>) -> Self {
        Self {
            reader,
            path: String::new(),
            fields,
            known: Vec::new(),
            has_variables: true,
        }
    }

    /// Reads all settings with `read`, then reports the unknown ones.
    pub(super) fn read_all<T>(mut self, read: impl FnOnce(&mut Self) -> T) -> T {
        let found = read(&mut self);
        self.report_unknown();
        found
    }
}

impl<'s> Section<'_, 's> {
    /// Reads a section inside this one.
    pub(crate) fn section<T>(
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

    /// Reads every entry of an object with free names as keys; variables cannot override its settings.
    pub(crate) fn each<T>(
        &mut self,
        name: &'static str,
        mut read: impl FnMut(&str, &mut Section<'_, 's>) -> Option<T>,
    ) -> BTreeMap<String, T> {
        self.known.push(name);
        let mut found = BTreeMap::new();
        for (key, value) in self.take_object(name) {
            let path = format!("{}.{}", self.join(name), excerpt(&key));
            let Value::Object(fields) = value else {
                let name = format!("{name}.{}", excerpt(&key));
                self.wrong(&name, &value, "an object");
                continue;
            };
            if let Some(entry) = self.read_inner(path, fields, false, |section| read(&key, section))
            {
                found.insert(key, entry);
            }
        }
        found
    }

    /// An object, with any keys.
    pub(crate) fn object(&mut self, name: &'static str) -> Map<String, Value> {
        self.known.push(name);
        self.take_object(name)
    }

    /// A value of any type. Later problems with the setting name its origin.
    pub(super) fn given(&mut self, setting: impl Into<Setting>) -> Option<Value> {
        let Setting { name, variable } = setting.into();
        if !self.known.contains(&name) {
            self.known.push(name);
        }
        let in_file = self.fields.remove(name).filter(|value| !value.is_null());
        let path = self.join(name);
        #[cfg(test)]
        self.reader.paths.insert(path.clone());
        let variable = match variable {
            Some(variable) => Some(variable.to_owned()),
            None => self
                .has_variables
                .then(|| format!("{PREFIX}{}", path.replace('.', "_").to_uppercase())),
        };
        if let Some(variable) = variable
            && let Some(text) = self.reader.variable(&variable)
        {
            self.reader.given_by.insert(path, Some(variable));
            return Some(Value::String(text));
        }
        if in_file.is_some() {
            self.reader.given_by.insert(path, None);
        }
        in_file
    }

    /// Whether a setting was given, valid or not; call it after reading the setting.
    pub(crate) fn is_given(&self, name: &str) -> bool {
        self.reader.given_by.contains_key(&self.join(name))
    }

    /// Whether a variable gave a setting; call it after reading the setting.
    pub(crate) fn is_given_by_variable(&self, name: &str) -> bool {
        matches!(self.reader.given_by.get(&self.join(name)), Some(Some(_)))
    }

    /// A variable of any name, for settings that name one.
    pub(crate) fn variable(&mut self, name: &str) -> Option<String> {
        self.reader.variable(name)
    }

    /// Suppresses the report of unknown settings: which ones are known depends on a setting that is wrong.
    pub(crate) fn ignore_rest(&mut self) {
        self.fields.clear();
    }

    /// Reports a problem with a setting of this section, or with the section itself if the name is empty.
    pub(crate) fn problem(&mut self, name: &str, sentence: &str) {
        let path = self.join(name);
        let label = match self.reader.given_by.get(&path) {
            Some(Some(variable)) => variable.clone(),
            Some(None) | None => format!("{}: {path}", self.reader.file),
        };
        self.problem_with(&label, sentence);
    }

    /// Reports a problem with something that is not a setting of this section.
    pub(crate) fn problem_with(&mut self, label: &str, sentence: &str) {
        self.reader.problems.push(format!("{label}: {sentence}"));
    }

    pub(super) fn wrong(&mut self, name: &str, given: &Value, expected: &str) {
        let shown = excerpt(&given.to_string());
        self.problem(name, &format!("{shown} given, expected {expected}"));
    }

    fn read_inner<T>(
        &mut self,
        path: String,
        fields: Map<String, Value>,
        has_variables: bool,
        read: impl FnOnce(&mut Section<'_, 's>) -> T,
    ) -> T {
        let inner = Section {
            reader: &mut *self.reader,
            path,
            fields,
            known: Vec::new(),
            has_variables,
        };
        inner.read_all(read)
    }

    pub(super) fn take_object(&mut self, name: &str) -> Map<String, Value> {
        match self.fields.remove(name) {
            None | Some(Value::Null) => Map::new(),
            Some(Value::Object(fields)) => fields,
            Some(other) => {
                self.wrong(name, &other, "an object");
                Map::new()
            }
        }
    }

    fn report_unknown(&mut self) {
        let unknown: Vec<String> = self.fields.keys().cloned().collect();
        let known: Vec<&str> = self.known.iter().copied().take(MOST_NAMES).collect();
        for name in unknown {
            let advice = nearest(&name, self.known.iter().copied()).map_or_else(
                || format!("expected one of: {}", known.join(", ")),
                |meant| format!("did you mean {meant}?"),
            );
            self.problem(&excerpt(&name), &format!("unknown setting, {advice}"));
        }
    }

    pub(super) fn join(&self, name: &str) -> String {
        match (self.path.as_str(), name) {
            ("", name) => name.to_owned(),
            (path, "") => path.to_owned(),
            (path, name) => format!("{path}.{name}"),
        }
    }
}
