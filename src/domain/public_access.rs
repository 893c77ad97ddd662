//! Public agents: whom an account lets talk to an agent without a credential, and what is known of such a caller.

use std::net::IpAddr;

use chrono::{DateTime, Utc};

use crate::{
    domain::{AccountId, AgentId, Operation, SessionLimits},
    error::{Error, Result},
};

/// The permission of anonymous people to talk to one agent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PublicAccess {
    /// The account of the agent.
    pub account: AccountId,
    /// The agent.
    pub agent: AgentId,
    /// The origins of the pages that may begin a session, exactly as browsers send them.
    pub origins: Vec<String>,
    /// The rate of messages of one person.
    pub messages_per_minute: u32,
    /// The maximum of input and output tokens of the runs of one session.
    pub tokens: i64,
    /// The time to the expiry of a session, in seconds.
    pub expires_in_seconds: i64,
    /// The time of the last change.
    pub updated_at: DateTime<Utc>,
}

impl PublicAccess {
    /// The limits of each session.
    pub fn limits(&self) -> SessionLimits {
        SessionLimits {
            messages_per_minute: self.messages_per_minute,
            tokens: Some(self.tokens),
        }
    }

    /// The origin, when its pages may begin a session.
    pub fn allowed_origin<'o>(&self, origin: Option<&'o str>) -> Option<&'o str> {
        origin.filter(|origin| self.origins.iter().any(|listed| listed == origin))
    }
}

/// A caller without credentials. Nothing of it is proven: a program can send any origin.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AnonymousCaller {
    /// The address that the caller is counted by.
    pub address: IpAddr,
    /// The origin of the page that makes the request.
    pub origin: Option<String>,
}

impl AnonymousCaller {
    /// Checks that an operation is for callers without credentials; `UNAUTHENTICATED` otherwise.
    #[expect(
        clippy::unused_self,
        reason = "only the caller itself can be the proof of who calls"
    )]
    pub fn authorize(&self, operation: Operation) -> Result<()> {
        if operation.is_for_anonymous() {
            return Ok(());
        }
        Err(Error::unauthenticated(format!(
            "{} needs credentials",
            operation.name()
        )))
    }
}
