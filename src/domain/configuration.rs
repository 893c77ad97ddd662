//! An agent's settings: layers merged into one object, and where each value came from.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::{PricingTier, TemplateSpec, schema};

/// Where a value came from; later ones win.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Origin {
    /// Built in.
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

/// The settings that one origin gives.
#[derive(Debug, Clone, PartialEq)]
pub struct Layer {
    /// Who gives them.
    pub origin: Origin,
    /// What it gives.
    pub settings: Map<String, Value>,
}

/// All layers of one agent, the weakest first.
#[derive(Debug, Clone, PartialEq)]
pub struct Layers(pub Vec<Layer>);

/// One setting as it holds.
#[derive(Debug, Clone, PartialEq)]
pub struct ConfigurationEntry {
    /// Names joined by dots, e.g. `voice.tone`.
    pub path: String,
    /// Its value; a list counts as one value.
    pub value: Value,
    /// Who gave it.
    pub origin: Origin,
}

/// The settings that every workflow understands, as long as nobody says otherwise; a template takes those that its
/// configuration schema declares.
pub fn built_in_defaults() -> Map<String, Value> {
    [
        // close to the likeliest answer, and still not the same words every time
        ("temperature", Value::from(0.3)),
        // the longest answer, tokens
        ("maxOutputTokens", Value::from(512)),
        // what the model sees of the conversation, tokens
        ("historyTokens", Value::from(1_200)),
        // what the model sees of the agent's knowledge, passages
        ("knowledgePassages", Value::from(4)),
        // and how much of it, tokens
        ("knowledgeTokens", Value::from(700)),
        // below it, a passage of all-MiniLM-L6-v2 has nothing to do with the question
        ("knowledgeMinimumScore", Value::from(0.2)),
        // how much meaning and very words count against one another
        ("knowledgeVectorWeight", Value::from(1.0)),
        ("knowledgeTextWeight", Value::from(1.0)),
    ]
    .into_iter()
    .map(|(name, value)| (name.to_owned(), value))
    .collect()
}

/// The layers of an agent. What is meant for many templates (built in, `app.yaml`, account) gives each only what its
/// configuration schema declares; what is meant for this one is taken as it stands, and its mistakes show.
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
    /// Every setting as it holds: objects are merged key by key, anything else is replaced.
    pub fn merged(&self) -> Value {
        let mut merged = Map::new();
        for layer in &self.0 {
            merge(&mut merged, &layer.settings);
        }
        Value::Object(merged)
    }

    /// Every setting with its origin, sorted by path.
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
