//! Typed values; a wrong one is reported as a problem, and the caller continues without it.

use std::{fmt::Display, ops::RangeInclusive, path::PathBuf, str::FromStr};

use serde_json::Value;

use super::{Section, Setting};
use crate::domain::Secret;

impl Section<'_, '_> {
    /// A text; a blank one counts as not given.
    pub(crate) fn text(&mut self, setting: impl Into<Setting>) -> Option<String> {
        let setting = setting.into();
        match self.given(setting)? {
            Value::String(text) => Some(text).filter(|text| !text.trim().is_empty()),
            other => {
                self.wrong(setting.name, &other, "a text");
                None
            }
        }
    }

    /// A secret text, which no problem repeats.
    pub(crate) fn secret(&mut self, setting: impl Into<Setting>) -> Option<Secret> {
        let setting = setting.into();
        if let Value::String(text) = self.given(setting)? {
            return Some(Secret::new(text)).filter(|secret| !secret.reveal().trim().is_empty());
        }
        self.problem(setting.name, "expected a text; put it in quotes");
        None
    }

    /// True or false.
    pub(crate) fn flag(&mut self, setting: impl Into<Setting>) -> Option<bool> {
        let setting = setting.into();
        let given = self.given(setting)?;
        let flag = match &given {
            Value::String(text) if self.is_given_by_variable(setting.name) => text.parse().ok(),
            given => given.as_bool(),
        };
        if flag.is_none() {
            self.wrong(setting.name, &given, "true or false");
        }
        flag
    }

    /// The path of a file or a folder.
    pub(crate) fn path(&mut self, setting: impl Into<Setting>) -> Option<PathBuf> {
        self.text(setting).map(PathBuf::from)
    }

    /// A number, an integer if `N` is one.
    pub(crate) fn number<N>(
        &mut self,
        setting: impl Into<Setting>,
        allowed: RangeInclusive<N>,
    ) -> Option<N>
    where
        N: FromStr + PartialOrd + Display + Copy,
    {
        let setting = setting.into();
        let given = self.given(setting)?;
        let written = match &given {
            Value::Number(number) => Some(number.to_string()),
            Value::String(text) if self.is_given_by_variable(setting.name) => Some(text.clone()),
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
                self.wrong(setting.name, &given, &expected);
                None
            }
        }
    }

    /// One of several names.
    pub(crate) fn choice<T: Copy>(
        &mut self,
        setting: impl Into<Setting>,
        choices: &[(&str, T)],
    ) -> Option<T> {
        let setting = setting.into();
        let given = self.given(setting)?;
        let choice = choices
            .iter()
            .find(|(name, _)| given.as_str() == Some(*name));
        if choice.is_none() {
            let names: Vec<&str> = choices.iter().map(|(name, _)| *name).collect();
            self.wrong(
                setting.name,
                &given,
                &format!("one of: {}", names.join(", ")),
            );
        }
        choice.map(|(_, choice)| *choice)
    }

    /// A list of texts: a list in the file, separated by commas in a variable.
    pub(crate) fn list(&mut self, setting: impl Into<Setting>) -> Option<Vec<String>> {
        let setting = setting.into();
        let items = match self.given(setting)? {
            Value::String(text) => Some(split(&text)),
            Value::Array(items) => items
                .iter()
                .map(|item| item.as_str().map(str::to_owned))
                .collect(),
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::Object(_) => None,
        };
        if items.is_none() {
            self.problem(setting.name, "expected a list of texts");
        }
        items
    }
}

/// The items of a list in a variable.
pub(super) fn split(text: &str) -> Vec<String> {
    text.split(',')
        .map(str::trim)
        .filter(|item| !item.is_empty())
        .map(str::to_owned)
        .collect()
}
