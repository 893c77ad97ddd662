//! Agents: an account's configured instances of a template.

use std::iter;

use chrono::{DateTime, SecondsFormat, Utc};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::{
    domain::{AccountId, Actor, AgentId, Canary, CanarySubject, Position, TemplateId, check_text},
    error::Problem,
};

/// The maximum length of a text of a filter, in characters.
const LONGEST_FILTER: usize = 120;

/// An account's configured instance of one template version.
#[derive(Debug, Clone, PartialEq)]
pub struct Agent {
    /// The agent's id.
    pub id: AgentId,
    /// The account that owns the agent.
    pub account: AccountId,
    /// The template version that the agent is an instance of.
    pub template: TemplateId,
    /// The name in URLs, unique in the account.
    pub slug: String,
    /// The display name.
    pub name: String,
    /// The name of the agent's pricing tier in the template.
    pub tier: String,
    /// The agent's own settings, an object; the last layer of its configuration.
    pub configuration: Value,
    /// Whether the agent answers.
    pub status: AgentStatus,
    /// The agent that answers in its place when it cannot.
    pub fallback: Option<AgentId>,
    /// The last trial of another version of its template.
    pub canary: Option<Canary>,
    /// The time of creation.
    pub created_at: DateTime<Utc>,
    /// The time of the last change; `expectedUpdatedAt` is compared with it.
    pub updated_at: DateTime<Utc>,
    /// When the deletion was noticed; set only in the last change of an agent that its readers receive, since a deleted agent
    /// has no row.
    pub deleted_at: Option<DateTime<Utc>>,
}

impl Agent {
    /// The agent in the version of its template that answers a message, which was accepted at a time.
    #[must_use]
    pub fn for_message(self, subject: CanarySubject<'_>, accepted_at: DateTime<Utc>) -> Self {
        let canary = self.canary.as_ref();
        let answers = canary.filter(|canary| canary.answers(self.id, subject, accepted_at));
        match answers.map(|canary| canary.candidate) {
            Some(template) => Self { template, ..self },
            None => self,
        }
    }

    /// The agent's version, and the one that is tried beside it.
    pub fn versions(&self) -> impl Iterator<Item = TemplateId> + use<> {
        iter::once(self.template).chain(self.candidate())
    }

    /// The version that is tried now.
    pub fn candidate(&self) -> Option<TemplateId> {
        let running = self.canary.as_ref().filter(|canary| canary.is_running());
        running.map(|canary| canary.candidate)
    }
}

/// What the router knows of an agent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RoutableAgent {
    /// The agent's id.
    pub id: AgentId,
    /// The template version whose skills the agent has.
    pub template: TemplateId,
    /// The display name.
    pub name: String,
    /// The name of the agent's pricing tier in the template.
    pub tier: String,
}

/// Whether an agent answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum AgentStatus {
    /// The agent is being set up and does not answer yet.
    Configuring,
    /// The agent answers.
    Active,
    /// The account has paused the agent.
    Suspended,
}

/// A filter of agents; all conditions that are set must hold.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct AgentFilter {
    /// Agents with any of these statuses.
    pub status: Option<Vec<AgentStatus>>,
    /// The template's name.
    pub template: Option<String>,
    /// The pricing tier's name.
    pub tier: Option<String>,
    /// The id of a skill that the template has.
    pub skill: Option<String>,
    /// The name of a tool that the agent is granted and whose policy is not DENY.
    pub tool: Option<String>,
    /// A part of the name or the slug, case-insensitive.
    pub search: Option<String>,
}

impl AgentFilter {
    /// The filter that a caller gets: for an end user only active agents, also if one that is not active any more has
    /// answered before.
    #[must_use]
    pub fn seen_by(&self, actor: &Actor) -> Self {
        let is_active = |status: &&AgentStatus| **status == AgentStatus::Active;
        let status = match (actor.end_user(), &self.status) {
            (None, status) => status.clone(),
            (Some(_), None) => Some(vec![AgentStatus::Active]),
            (Some(_), Some(status)) => Some(status.iter().filter(is_active).copied().collect()),
        };
        Self {
            status,
            ..self.clone()
        }
    }

    /// The texts that are too long: at most 120 characters, like the names that they are compared with. An empty
    /// `search` matches every agent, any other empty text none.
    pub fn problems(&self) -> Vec<Problem> {
        let texts = [
            ("filter.template", &self.template),
            ("filter.tier", &self.tier),
            ("filter.skill", &self.skill),
            ("filter.tool", &self.tool),
            ("filter.search", &self.search),
        ];
        let given = texts
            .into_iter()
            .filter_map(|(path, text)| Some((path, text.as_deref()?)));
        given
            .filter(|(_, text)| !text.is_empty())
            .filter_map(|(path, text)| check_text(path, text, LONGEST_FILTER))
            .collect()
    }
}

/// The order of a list of agents; equal values are ordered by id.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AgentOrder {
    /// The field to sort by.
    pub field: AgentOrderField,
    /// Whether the largest value comes first.
    pub descending: bool,
}

impl AgentOrder {
    /// The agent's position in a list with this order.
    pub fn position(self, agent: &Agent) -> Position {
        let exactly = |at: DateTime<Utc>| at.to_rfc3339_opts(SecondsFormat::Micros, true);
        let sort = match self.field {
            AgentOrderField::Name => agent.name.clone(),
            AgentOrderField::CreatedAt => exactly(agent.created_at),
            AgentOrderField::UpdatedAt => exactly(agent.updated_at),
        };
        Position {
            sort: Some(sort),
            id: agent.id.uuid(),
        }
    }
}

/// The fields that agents can be sorted by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AgentOrderField {
    /// The display name.
    Name,
    /// The time of creation.
    CreatedAt,
    /// The time of the last change.
    UpdatedAt,
}
