//! Sections that serde reads: for structs with many settings, all with a default and few with a variable.

use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

use super::{Section, values::split};

/// The settings of such a section before serde reads them; names may contain dots.
pub(crate) struct Fields<'f, 'r, 's> {
    section: &'f mut Section<'r, 's>,
    name: &'static str,
    given: Map<String, Value>,
}

impl Section<'_, '_> {
    /// Reads a section, each setting separately, so that one wrong setting does not hide the others. `prepare` declares
    /// the variables.
    pub(crate) fn structure<T: DeserializeOwned + Default>(
        &mut self,
        name: &'static str,
        prepare: impl FnOnce(&mut Fields<'_, '_, '_>),
    ) -> T {
        self.known.push(name);
        let mut fields = Fields {
            given: self.take_object(name),
            section: self,
            name,
        };
        prepare(&mut fields);
        let given = fields.given;
        let mut right = Map::new();
        for (path, value) in leaves(&given) {
            let mut alone = Map::new();
            put(&mut alone, &path, value.clone());
            match serde_json::from_value::<T>(Value::Object(alone)) {
                Ok(_) => put(&mut right, &path, value),
                Err(reason) => {
                    let place = format!("{name}.{}", path.join("."));
                    self.problem(&place, &in_words(&reason.to_string()));
                }
            }
        }
        serde_json::from_value(Value::Object(right)).unwrap_or_default()
    }
}

impl Fields<'_, '_, '_> {
    /// Sets a default that differs from the struct's own.
    pub(crate) fn usual(&mut self, name: &'static str, value: impl Into<Value>) {
        let is_given = self.given.get(name).is_some_and(|value| !value.is_null());
        if !is_given {
            self.given.insert(name.to_owned(), value.into());
        }
    }

    /// A list that a variable may override, separated by commas.
    pub(crate) fn list(&mut self, name: &'static str, variable: &'static str) {
        self.variable(name, variable, |text| Value::from(split(&text)));
    }

    /// A number, a text or a boolean that a variable may override.
    pub(crate) fn value(&mut self, name: &'static str, variable: &'static str) {
        self.variable(name, variable, |text| {
            serde_json::from_str(&text).unwrap_or(Value::String(text))
        });
    }

    fn variable(&mut self, name: &str, variable: &str, parse: impl FnOnce(String) -> Value) {
        if let Some(text) = self.section.reader.variable(variable) {
            let path: Vec<String> = name.split('.').map(str::to_owned).collect();
            put(&mut self.given, &path, parse(text));
            let place = self.section.join(&format!("{}.{name}", self.name));
            let given_by = Some(variable.to_owned());
            self.section.reader.given_by.insert(place, given_by);
        }
    }
}

/// A message of serde without its type names.
fn in_words(reason: &str) -> String {
    let words = [
        ("`", ""),
        ("expected usize", "expected a whole number of at least 0"),
        ("expected u64", "expected a whole number of at least 0"),
        ("expected u32", "expected a whole number of at least 0"),
        ("expected a boolean", "expected true or false"),
        ("expected a sequence", "expected a list"),
    ];
    words
        .iter()
        .fold(reason.to_owned(), |text, (from, to)| text.replace(from, to))
}

/// All values that are no objects, each with the path of names; values that are not set are left out.
fn leaves(fields: &Map<String, Value>) -> Vec<(Vec<String>, Value)> {
    let mut found = Vec::new();
    for (name, value) in fields {
        match value {
            Value::Null => {}
            Value::Object(inner) => {
                found.extend(leaves(inner).into_iter().map(|(mut path, leaf)| {
                    path.insert(0, name.clone());
                    (path, leaf)
                }));
            }
            leaf => found.push((vec![name.clone()], leaf.clone())),
        }
    }
    found
}

fn put(fields: &mut Map<String, Value>, path: &[String], value: Value) {
    match path {
        [] => {}
        [name] => {
            fields.insert(name.clone(), value);
        }
        [name, rest @ ..] => {
            let inner = fields
                .entry(name.clone())
                .or_insert_with(|| Map::new().into());
            if !inner.is_object() {
                *inner = Map::new().into();
            }
            if let Value::Object(inner) = inner {
                put(inner, rest, value);
            }
        }
    }
}
