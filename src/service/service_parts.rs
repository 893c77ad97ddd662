//! What the services are composed from.

use std::sync::Arc;

use serde_json::{Map, Value};
use tokio_util::{sync::CancellationToken, task::TaskTracker};

use super::{Access, Limits};
use crate::{
    engine::{Engine, Feed},
    knowledge::Knowledge,
    live::Live,
    metrics::HttpMetrics,
    port::{
        Announcements, Clock, JobQueue, OperationChecker, RateLimiter, TokenVerifier, ToolHost,
        Vault, WebhookSender,
    },
    routing::Router,
    schema_checker::SchemaChecker,
    store::Store,
    toolbox::Toolbox,
};

/// The dependencies of the services.
pub struct ServiceParts {
    /// Authentication.
    pub access: Access,
    /// The tables.
    pub store: Store,
    /// The events of runs.
    pub feed: Feed,
    /// The runner of runs.
    pub engine: Engine,
    /// The knowledge of agents.
    pub knowledge: Knowledge,
    /// The ranking of agents by their skills.
    pub router: Router,
    /// The checker of operations to register.
    pub operations: Arc<dyn OperationChecker>,
    /// The verifier of identity providers' tokens.
    pub verifier: Arc<dyn TokenVerifier>,
    /// The client of tool servers.
    pub tools: Arc<dyn ToolHost>,
    /// The vault that seals the tokens of MCP servers.
    pub vault: Arc<dyn Vault>,
    /// Sends deliveries to webhooks.
    pub webhooks: Arc<dyn WebhookSender>,
    /// The built-in MCP servers.
    pub toolbox: Toolbox,
    /// The checker of settings, contexts and tools against JSON Schemas.
    pub schemas: SchemaChecker,
    /// The queue of background work, shared by all processes.
    pub queue: Arc<dyn JobQueue>,
    /// The announcements of changes to all processes.
    pub announcements: Arc<dyn Announcements>,
    /// The rate limiter, which counts the messages and tool calls of each account.
    pub limiter: Arc<dyn RateLimiter>,
    /// The limits of one account.
    pub limits: Live<Limits>,
    /// The source of the current time.
    pub clock: Arc<dyn Clock>,
    /// The settings of `app.yaml` for all agents.
    pub app_settings: Live<Map<String, Value>>,
    /// The counts of requests and sessions.
    pub metrics: Arc<HttpMetrics>,
    /// The tracker of every task of the process.
    pub tracker: TaskTracker,
    /// Cancelled in the second step of a shutdown: sockets and streams end now.
    pub closing: CancellationToken,
}
