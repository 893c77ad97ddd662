//! The database: domain types in, domain types out. It is the only module that names `entity`.
//!
//! [`Store::tenant`] is the only way to a tenant's rows: it returns a [`TenantStore`] whose every query is already
//! narrowed to its account, and `scoped.rs` is the only file that may begin a query. What belongs to no single account
//! (the list of accounts, templates, keys by their hash, due work) is in [`Store::platform`].
//!
//! To add a noun:
//! 1. the entity in `entity/`, the table in `migration/` (a tenant's table through `tenant_table`);
//! 2. a line in the list of `scoped.rs` that names its account column; without it no query compiles;
//! 3. `store/<noun>.rs`: `impl TenantStore` with the queries that services need, in the domain's words; then the
//!    conversion of the row, in both directions. Reads go to `database.primary()`, lists that may lag to
//!    `database.replica()`, a single write to `database.writer()`, several to `database.begin()`, pages through
//!    `page.rs`;
//! 4. ids and times come from the caller and are written as given;
//! 5. `tests/<noun>.rs`, on every database, and a line in `tests/isolation.rs`: another account sees none of it.

mod account;
mod account_deletion;
mod account_event;
mod account_turns;
mod activity;
mod agent;
mod api_key;
mod audit;
mod budget;
mod compaction;
mod connection;
mod contact;
mod conversation;
mod conversation_context;
mod conversation_list;
mod database_health;
mod deal;
mod diagnosis;
mod document;
mod embedded_vectors;
mod end_user;
mod erasure;
mod error;
mod event;
mod event_row;
mod export;
mod fold;
mod handoff;
mod handoff_flow;
mod handoff_row;
mod health_probe;
mod identity_provider;
mod job;
mod lead;
mod line;
mod mcp_server;
mod message;
mod message_source;
mod migration_check;
mod page;
mod pending_transactions;
mod persona;
mod pgvector;
mod pool_usage;
mod price_item;
mod price_list;
mod provider_key;
mod public_agent;
mod quota;
mod quote;
mod rated_answer;
mod registered_operation;
mod route_correction;
mod row;
mod row_security;
mod run;
mod run_log;
mod run_sum;
mod schema;
mod scoped;
mod sealed_value;
mod session;
mod spent_budgets;
mod sqlite_connection;
mod sqlite_files;
mod template;
#[cfg(test)]
mod tests;
mod ticket;
mod ticket_comment;
mod timed_connection;
mod token_budget;
mod tool_call;
mod tool_effect;
mod tool_grant;
mod usage;
mod vector;
mod vector_config;
mod waiting_jobs;
mod webhook;
mod worker;
mod workflow_state;

use std::{fmt, sync::Arc};

use moka::future::Cache;

pub use account::{AccountHoldings, MessageAccount, OperatorTerms};
pub use budget::NewHold;
pub use connection::StoreOptions;
pub use document::{DocumentWork, KnowledgeSize, NewDocument, ServeOutcome, SplitContent};
pub use embedded_vectors::EmbeddedVectors;
pub use end_user::NotedConsent;
pub use erasure::ErasureStart;
pub use error::is_busy;
pub use export::{ExportPage, ExportPart, ExportPosition};
pub use handoff_flow::HandoffCount;
pub use identity_provider::TokenHolder;
pub use job::{JobOutcome, Worker};
pub use mcp_server::{GrantedTools, WriteServerOutcome};
pub use migration_check::{MigrationEffect, TableLock};
pub use pgvector::PgVectors;
pub use pool_usage::PoolUsage;
pub use registered_operation::OperationQuota;
pub use run::{
    Accepted, AttemptCount, AttemptEnd, Branch, Claimant, NewExchange, RunOutcome, Sender,
    TargetConversation, WaitingRuns,
};
pub use run_log::TableRunLog;
pub use session::SessionChoice;
pub use spent_budgets::SpentBudgets;
pub use sqlite_files::private_folder;
pub use token_budget::{BudgetedCalls, TokenBudget};
pub use tool_call::{Decision, DecisionOutcome, RunAddress};
pub use tool_effect::ToolEffect;
pub use vector_config::BeginMoveOutcome;
pub use waiting_jobs::WaitingJobs;

use crate::{
    domain::{
        AccountId, AuditKeys, CachedServer, EndUserScope, McpServerId, Quotas, TemplateId,
        TemplateSpec,
    },
    error::Result,
    live::Live,
    store::{connection::Database, row_security::Reach},
};

/// A cache of published template versions. They never change, so each is read once. Shared by all handles: a clone of the
/// cache itself would clone its channels.
type SpecCache = Arc<Cache<TemplateId, Arc<TemplateSpec>>>;
/// A cache of MCP servers; an entry is valid while the server's row has the same version.
type ServerCache = Arc<Cache<McpServerId, Arc<CachedServer>>>;

/// The maximum number of cached template versions.
const MOST_SPECS: u64 = 1_000;
/// The maximum number of cached servers.
const MOST_SERVERS: u64 = 1_000;

