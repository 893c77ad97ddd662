//! Agents: an account's configured instances of a template.

use chrono::{DateTime, SecondsFormat, Utc};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::{
    domain::{AccountId, AgentId, Position, TemplateId, check_text},
    error::Problem,
};

/// A text of a filter has at most this many characters.
const LONGEST_FILTER: usize = 120;

/// An account's configured instance of one template version.
#[derive(Debug, Clone, PartialEq)]
pub struct Agent {
    /// Its id.
    pub id: AgentId,
    /// The account it belongs to.
    pub account: AccountId,
    /// The template version it is an instance of.
    pub template: TemplateId,
    /// Its name in addresses, unique in the account.
    pub slug: String,
    /// Its name, for people.
    pub name: String,
    /// The name of the template's pricing tier it is on.
    pub tier: String,
    /// What it overrides, an object.
    pub configuration: Value,
    /// Whether it answers.
    pub status: AgentStatus,
    /// Who answers in its place when it cannot.
    pub fallback: Option<AgentId>,
    /// When it was made.
    pub created_at: DateTime<Utc>,
    /// When it last changed; `expectedUpdatedAt` compares with it.
    pub updated_at: DateTime<Utc>,
}

/// Whether an agent answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum AgentStatus {
    /// Being set up; does not answer yet.
    Configuring,
    /// Answers.
    Active,
    /// Paused by its account.
    Suspended,
}

/// Which agents are asked for; everything that is set must hold.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct AgentFilter {
    /// Any of these.
    pub status: Option<Vec<AgentStatus>>,
    /// The template's name.
    pub template: Option<String>,
    /// The pricing tier's name.
    pub tier: Option<String>,
    /// The id of a skill that the template has.
    pub skill: Option<String>,
    /// The name of a tool that it was granted, and not denied.
    pub tool: Option<String>,
    /// A part of the name or the slug, whatever its case.
    pub search: Option<String>,
}

impl AgentFilter {
    /// What is wrong with its texts: each has at most 120 characters, as the names that they are compared with. An empty
    /// text finds what any text would be a part of, or nothing.
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

/// In which order agents are listed; ties by id.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AgentOrder {
    /// By what.
    pub field: AgentOrderField,
    /// The largest first.
    pub descending: bool,
}

impl AgentOrder {
    /// Where an agent stands in this order.
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

/// What agents can be ordered by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AgentOrderField {
    /// By name.
    Name,
    /// By when they were made.
    CreatedAt,
    /// By when they last changed.
    UpdatedAt,
}
