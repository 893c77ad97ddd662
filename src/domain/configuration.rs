//! An agent's configuration: layers merged into one object, with the origin of each value.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::{PricingTier, TemplateSpec, schema};

/// The origin of a value; later ones win.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Origin {
    /// The built-in defaults.
    Default,
    /// `app.yaml`.
    AppFile,
    /// The template.
    Template,
    /// The template's pricing tier.
    Tier,
    /// The account.
    Account,
    /// The agent.
    Agent,
}

/// The settings of one origin.
#[derive(Debug, Clone, PartialEq)]
pub struct Layer {
    /// The origin of the settings.
    pub origin: Origin,
    /// The settings, nested by path.
    pub settings: Map<String, Value>,
}

/// All layers of one agent, the one with the lowest precedence first.
#[derive(Debug, Clone, PartialEq)]
pub struct Layers(pub Vec<Layer>);

/// An effective setting.
#[derive(Debug, Clone, PartialEq)]
pub struct ConfigurationEntry {
    /// The names joined by dots, e.g. `voice.tone`.
    pub path: String,
    /// The effective value; a list counts as one value.
    pub value: Value,
    /// The origin of the value.
    pub origin: Origin,
}

/// The defaults of the settings that every workflow understands; a template gets those that its configuration schema
/// declares.
pub fn built_in_defaults() -> Map<String, Value> {
    [
        // close to the most likely answer, but not always the same words
        ("temperature", Value::from(0.3)),
        // the maximum length of an answer, in tokens
        ("maxOutputTokens", Value::from(512)),
        // the history in the prompt, in tokens
        ("historyTokens", Value::from(1_200)),
        // the maximum number of passages in the prompt
        ("knowledgePassages", Value::from(4)),
        // the maximum of these passages' tokens together
        ("knowledgeTokens", Value::from(700)),
        // with all-MiniLM-L6-v2, a passage with a lower score is unrelated to the question
        ("knowledgeMinimumScore", Value::from(0.2)),
        // the relative weights of meaning and of words
        ("knowledgeVectorWeight", Value::from(1.0)),
        ("knowledgeTextWeight", Value::from(1.0)),
    ]
    .into_iter()
    .map(|(name, value)| (name.to_owned(), value))
    .collect()
}

/// The layers of an agent. Layers for many templates (built-in, `app.yaml`, account) contribute only the settings that
/// the template's configuration schema declares; the layers of the template and the agent contribute everything, so
/// that their mistakes are reported.
pub fn layers_for(
    template: &TemplateSpec,
    tier: &PricingTier,
    app_defaults: &Map<String, Value>,
    account_configuration: &Value,
    agent_configuration: &Value,
) -> Layers {
    let fields = |value: &Value| value.as_object().cloned().unwrap_or_default();
    let declared = |mut settings: Map<String, Value>| {
        settings.retain(|name, _| schema::property(&template.config_schema, name).is_some());
        settings
    };
    let layer = |origin, settings| Layer { origin, settings };
    Layers(vec![
        layer(Origin::Default, declared(built_in_defaults())),
        layer(Origin::AppFile, declared(app_defaults.clone())),
        layer(Origin::Template, template.configuration.clone()),
        layer(Origin::Tier, tier.configuration.clone()),
        layer(Origin::Account, declared(fields(account_configuration))),
        layer(Origin::Agent, fields(agent_configuration)),
    ])
}

impl Layers {
    /// The effective configuration: objects are merged key by key, any other value is replaced.
    pub fn merged(&self) -> Value {
        let mut merged = Map::new();
        for layer in &self.0 {
            merge(&mut merged, &layer.settings);
        }
        Value::Object(merged)
    }

    /// Every effective setting with its origin, sorted by path.
    pub fn entries(&self) -> Vec<ConfigurationEntry> {
        let mut entries = Vec::new();
        if let Value::Object(merged) = self.merged() {
            self.collect(&mut Vec::new(), &merged, &mut entries);
        }
        entries
    }

    fn collect(
        &self,
        at: &mut Vec<String>,
        settings: &Map<String, Value>,
        entries: &mut Vec<ConfigurationEntry>,
    ) {
        for (name, value) in settings {
            at.push(name.clone());
            match value {
                Value::Object(inner) if !inner.is_empty() => self.collect(at, inner, entries),
                _ => entries.push(ConfigurationEntry {
                    path: at.join("."),
                    value: value.clone(),
                    origin: self.origin_of(at),
                }),
            }
            at.pop();
        }
    }

    fn origin_of(&self, path: &[String]) -> Origin {
        self.0
            .iter()
            .rev()
            .find(|layer| reaches(&layer.settings, path))
            .map_or(Origin::Default, |layer| layer.origin)
    }
}

fn merge(into: &mut Map<String, Value>, from: &Map<String, Value>) {
    for (name, value) in from {
        match (into.get_mut(name), value) {
            (Some(Value::Object(old)), Value::Object(new)) => merge(old, new),
            _ => {
                into.insert(name.clone(), value.clone());
            }
        }
    }
}

fn reaches(settings: &Map<String, Value>, path: &[String]) -> bool {
    match path {
        [] => true,
        [name, rest @ ..] => match settings.get(name) {
            Some(Value::Object(inner)) => reaches(inner, rest),
            Some(_) => rest.is_empty(),
            None => false,
        },
    }
}
