//! Whether an agent could answer now, and what to do when it could not.

use super::Services;
use crate::{
    domain::{Agent, AgentStatus, TemplateSpec},
    port::Readiness,
};

/// Whether an agent could answer now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Availability {
    /// It could.
    Available,
    /// It could, but not with its first model; why.
    Degraded(Vec<String>),
    /// It could not; why.
    Unavailable(Vec<String>),
}

impl Services {
    /// Whether an agent could answer now.
    pub fn availability(&self, agent: &Agent, template: &TemplateSpec) -> Availability {
        match agent.status {
            AgentStatus::Active => {}
            AgentStatus::Configuring => {
                return Availability::Unavailable(vec![
                    "the agent is being configured: activate it".to_owned(),
                ]);
            }
            AgentStatus::Suspended => {
                return Availability::Unavailable(vec![
                    "the agent is suspended: activate it".to_owned(),
                ]);
            }
        }
        let names = template
            .tier(&agent.tier)
            .map(|tier| tier.models.as_slice())
            .unwrap_or_default();
        let states: Vec<_> = self
            .engine
            .models()
            .in_order(names)
            .map(|(name, entry)| (name, entry.model.readiness()))
            .collect();
        let reasons: Vec<String> = states
            .iter()
            .filter_map(|(name, state)| reason(name, state))
            .collect();
        match states.first() {
            Some((_, Readiness::Ready)) => Availability::Available,
            Some(_) if reasons.len() < states.len() => Availability::Degraded(reasons),
            Some(_) => Availability::Unavailable(reasons),
            None => Availability::Unavailable(vec![format!(
                "none of its models is configured: {}",
                names.join(", ")
            )]),
        }
    }
}

fn reason(name: &str, state: &Readiness) -> Option<String> {
    match state {
        Readiness::Ready => None,
        Readiness::Starting(why) | Readiness::Missing(why) => {
            Some(format!("model \"{name}\": {why}"))
        }
    }
}
