//! Availability of agents and servers in the API.

use async_graphql::{Enum, SimpleObject};
use chrono::{DateTime, Utc};

use crate::service;

/// Whether an agent can answer now.
#[derive(SimpleObject)]
pub(super) struct Availability {
    /// The availability of the agent.
    state: AvailabilityState,
    /// Why the agent is degraded or unavailable, and how to fix it.
    reasons: Vec<String>,
    /// The time of this check.
    checked_at: DateTime<Utc>,
}

impl Availability {
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
            reasons,
            checked_at,
        }
    }
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
