//! Quotas: the limits of what one account may have, by tier, and their error texts.

use std::time::Duration;

use crate::{
    domain::AccountTier,
    error::{Error, Result},
};

/// The approximate waiting time of a document: the `retryAfterSeconds` of a refusal because of waiting documents.
const WAITING_RETRY: Duration = Duration::from_secs(30);

/// The quotas of every tier.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Quotas {
    /// The quotas of `ENTRY`.
    pub entry: TierQuotas,
    /// The quotas of `STANDARD`.
    pub standard: TierQuotas,
    /// The quotas of `PREMIUM`.
    pub premium: TierQuotas,
}

/// The quotas of an account of one tier. An account that is over a quota keeps what it has, but cannot add more.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TierQuotas {
    /// The maximum number of documents of all agents.
    pub documents: u64,
    /// The maximum size of these documents' contents as they were given or fetched, in MiB.
    pub document_mib: u64,
    /// The maximum number of documents that wait to be read or are being read.
    pub documents_waiting: u64,
    /// The maximum number of agents of any status.
    pub agents: u64,
    /// The maximum number of API keys that are neither revoked nor expired.
    pub api_keys: u64,
    /// The maximum number of MCP servers that the account registered.
    pub mcp_servers: u64,
    /// The maximum number of concurrent WebSocket connections of all its keys, per process.
    pub sockets: u64,
    /// The maximum number of concurrent SSE and multipart streams and requests to `/mcp/…` of all its keys, per
    /// process.
    pub streams: u64,
    /// The maximum number of concurrent MCP sessions of all its keys, per process.
    pub mcp_sessions: u64,
}

/// A resource that is counted in the tables.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Resource {
    /// All documents.
    Documents,
    /// Bytes of the documents' contents.
    DocumentBytes,
    /// Documents that wait to be read or are being read.
    WaitingDocuments,
    /// Agents of any status.
    Agents,
    /// API keys that are neither revoked nor expired.
    ApiKeys,
    /// MCP servers that the account registered.
    McpServers,
}

impl Quotas {
    /// The quotas of a tier.
    pub fn of(&self, tier: AccountTier) -> &TierQuotas {
        match tier {
            AccountTier::Entry => &self.entry,
            AccountTier::Standard => &self.standard,
            AccountTier::Premium => &self.premium,
        }
    }
}

impl Default for Quotas {
    fn default() -> Self {
        let entry = TierQuotas {
            documents: 500,
            document_mib: 64,
            documents_waiting: 100,
            agents: 50,
            api_keys: 100,
            mcp_servers: 20,
            sockets: 200,
            streams: 200,
            mcp_sessions: 50,
        };
        let standard = TierQuotas {
            documents: 10_000,
            document_mib: 1_024,
            documents_waiting: 500,
            agents: 500,
            mcp_servers: 100,
            sockets: 1_000,
            streams: 1_000,
            mcp_sessions: 200,
            ..entry
        };
        let premium = TierQuotas {
            documents: 100_000,
            document_mib: 10_240,
            documents_waiting: 1_000,
            agents: 5_000,
            sockets: 5_000,
            streams: 5_000,
            mcp_sessions: 1_000,
            ..standard
        };
        Self {
            entry,
            standard,
            premium,
        }
    }
}

impl TierQuotas {
    /// The maximum of a resource, in its own unit.
    pub fn limit(&self, resource: Resource) -> u64 {
        match resource {
            Resource::Documents => self.documents,
            Resource::DocumentBytes => self.document_mib.saturating_mul(1024 * 1024),
            Resource::WaitingDocuments => self.documents_waiting,
            Resource::Agents => self.agents,
            Resource::ApiKeys => self.api_keys,
            Resource::McpServers => self.mcp_servers,
        }
    }

    /// `QUOTA_EXCEEDED` when `used` and `more` together are over the limit of the resource.
    pub fn check(&self, resource: Resource, used: u64, more: u64) -> Result<()> {
        let limit = self.limit(resource);
        if more == 0 || used.saturating_add(more) <= limit {
            return Ok(());
        }
        let needed = if more == 1 {
            String::new()
        } else {
            format!(", {more} more are needed")
        };
        let message = format!(
            "{}: {used} of {limit} used{needed}; {}, or ask for a larger tier",
            resource.name(),
            resource.advice()
        );
        let retry_after = (resource == Resource::WaitingDocuments).then_some(WAITING_RETRY);
        Err(Error::quota_exceeded(message, retry_after))
    }
}

impl Resource {
    fn name(self) -> &'static str {
        match self {
            Self::Documents => "documents",
            Self::DocumentBytes => "bytes of documents",
            Self::WaitingDocuments => "documents waiting to be read",
            Self::Agents => "agents",
            Self::ApiKeys => "live API keys",
            Self::McpServers => "MCP servers",
        }
    }

    fn advice(self) -> &'static str {
        match self {
            Self::Documents | Self::DocumentBytes | Self::Agents => "delete some",
            Self::WaitingDocuments => "wait until some are read",
            Self::ApiKeys => "revoke some",
            Self::McpServers => "remove some",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Quotas, Resource, TierQuotas};
    use crate::{domain::AccountTier, error::Kind};

    fn quotas() -> TierQuotas {
        Quotas::default().of(AccountTier::Entry).clone()
    }

    #[test]
    fn the_last_unit_of_a_quota_fits_and_the_next_is_refused_with_the_numbers() {
        assert!(quotas().check(Resource::Documents, 499, 1).is_ok());
        let refused = quotas().check(Resource::Documents, 500, 1).unwrap_err();
        assert_eq!(*refused.kind(), Kind::QuotaExceeded(None));
        assert_eq!(
            refused.message(),
            "documents: 500 of 500 used; delete some, or ask for a larger tier"
        );
    }

    #[test]
    fn a_refusal_of_bytes_names_the_missing_amount() {
        let limit = 64 * 1024 * 1024;
        assert!(
            quotas()
                .check(Resource::DocumentBytes, limit - 9, 9)
                .is_ok()
        );
        let refused = quotas().check(Resource::DocumentBytes, limit - 9, 10);
        assert_eq!(
            refused.unwrap_err().message(),
            "bytes of documents: 67108855 of 67108864 used, 10 more are needed; delete some, or ask for a larger tier"
        );
    }

    #[test]
    fn a_change_that_adds_nothing_passes_a_spent_quota() {
        assert!(quotas().check(Resource::Agents, 1_000_000, 0).is_ok());
        assert!(quotas().check(Resource::Agents, u64::MAX, 1).is_err());
    }
}
