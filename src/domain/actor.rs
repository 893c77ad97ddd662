//! The caller of an operation: its account, role and key.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use crate::{
    domain::{AccountId, KeyId, Operation},
    error::{Error, Result},
};

/// The role of a key; each role may do everything that the roles before it may do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Role {
    /// May only read.
    Reader,
    /// May discover agents and chat.
    Member,
    /// May manage the agents of one account.
    Admin,
    /// May manage one account with its keys and billing.
    Owner,
    /// May manage the platform, i.e. accounts and templates, and act inside any account.
    Operator,
}

impl Role {
    /// Every role, the one with the fewest rights first.
    pub const ALL: [Self; 5] = [
        Self::Reader,
        Self::Member,
        Self::Admin,
        Self::Owner,
        Self::Operator,
    ];

    /// The role's name in the API.
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
    /// The account that the caller acts in: the key's own account, or the one that an operator named.
    pub account: AccountId,
    /// The account that the key belongs to.
    pub home: AccountId,
    /// The key's role.
    pub role: Role,
    /// The key that authenticated the caller.
    pub key: KeyId,
    /// The key's time of expiry; none for a key that does not expire.
    pub expires_at: Option<DateTime<Utc>>,
}

impl Actor {
    /// `FORBIDDEN` when the role does not allow the operation. Every service function calls this first.
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