/// The database. A clone shares its connections and caches.
#[derive(Clone)]
pub struct Store {
    database: Database,
    specs: SpecCache,
    servers: ServerCache,
    audit_keys: Arc<AuditKeys>,
    quotas: Live<Quotas>,
}

impl Store {
    /// Connects. `UNAVAILABLE` within seconds when the database does not answer.
    pub async fn open(options: &StoreOptions) -> Result<Self> {
        Ok(Self {
            database: Database::open(options).await?,
            specs: Arc::new(Cache::new(MOST_SPECS)),
            servers: Arc::new(Cache::new(MOST_SERVERS)),
            audit_keys: Arc::default(),
            quotas: Live::default(),
        })
    }

    /// Replaces the keys that audit logs are sealed under.
    #[must_use]
    pub fn with_audit_keys(self, keys: AuditKeys) -> Self {
        Self {
            audit_keys: Arc::new(keys),
            ..self
        }
    }

    /// Replaces the default quotas.
    #[must_use]
    pub fn with_quotas(self, quotas: Quotas) -> Self {
        Self {
            quotas: Live::new(quotas),
            ..self
        }
    }

    /// The keys that audit logs are sealed under.
    pub fn audit_keys(&self) -> &AuditKeys {
        &self.audit_keys
    }

    /// The maximum resources of accounts, by tier.
    pub fn quotas(&self) -> Arc<Quotas> {
        self.quotas.get()
    }

    /// Replaces the quotas in all handles of this store.
    pub fn set_quotas(&self, quotas: Quotas) {
        self.quotas.set(quotas);
    }

    /// The rows of one account.
    pub fn tenant(&self, account: AccountId) -> TenantStore {
        TenantStore {
            database: self.database.bound_to(Reach::Account(account)),
            known: Arc::clone(&self.servers),
            audit_keys: Arc::clone(&self.audit_keys),
            quotas: self.quotas.clone(),
            account,
            scope: None,
        }
    }

    /// The rows that belong to no single account.
    pub fn platform(&self) -> PlatformStore {
        PlatformStore {
            database: self.database.clone(),
            specs: Arc::clone(&self.specs),
            known: Arc::clone(&self.servers),
            audit_keys: Arc::clone(&self.audit_keys),
            quotas: self.quotas.clone(),
        }
    }

    /// Checks that the database answers.
    pub async fn ping(&self) -> Result<()> {
        Ok(self.database.primary().ping().await?)
    }

    /// Closes all connections, once their work is done.
    pub async fn close(self) -> Result<()> {
        self.database.close().await
    }
}

impl fmt::Debug for Store {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Store").finish_non_exhaustive()
    }
}

/// The rows of one account. An id of another account finds nothing, exactly like an id that does not exist.
#[derive(Clone)]
pub struct TenantStore {
    database: Database,
    known: ServerCache,
    audit_keys: Arc<AuditKeys>,
    quotas: Live<Quotas>,
    account: AccountId,
    /// The end user whose rows alone are seen; none for all rows of the account.
    scope: Option<Arc<EndUserScope>>,
}

impl TenantStore {
    /// The account.
    pub fn account_id(&self) -> AccountId {
        self.account
    }

    /// The rows of the account that one end user may see: every query is narrowed to them, as it is to the account.
    #[must_use]
    pub fn narrowed(self, scope: Arc<EndUserScope>) -> Self {
        let reach = Reach::EndUser(self.account, scope.end_user);
        Self {
            database: self.database.bound_to(reach),
            scope: Some(scope),
            ..self
        }
    }

    /// All rows of the account, for the work that an end user's operation causes and does not show: its audit entry, the
    /// count of what the account holds.
    pub(in crate::store) fn whole(&self) -> Self {
        Self {
            database: self.database.bound_to(Reach::Account(self.account)),
            scope: None,
            ..self.clone()
        }
    }
}

impl fmt::Debug for TenantStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TenantStore")
            .field("account", &self.account)
            .field("scope", &self.scope)
            .finish_non_exhaustive()
    }
}

/// The rows that belong to no single account: for the platform's own work, never on behalf of a tenant.
#[derive(Clone)]
pub struct PlatformStore {
    database: Database,
    specs: SpecCache,
    known: ServerCache,
    audit_keys: Arc<AuditKeys>,
    quotas: Live<Quotas>,
}

impl PlatformStore {
    /// The rows of an account, for what is written to its audit log.
    fn tenant(&self, account: AccountId) -> TenantStore {
        TenantStore {
            database: self.database.bound_to(Reach::Account(account)),
            known: Arc::clone(&self.known),
            audit_keys: Arc::clone(&self.audit_keys),
            quotas: self.quotas.clone(),
            account,
            scope: None,
        }
    }
}

impl fmt::Debug for PlatformStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PlatformStore").finish_non_exhaustive()
    }
}
