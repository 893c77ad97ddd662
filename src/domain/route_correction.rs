//! Corrections of the router: people's signs that another agent should have answered, and what administrators make of them.

use std::sync::Arc;

use chrono::{DateTime, Utc};

use crate::domain::{AccountId, AgentId, Route, RouteCorrectionId, RunId};

/// A sign that the router chose the wrong agent for a message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RouteCorrection {
    /// The correction's id.
    pub id: RouteCorrectionId,
    /// The account that owns the run.
    pub account: AccountId,
    /// The run that answered the message.
    pub run: RunId,
    /// The agent that the router chose.
    pub chosen: AgentId,
    /// The agent that should have been chosen; none when the person named none.
    pub wanted: Option<AgentId>,
    /// What the person did.
    pub cause: RouteCorrectionCause,
    /// What an administrator decided.
    pub status: RouteCorrectionStatus,
    /// The id of the wanted agent's skill that the message is an example of, once it is accepted.
    pub skill: Option<String>,
    /// The time of the sign.
    pub created_at: DateTime<Utc>,
    /// The time of the decision.
    pub resolved_at: Option<DateTime<Utc>>,
    /// The id of the key that decided.
    pub resolved_by: Option<String>,
}

/// What a person did to correct the router.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RouteCorrectionCause {
    /// The next message asked for another agent.
    Asked,
    /// The conversation was handed over after the answer.
    HandedOff,
    /// The answer was rated as bad.
    Rated,
}

/// What an administrator decided about a correction.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RouteCorrectionStatus {
    /// Nothing yet.
    Pending,
    /// The message is an example of a skill.
    Accepted,
    /// The message is no example.
    Dismissed,
}

impl RouteCorrection {
    /// Whether a choice can be corrected: only one for which skills were compared.
    pub fn fits(route: &Route) -> bool {
        route.threshold.is_some()
    }
}

/// A filter for corrections.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct RouteCorrectionFilter {
    /// Only corrections with one of these statuses.
    pub statuses: Option<Vec<RouteCorrectionStatus>>,
    /// Only corrections in which this agent was chosen or wanted.
    pub agent: Option<AgentId>,
}

/// The decision that the message of a correction is an example of a skill.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SkillAssignment {
    /// The agent that should have been chosen.
    pub agent: AgentId,
    /// The id of its skill.
    pub skill: String,
}

/// An accepted correction: a message that is an example of a skill of an agent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AcceptedCorrection {
    /// The correction's id.
    pub id: RouteCorrectionId,
    /// The skill.
    pub assignment: SkillAssignment,
}

/// An example of a skill in addition to those of the template.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SkillExample {
    /// The correction that it comes from.
    pub id: RouteCorrectionId,
    /// The id of the skill.
    pub skill: String,
    /// The message.
    pub text: Arc<str>,
}
