//! Inputs and payloads for agents: filters, order, creation and changes.

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

/// Selects one agent; exactly one field must be set.
#[derive(OneofObject)]
pub(super) enum AgentBy {
    /// The id of the agent.
    Id(ID),
    /// The slug of the agent.
    Slug(String),
}

/// A filter for agents; every condition that is set must match.
#[derive(InputObject, Default)]
pub(super) struct AgentFilter {
    /// The agent has one of these statuses.
    status: Option<Vec<AgentStatus>>,
    /// The name of the template.
    template: Option<String>,
    /// The name of the pricing tier.
    tier: Option<String>,
    /// The id of a skill of the agent's template.
    skill: Option<String>,
    /// The name of a granted tool; tools with the policy DENY do not count.
    tool: Option<String>,
    /// A part of the name or slug; case does not matter.
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

/// The order of a list of agents; ties are ordered by id.
#[derive(InputObject)]
pub(super) struct AgentOrder {
    /// The field to order by.
    field: AgentOrderField,
    /// The direction of the order.
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

/// The fields that agents can be ordered by.
#[derive(Enum, Debug, Clone, Copy, PartialEq, Eq)]
#[graphql(remote = "domain::AgentOrderField")]
pub(super) enum AgentOrderField {
    /// The name.
    Name,
    /// The creation time.
    CreatedAt,
    /// The time of the last change.
    UpdatedAt,
}

/// The direction of an order.
#[derive(Enum, Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum OrderDirection {
    /// Ascending.
    Asc,
    /// Descending.
    Desc,
}

/// A new agent.
#[derive(InputObject)]
pub(super) struct CreateAgentInput {
    /// The name of the template.
    template: String,
    /// The version of the template. Default: the newest version that is not deprecated.
    template_version: Option<String>,
    /// The name of one of the template's pricing tiers.
    tier: String,
    /// The display name, 1 to 120 characters.
    name: String,
    /// The name of the agent in URLs, for example `sales-berlin`. Default: derived from the name.
    slug: Option<String>,
    /// The settings that the agent overrides, a JSON object; validated against the template's configSchema.
    configuration: Option<Value>,
    /// The agent that answers when this agent cannot.
    fallback_agent_id: Option<ID>,
    /// Whether the agent is ACTIVE at once; otherwise it is CONFIGURING.
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

/// The result of `createAgent`.
#[derive(SimpleObject)]
pub(super) struct CreateAgentPayload {
    /// The agent.
    pub(super) agent: Agent,
}

/// Changes to an agent; omitted fields stay as they are.
#[derive(InputObject)]
pub(super) struct UpdateAgentInput {
    /// The id of the agent.
    pub(super) id: ID,
    /// The display name, 1 to 120 characters.
    name: Option<String>,
    /// The name of one of the template's pricing tiers.
    tier: Option<String>,
    /// All settings that the agent overrides, a JSON object.
    configuration: Option<Value>,
    /// The agent that answers when this agent cannot; null for none.
    fallback_agent_id: MaybeUndefined<ID>,
    /// The `updatedAt` that the change is based on; fails with CONFLICT if the agent has changed since.
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

/// The result of `updateAgent`.
#[derive(SimpleObject)]
pub(super) struct UpdateAgentPayload {
    /// The agent after the change.
    pub(super) agent: Agent,
}

/// The agent to delete.
#[derive(InputObject)]
pub(super) struct DeleteAgentInput {
    /// The id of the agent.
    pub(super) id: ID,
}

/// The result of `deleteAgent`.
#[derive(SimpleObject)]
pub(super) struct DeleteAgentPayload {
    /// The id of the deleted agent.
    pub(super) deleted_id: ID,
}

/// The agent to suspend.
#[derive(InputObject)]
pub(super) struct SuspendAgentInput {
    /// The id of the agent.
    pub(super) id: ID,
}

/// The result of `suspendAgent`.
#[derive(SimpleObject)]
pub(super) struct SuspendAgentPayload {
    /// The agent after the change.
    pub(super) agent: Agent,
}

/// The agent to activate.
#[derive(InputObject)]
pub(super) struct ActivateAgentInput {
    /// The id of the agent.
    pub(super) id: ID,
}

/// The result of `activateAgent`.
#[derive(SimpleObject)]
pub(super) struct ActivateAgentPayload {
    /// The agent after the change.
    pub(super) agent: Agent,
}
