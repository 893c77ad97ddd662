//! What is asked of agents: which ones, in which order, made and changed how.

use async_graphql::{Enum, ID, InputObject, MaybeUndefined, OneofObject, SimpleObject};
use chrono::{DateTime, Utc};
use serde_json::Value;

use super::{
    agent::{Agent, AgentStatus},
    error::Result,
};
use crate::{
    domain::{self, AgentId},
    service::{AgentChange, FallbackChange, NewAgent},
};

/// One agent: exactly one of these is set.
#[derive(OneofObject)]
pub(super) enum AgentBy {
    /// By its id.
    Id(ID),
    /// By its slug.
    Slug(String),
}

/// Which agents; everything that is set must hold.
#[derive(InputObject, Default)]
pub(super) struct AgentFilter {
    /// Any of these.
    status: Option<Vec<AgentStatus>>,
    /// The template's name.
    template: Option<String>,
    /// The pricing tier's name.
    tier: Option<String>,
    /// The id of a skill that its template has.
    skill: Option<String>,
    /// The name of a tool that it was granted, and not denied.
    tool: Option<String>,
    /// A part of the name or the slug, whatever its case.
    search: Option<String>,
}

impl From<AgentFilter> for domain::AgentFilter {
    fn from(filter: AgentFilter) -> Self {
        let status = filter.status.map(|given| {
            let mut once: Vec<domain::AgentStatus> = Vec::new();
            for status in given.into_iter().map(Into::into) {
                if !once.contains(&status) {
                    once.push(status);
                }
            }
            once
        });
        Self {
            status,
            template: filter.template,
            tier: filter.tier,
            skill: filter.skill,
            tool: filter.tool,
            search: filter.search,
        }
    }
}

/// In which order agents are listed; ties by id.
#[derive(InputObject)]
pub(super) struct AgentOrder {
    /// By what.
    field: AgentOrderField,
    /// Which way.
    direction: OrderDirection,
}

impl From<AgentOrder> for domain::AgentOrder {
    fn from(order: AgentOrder) -> Self {
        Self {
            field: order.field.into(),
            descending: order.direction == OrderDirection::Desc,
        }
    }
}

/// What agents can be ordered by.
#[derive(Enum, Debug, Clone, Copy, PartialEq, Eq)]
#[graphql(remote = "domain::AgentOrderField")]
pub(super) enum AgentOrderField {
    /// By name.
    Name,
    /// By when they were made.
    CreatedAt,
    /// By when they last changed.
    UpdatedAt,
}

/// Which way a list is ordered.
#[derive(Enum, Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum OrderDirection {
    /// The smallest first.
    Asc,
    /// The largest first.
    Desc,
}

/// A new agent.
#[derive(InputObject)]
pub(super) struct CreateAgentInput {
    /// The template's name.
    template: String,
    /// Its version; the newest one when left out.
    template_version: Option<String>,
    /// The name of one of the template's pricing tiers.
    tier: String,
    /// Its name, for people; 1 to 120 characters.
    name: String,
    /// Its name in addresses, like `sales-berlin`; made from the name when left out.
    slug: Option<String>,
    /// What it overrides, an object; checked against the template's configSchema.
    configuration: Option<Value>,
    /// Who answers in its place when it cannot.
    fallback_agent_id: Option<ID>,
    /// Whether it answers from the start; else it is CONFIGURING.
    #[graphql(default_with = "Some(true)")]
    activate: Option<bool>,
}

impl CreateAgentInput {
    pub(super) fn agent(self) -> Result<NewAgent> {
        let fallback = self
            .fallback_agent_id
            .map(|id| AgentId::parse("input.fallbackAgentId", &id))
            .transpose()?;
        Ok(NewAgent {
            template: self.template,
            template_version: self.template_version,
            tier: self.tier,
            name: self.name,
            slug: self.slug,
            configuration: self.configuration,
            fallback,
            activate: self.activate.unwrap_or(true),
        })
    }
}

/// The agent that was made.
#[derive(SimpleObject)]
pub(super) struct CreateAgentPayload {
    /// The agent.
    pub(super) agent: Agent,
}

/// What is to change of an agent; what is left out stays.
#[derive(InputObject)]
pub(super) struct UpdateAgentInput {
    /// Its id.
    pub(super) id: ID,
    /// Its name, for people; 1 to 120 characters.
    name: Option<String>,
    /// The name of one of the template's pricing tiers.
    tier: Option<String>,
    /// What it overrides, an object, all of it.
    configuration: Option<Value>,
    /// Who answers in its place when it cannot; null for nobody.
    fallback_agent_id: MaybeUndefined<ID>,
    /// The `updatedAt` that the change was made for; CONFLICT when the agent has changed since.
    expected_updated_at: Option<DateTime<Utc>>,
}

impl UpdateAgentInput {
    pub(super) fn change(self) -> Result<AgentChange> {
        let fallback = match self.fallback_agent_id {
            MaybeUndefined::Undefined => FallbackChange::Keep,
            MaybeUndefined::Null => FallbackChange::Remove,
            MaybeUndefined::Value(id) => {
                FallbackChange::Set(AgentId::parse("input.fallbackAgentId", &id)?)
            }
        };
        Ok(AgentChange {
            name: self.name,
            tier: self.tier,
            configuration: self.configuration,
            fallback,
            expected_updated_at: self.expected_updated_at,
        })
    }
}

/// The agent that was changed.
#[derive(SimpleObject)]
pub(super) struct UpdateAgentPayload {
    /// The agent as it is now.
    pub(super) agent: Agent,
}

/// The agent that is to be deleted.
#[derive(InputObject)]
pub(super) struct DeleteAgentInput {
    /// Its id.
    pub(super) id: ID,
}

/// The agent that was deleted.
#[derive(SimpleObject)]
pub(super) struct DeleteAgentPayload {
    /// Its id.
    pub(super) deleted_id: ID,
}

/// The agent that is to be paused.
#[derive(InputObject)]
pub(super) struct SuspendAgentInput {
    /// Its id.
    pub(super) id: ID,
}

/// The agent that was paused.
#[derive(SimpleObject)]
pub(super) struct SuspendAgentPayload {
    /// The agent as it is now.
    pub(super) agent: Agent,
}

/// The agent that is to answer.
#[derive(InputObject)]
pub(super) struct ActivateAgentInput {
    /// Its id.
    pub(super) id: ID,
}

/// The agent that answers now.
#[derive(SimpleObject)]
pub(super) struct ActivateAgentPayload {
    /// The agent as it is now.
    pub(super) agent: Agent,
}
