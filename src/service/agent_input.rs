//! What is asked of an agent that is made or changed, and what of it can be checked without looking anything up.

use chrono::{DateTime, Utc};
use serde_json::Value;

use crate::{
    domain::{AgentId, check_json, check_name},
    error::Problem,
};

/// A slug has at most this many characters.
const LONGEST_SLUG: usize = 63;

/// An agent to be made.
#[derive(Debug, Clone)]
pub struct NewAgent {
    /// The template's name.
    pub template: String,
    /// Its version; the newest one when none is given.
    pub template_version: Option<String>,
    /// The name of one of the template's pricing tiers.
    pub tier: String,
    /// Its name, for people.
    pub name: String,
    /// Its name in addresses; made from the name when none is given.
    pub slug: Option<String>,
    /// What it overrides.
    pub configuration: Option<Value>,
    /// Who answers in its place.
    pub fallback: Option<AgentId>,
    /// Whether it answers from the start.
    pub activate: bool,
}

/// What is to change of an agent; what is not set stays.
#[derive(Debug, Clone, Default)]
pub struct AgentChange {
    /// Its name.
    pub name: Option<String>,
    /// The name of its pricing tier.
    pub tier: Option<String>,
    /// What it overrides, all of it.
    pub configuration: Option<Value>,
    /// Who answers in its place.
    pub fallback: FallbackChange,
    /// The state that the change was made for; CONFLICT when the agent has changed since.
    pub expected_updated_at: Option<DateTime<Utc>>,
}

/// What is to happen to an agent's fallback.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum FallbackChange {
    /// It stays as it is.
    #[default]
    Keep,
    /// There is none any more.
    Remove,
    /// This one.
    Set(AgentId),
}

impl NewAgent {
    pub(super) fn problems(&self) -> Vec<Problem> {
        let mut problems: Vec<Problem> = check_name("input.name", &self.name).into_iter().collect();
        problems.extend(self.slug.as_deref().and_then(check_slug));
        problems.extend(
            self.configuration
                .iter()
                .flat_map(|settings| check_json("input.configuration", settings)),
        );
        problems
    }
}

impl AgentChange {
    pub(super) fn problems(&self) -> Vec<Problem> {
        let mut problems: Vec<Problem> = self
            .name
            .as_deref()
            .and_then(|name| check_name("input.name", name))
            .into_iter()
            .collect();
        problems.extend(
            self.configuration
                .iter()
                .flat_map(|settings| check_json("input.configuration", settings)),
        );
        problems
    }
}

fn check_slug(slug: &str) -> Option<Problem> {
    let words_only = slug.split('-').all(|word| {
        !word.is_empty()
            && word
                .bytes()
                .all(|b| b.is_ascii_lowercase() || b.is_ascii_digit())
    });
    (slug.len() > LONGEST_SLUG || !words_only)
        .then(|| Problem::new("input.slug", format!("expected lowercase letters and digits in words joined by single hyphens, at most {LONGEST_SLUG} characters, like \"sales-berlin\"")))
}

/// A slug made from a name: its ASCII letters and digits; the `number`th try adds a number.
pub(super) fn slug_of(name: &str, number: usize) -> String {
    let words = name
        .split(|c: char| !c.is_ascii_alphanumeric())
        .filter(|word| !word.is_empty());
    let mut slug = words
        .map(str::to_ascii_lowercase)
        .collect::<Vec<_>>()
        .join("-");
    slug.truncate(LONGEST_SLUG - 5);
    let slug = slug.trim_end_matches('-');
    let slug = if slug.is_empty() { "agent" } else { slug };
    if number <= 1 {
        slug.to_owned()
    } else {
        format!("{slug}-{number}")
    }
}
