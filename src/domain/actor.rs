//! The caller of an operation: its account, role and key.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use crate::{
    domain::{AccountId, ApiKey, KeyId, Operation},
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

/// The caller of an operation. Authentication makes it; `troupe dev` makes one for its demo account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Actor {
    /// The account that the caller acts in.
    account: AccountId,
    /// The account that the key belongs to.
    home: AccountId,
    role: Role,
    key: KeyId,
    expires_at: Option<DateTime<Utc>>,
}

impl Actor {
    /// The holder of a key, acting in the key's own account.
    pub fn of_key(key: &ApiKey) -> Self {
        Self {
            account: key.account,
            home: key.account,
            role: key.role,
            key: key.id,
            expires_at: key.expires_at,
        }
    }

    /// The same caller acting in `account`. `FORBIDDEN` when that is another account and the caller is not an operator.
    pub fn acting_in(&self, account: AccountId) -> Result<Self> {
        if account != self.account && self.role != Role::Operator {
            return Err(Error::forbidden(
                "only an operator may act in another account",
            ));
        }
        Ok(Self {
            account,
            ..self.clone()
        })
    }

    /// The account that the caller acts in: the key's own, or the one that an operator named.
    pub fn account(&self) -> AccountId {
        self.account
    }

    /// The role of the key.
    pub fn role(&self) -> Role {
        self.role
    }

    /// The key.
    pub fn key(&self) -> KeyId {
        self.key
    }

    /// The time from which on the key is not valid any more.
    pub fn expires_at(&self) -> Option<DateTime<Utc>> {
        self.expires_at
    }

    /// Whether the caller is an operator, in any account.
    pub fn is_operator(&self) -> bool {
        self.role == Role::Operator
    }

    /// Whether the caller is an operator that acts in its own account, and so for the platform, not for a customer.
    pub fn acts_for_platform(&self) -> bool {
        self.is_operator() && self.account == self.home
    }

    /// Whether the caller may read the own words of outside systems that failed: administrators, owners and operators.
    pub fn may_read_details(&self) -> bool {
        self.role >= Role::Admin
    }

    /// The permission for an operation; `FORBIDDEN` when the caller's role does not allow it.
    pub fn authorize(&self, operation: Operation) -> Result<Permission> {
        let needed = operation.least_role();
        if self.role >= needed {
            return Ok(Permission {
                account: self.account,
                key: self.key,
                operation,
            });
        }
        Err(Error::forbidden(format!(
            "{} needs the role {} or above, this key is {}",
            operation.name(),
            needed.name(),
            self.role.name()
        )))
    }
}

/// The proof that a caller may perform an operation in an account. Only [`Actor::authorize`] makes one. A service that
/// acts for a caller reaches no row without it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Permission {
    account: AccountId,
    key: KeyId,
    operation: Operation,
}

impl Permission {
    /// The account whose rows the operation may touch.
    pub fn account(self) -> AccountId {
        self.account
    }

    /// The caller's key.
    pub fn key(self) -> KeyId {
        self.key
    }

    /// The operation.
    pub fn operation(self) -> Operation {
        self.operation
    }
}
