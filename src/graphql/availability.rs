//! Availability of agents and servers in the API.

use async_graphql::{Context, Enum, SimpleObject};
use chrono::{DateTime, Utc};

use super::{
    context::ContextExt,
    error::Result,
    loader::{SpentBudgetKey, VectorConfigsKey},
    tool_grant::granted,
};
use crate::{
    domain::{self, BudgetStatus, TemplateSpec, month_of},
    service::{self, AvailabilityService},
};

/// Whether an agent can answer now.
#[derive(SimpleObject)]
pub(super) struct Availability {
    /// The availability of the agent.
    state: AvailabilityState,
    /// Why the agent is degraded or unavailable, and how to fix it.
    reasons: Vec<AvailabilityReason>,
    /// The time of this check.
    checked_at: DateTime<Utc>,
}

impl Availability {
    /// Whether an agent of this template version can answer now.
    pub(super) async fn of_agent(
        ctx: &Context<'_>,
        agent: &domain::Agent,
        template: &TemplateSpec,
    ) -> Result<Self> {
        let (servers, grants) = granted(ctx, agent).await?;
        let vectors = VectorConfigsKey(agent.account, agent.id);
        let vectors = ctx.loaders()?.load(vectors).await?.unwrap_or_default();
        let services = ctx.services()?;
        let service = &services.availability;
        let budget = SpentBudgetKey(agent.account, month_of(service.now()));
        let of_account = ctx.loaders()?.load(budget).await?;
        let of_agent = services
            .usage
            .of_agent(ctx.actor()?, agent, template)
            .await?;
        let of_agent = of_agent
            .filter(BudgetStatus::is_spent)
            .map(|_| "this month's budget of the agent is spent; a larger pricing tier has more");
        let availability = service.of_agent(agent, template, &servers, &grants);
        let availability = AvailabilityService::with_vectors(availability, &vectors);
        let availability = service
            .with_workers(availability, template.latency_class)
            .await?;
        let availability = availability.with_budget(of_account.or(of_agent));
        Ok(Self::of(availability, service.now()))
    }

    /// Converts the result of a check at this time.
    pub(super) fn of(availability: service::Availability, checked_at: DateTime<Utc>) -> Self {
        let (state, reasons) = match availability {
            service::Availability::Available => (AvailabilityState::Available, Vec::new()),
            service::Availability::Degraded(reasons) => (AvailabilityState::Degraded, reasons),
            service::Availability::Unavailable(reasons) => {
                (AvailabilityState::Unavailable, reasons)
            }
        };
        Self {
            state,
            reasons: reasons.into_iter().map(Into::into).collect(),
            checked_at,
        }
    }
}

/// A reason why an agent is degraded or unavailable.
#[derive(SimpleObject)]
pub(super) struct AvailabilityReason {
    /// The kind of the reason, for programs.
    code: AvailabilityCode,
    /// The reason and the remedy, for people.
    text: String,
}

impl From<service::AvailabilityReason> for AvailabilityReason {
    fn from(reason: service::AvailabilityReason) -> Self {
        Self {
            code: reason.code.into(),
            text: reason.text,
        }
    }
}

/// The kind of a reason.
#[derive(Enum, Debug, Clone, Copy, PartialEq, Eq)]
#[graphql(remote = "service::AvailabilityCode")]
pub(super) enum AvailabilityCode {
    /// The agent is being configured.
    Configuring,
    /// The agent is suspended.
    Suspended,
    /// No model of the agent is configured.
    NoModel,
    /// A model cannot answer now.
    ModelFailing,
    /// A server of tools does not answer.
    ToolServerDown,
    /// The vector store takes no new passages.
    StoreDown,
    /// No worker process is alive, which a DEEP agent needs: its messages wait in the queue.
    NoWorker,
    /// The account's budget, which blocks, the agent's, or the operator's ceiling is spent: messages are refused.
    BudgetSpent,
}

/// Whether an agent or server can be used now.
#[derive(Enum, Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum AvailabilityState {
    /// Fully usable.
    Available,
    /// Usable with limitations.
    Degraded,
    /// Not usable.
    Unavailable,
}

impl AvailabilityState {
    /// Converts the state and drops its reasons.
    pub(super) fn of(availability: &service::Availability) -> Self {
        match availability {
            service::Availability::Available => Self::Available,
            service::Availability::Degraded(_) => Self::Degraded,
            service::Availability::Unavailable(_) => Self::Unavailable,
        }
    }
}
