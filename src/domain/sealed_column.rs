//! The columns that hold sealed secrets.

use uuid::Uuid;

use crate::domain::AccountId;

/// A column of sealed secrets. A secret that is stored has one: `troupe keys rotate` and the check of the keys in use go
/// through [`Self::ALL`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SealedColumn {
    /// The keys of accounts for providers of models.
    ProviderKey,
    /// The tokens of MCP servers.
    ServerToken,
    /// The tokens of agents for MCP servers.
    GrantToken,
    /// The keys of accounts to their vector stores.
    VectorStoreKey,
    /// The secrets of signatures of webhooks.
    WebhookSecret,
}

impl SealedColumn {
    /// Every column.
    pub const ALL: [Self; 5] = [
        Self::ProviderKey,
        Self::ServerToken,
        Self::GrantToken,
        Self::VectorStoreKey,
        Self::WebhookSecret,
    ];

    /// The name of the table. A secret is bound to it, so it never changes.
    pub fn table(self) -> &'static str {
        match self {
            Self::ProviderKey => "provider_keys",
            Self::ServerToken => "mcp_servers",
            Self::GrantToken => "tool_grants",
            Self::VectorStoreKey => "vector_db_configs",
            Self::WebhookSecret => "webhooks",
        }
    }

    /// The name of the column. A secret is bound to it, so it never changes.
    pub fn column(self) -> &'static str {
        match self {
            Self::ProviderKey | Self::WebhookSecret => "secret",
            Self::ServerToken | Self::GrantToken => "token",
            Self::VectorStoreKey => "connection_details",
        }
    }

    /// What the column holds, in the plural, for an operator.
    pub fn noun(self) -> &'static str {
        match self {
            Self::ProviderKey => "provider keys",
            Self::ServerToken => "tokens of MCP servers",
            Self::GrantToken => "tokens of tool grants",
            Self::VectorStoreKey => "keys of vector stores",
            Self::WebhookSecret => "secrets of webhooks",
        }
    }
}

/// A sealed secret as it is stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SealedValue {
    /// The row.
    pub row: Uuid,
    /// The account that owns the row; none for a row of the operator.
    pub account: Option<AccountId>,
    /// The sealed secret.
    pub sealed: Vec<u8>,
}

/// A sealed secret with the one that takes its place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ResealedValue {
    /// The value that was read.
    pub before: SealedValue,
    /// The same secret, sealed with another key.
    pub sealed: Vec<u8>,
}
