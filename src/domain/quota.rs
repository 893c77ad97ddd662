//! Quotas: how much one account may hold, by its tier, and the sentence that refuses more.

use std::time::Duration;

use crate::{
    domain::AccountTier,
    error::{Error, Result},
};

/// A waiting document is read within about this time, so a refusal for that reason says when to come back.
const WAITING_RETRY: Duration = Duration::from_secs(30);

/// The quotas of every tier.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Quotas {
    /// Those of `ENTRY`.
    pub entry: TierQuotas,
    /// Those of `STANDARD`.
    pub standard: TierQuotas,
    /// Those of `PREMIUM`.
    pub premium: TierQuotas,
}

/// How much an account of one tier may hold. An account that holds more already keeps it, and cannot add to it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TierQuotas {
    /// Documents of all its agents.
    pub documents: u64,
    /// Contents of these documents as they were given or fetched, in MiB.
    pub document_mib: u64,
    /// Documents that wait to be read or are being read.
    pub documents_waiting: u64,
    /// Agents, whatever their status.
    pub agents: u64,
    /// API keys that are neither revoked nor expired.
    pub api_keys: u64,
    /// MCP servers that the account has registered.
    pub mcp_servers: u64,
    /// Sockets (WebSocket) at the same time, in each process, of all its keys.
    pub sockets: u64,
    /// Streams over SSE and multipart, and requests to `/mcp/…`, at the same time, in each process, of all its keys.
    pub streams: u64,
    /// MCP sessions at the same time, in each process, of all its keys.
    pub mcp_sessions: u64,
}

/// What is counted against a quota in the tables.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Resource {
    /// Documents.
    Documents,
    /// Bytes of documents' contents.
    DocumentBytes,
    /// Documents that wait or are being read.
    WaitingDocuments,
    /// Agents.
    Agents,
    /// Live API keys.
    ApiKeys,
    /// Registered MCP servers.
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
    /// How much of a resource may be held.
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

    /// `QUOTA_EXCEEDED` when `more` of a resource beside the `used` ones would be too much.
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
    fn the_last_one_fits_and_the_next_is_refused_with_the_figures() {
        assert!(quotas().check(Resource::Documents, 499, 1).is_ok());
        let refused = quotas().check(Resource::Documents, 500, 1).unwrap_err();
        assert_eq!(*refused.kind(), Kind::QuotaExceeded(None));
        assert_eq!(
            refused.message(),
            "documents: 500 of 500 used; delete some, or ask for a larger tier"
        );
    }

    #[test]
    fn bytes_say_how_many_are_missing() {
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
    fn what_adds_nothing_is_let_through_however_much_is_used() {
        assert!(quotas().check(Resource::Agents, 1_000_000, 0).is_ok());
        assert!(quotas().check(Resource::Agents, u64::MAX, 1).is_err());
    }
}
