//! Input of an agent's creation or change, and the checks that need no lookup.

use chrono::{DateTime, Utc};
use serde_json::Value;

use crate::{
    domain::{AgentId, check_json, check_name},
    error::Problem,
};

/// The maximum length of a slug, in characters.
const LONGEST_SLUG: usize = 63;

/// The input of an agent to create.
#[derive(Debug, Clone)]
pub struct NewAgent {
    /// The template's name.
    pub template: String,
    /// The template's version; the newest one when not given.
    pub template_version: Option<String>,
    /// The name of one of the template's pricing tiers.
    pub tier: String,
    /// The display name.
    pub name: String,
    /// The name in URLs; made from the display name when not given.
    pub slug: Option<String>,
    /// The settings that the agent overrides.
    pub configuration: Option<Value>,
    /// The agent that answers while this one cannot.
    pub fallback: Option<AgentId>,
    /// Whether the agent is active from the start.
    pub activate: bool,
}

/// A change of an agent. An unset field stays as it is.
#[derive(Debug, Clone, Default)]
pub struct AgentChange {
    /// The new display name.
    pub name: Option<String>,
    /// The name of the new pricing tier.
    pub tier: Option<String>,
    /// The settings that the agent overrides; replaces all earlier ones.
    pub configuration: Option<Value>,
    /// The agent that answers while this one cannot.
    pub fallback: FallbackChange,
    /// The `updated_at` that the change is based on; CONFLICT when the agent has changed since.
    pub expected_updated_at: Option<DateTime<Utc>>,
}

/// A change of an agent's fallback.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum FallbackChange {
    /// The fallback stays as it is.
    #[default]
    Keep,
    /// The fallback is removed.
    Remove,
    /// The fallback becomes this agent.
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

/// A slug made from the ASCII letters and digits of a name; a later try appends its `number`.
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
