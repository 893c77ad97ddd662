//! Who is asking: the account it acts in, its role, and the key that says so.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use crate::{
    domain::{AccountId, KeyId, Operation},
    error::{Error, Result},
};

/// What a key may do; each role may do all that the ones before it may.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Role {
    /// Only reads.
    Reader,
    /// Discovers agents and chats.
    Member,
    /// Manages one account's agents.
    Admin,
    /// Manages one account with its keys and billing.
    Owner,
    /// Runs the platform: accounts, templates; may act inside any account.
    Operator,
}

impl Role {
    /// Every role, the least first.
    pub const ALL: [Self; 5] = [
        Self::Reader,
        Self::Member,
        Self::Admin,
        Self::Owner,
        Self::Operator,
    ];

    /// The name that the API uses.
    pub fn name(self) -> &'static str {
        match self {
            Self::Reader => "READER",
            Self::Member => "MEMBER",
            Self::Admin => "ADMIN",
            Self::Owner => "OWNER",
            Self::Operator => "OPERATOR",
        }
    }
}

/// The caller of an operation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Actor {
    /// The account that the caller acts in: the key's own, or the one an operator named.
    pub account: AccountId,
    /// The account that the key belongs to.
    pub home: AccountId,
    /// What the key may do.
    pub role: Role,
    /// The key itself.
    pub key: KeyId,
    /// From when on the key is no longer good.
    pub expires_at: Option<DateTime<Utc>>,
}

impl Actor {
    /// Refuses the operation when the role does not allow it. The first line of every service function.
    pub fn authorize(&self, operation: Operation) -> Result<()> {
        let needed = operation.least_role();
        if self.role >= needed {
            return Ok(());
        }
        Err(Error::forbidden(format!(
            "{} needs the role {} or above, this key is {}",
            operation.name(),
            needed.name(),
            self.role.name()
        )))
    }
}
