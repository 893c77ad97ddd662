//! The setting `handoff` of an agent: to which agents it hands conversations over, and how.

use serde_json::Value;

use super::ContextPolicy;

/// The settings of an agent's handoffs; without the setting, every agent of the account is a target.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HandoffSettings {
    /// The slugs of the agents that the agent may hand over to; none for every agent of the account.
    pub targets: Option<Vec<String>>,
    /// How much a receiver gets.
    pub policy: ContextPolicy,
    /// Whether the agent mentions that it took over.
    pub switching: Switching,
    /// The names of the tools whose results stay with the agent.
    pub private_tools: Vec<String>,
}

/// Whether an agent that takes a conversation over mentions it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Switching {
    /// The agent introduces itself.
    Visible,
    /// The agent answers as if it had answered before.
    Transparent,
}

impl HandoffSettings {
    /// The handoff settings in an agent's merged settings. A value of an unexpected kind counts as absent: the settings
    /// were checked against the template's schema, which may declare a setting of this name with another meaning.
    pub fn of(settings: &Value) -> Self {
        let handoff = settings.get("handoff").unwrap_or(&Value::Null);
        let names = |name: &str| -> Option<Vec<String>> {
            let names = handoff.get(name)?.as_array()?.iter();
            Some(names.filter_map(Value::as_str).map(str::to_owned).collect())
        };
        let word = |name: &str| handoff.get(name).and_then(Value::as_str);
        Self {
            targets: names("targets"),
            policy: match word("policy") {
                Some("SUMMARY") => ContextPolicy::Summary,
                Some("ISOLATED") => ContextPolicy::Isolated,
                _ => ContextPolicy::Full,
            },
            switching: match word("switching") {
                Some("transparent") => Switching::Transparent,
                _ => Switching::Visible,
            },
            private_tools: names("privateTools").unwrap_or_default(),
        }
    }
}
