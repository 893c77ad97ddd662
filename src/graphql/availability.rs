//! Whether something could serve now, in the API.

use async_graphql::{Enum, SimpleObject};
use chrono::{DateTime, Utc};

use crate::service;

/// Whether an agent could answer now.
#[derive(SimpleObject)]
pub(super) struct Availability {
    /// Whether it could.
    state: AvailabilityState,
    /// Why not, or why not as well as it should; what to do.
    reasons: Vec<String>,
    /// When this was looked at.
    checked_at: DateTime<Utc>,
}

impl Availability {
    /// As the services say, looked at then.
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

/// Whether something could serve now.
#[derive(Enum, Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum AvailabilityState {
    /// It could.
    Available,
    /// It could, but not as well as it should.
    Degraded,
    /// It could not.
    Unavailable,
}

impl AvailabilityState {
    /// The state alone, without its reasons.
    pub(super) fn of(availability: &service::Availability) -> Self {
        match availability {
            service::Availability::Available => Self::Available,
            service::Availability::Degraded(_) => Self::Degraded,
            service::Availability::Unavailable(_) => Self::Unavailable,
        }
    }
}
