//! Tokens of identity providers: which one it is, whom it names, and what revokes it.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use crate::domain::{AccountId, AgentId, EndUser, EndUserId, IdentityProviderId, SessionLimits};

/// A token of an identity provider whose signature was verified, as authentication needs it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EndUserToken {
    /// Which token it is.
    pub id: TokenId,
    /// The account that registered the provider.
    pub account: AccountId,
    /// The end user.
    pub end_user: EndUser,
    /// The agents that the end user may talk to; none for every active agent.
    pub agents: Option<Vec<AgentId>>,
    /// What may be spent with it.
    pub limits: SessionLimits,
    /// The time from which on the token is not valid any more.
    pub expires_at: DateTime<Utc>,
}

/// Identifies a token of an identity provider.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct TokenId {
    /// The provider that issued it.
    pub provider: IdentityProviderId,
    /// The end user.
    pub end_user: EndUserId,
    /// The time of the issue; none when the token does not name it.
    pub issued_at: Option<DateTime<Utc>>,
    /// The SHA-256 of the token.
    pub hash: [u8; 32],
}

/// The revocation of tokens of identity providers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum TokenRevocation {
    /// Those of an end user that were issued before `valid_from`.
    OfEndUser {
        /// The end user.
        end_user: EndUserId,
        /// The time of the revocation.
        valid_from: DateTime<Utc>,
    },
    /// Those of a provider that was removed.
    OfProvider(IdentityProviderId),
}

impl TokenRevocation {
    /// Whether it revokes this token. A token that does not name the time of its issue counts as issued before.
    pub fn covers(&self, token: &TokenId) -> bool {
        match self {
            Self::OfEndUser {
                end_user,
                valid_from,
            } => *end_user == token.end_user && token.is_issued_before(*valid_from),
            Self::OfProvider(provider) => *provider == token.provider,
        }
    }
}

impl TokenId {
    /// Whether it was issued before this time, or does not name the time of its issue.
    pub fn is_issued_before(&self, time: DateTime<Utc>) -> bool {
        self.issued_at.is_none_or(|at| at < time)
    }
}
