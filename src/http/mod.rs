//! The HTTP boundary: `/graphql` over every transport, the MCP servers, the pages, the health probes, and the server's
//! start and shutdown.
//!
//! The path of a request: [`serve()`] accepts the connection if [`connection_slots`] has a free slot → [`request_id`]
//! assigns an id → [`admission`] counts the request by its address → [`origin`] refuses pages of foreign origins →
//! [`admission`] authenticates the key → the transport ([`post`], [`get`], [`websocket`]) reads the request →
//! [`executor`] admits it (persisted operation, tokens, parse, [`document`] guard) and executes it → [`reply`], [`sse`]
//! or [`multipart`] writes the response. A further transport is one more file that ends in [`executor`]: no other code
//! passes a request to the schema. [`rest`] executes documents of its own in this way. [`mcp`] is a separate boundary beside it.

mod address;
mod admission;
mod assets;
mod body;
mod caller;
mod connection_slots;
mod document;
mod error;
mod executor;
mod export;
mod failure_log;
mod get;
mod health;
mod home;
mod json;
mod lifetime;
mod lingering;
mod mcp;
mod metrics;
mod multipart;
mod negotiate;
mod open_connections;
mod operation;
mod operation_result;
mod origin;
mod overload;
mod params;
mod persisted;
mod post;
mod probes;
mod protection;
mod rates;
mod refusal;
mod refused_origins;
mod reply;
mod request_id;
mod requester;
mod rest;
mod revocation;
mod serve;
mod sse;
mod steps;
mod upload;
mod usage;
mod websocket;

use std::sync::Arc;

use axum::{Router, middleware, routing};
use tokio_util::{sync::CancellationToken, task::TaskTracker};

use crate::{
    config::HttpConfig,
    error::Result,
    graphql::Api,
    metrics::HttpMetrics,
    port::{Cache, Clock, OperationChecker},
    service::{Access, Services},
};

pub use health::{Health, HealthCheck};
pub use open_connections::OpenConnections;
pub use probes::{Probes, serve_probes};
pub use revocation::RevocationTask;
pub use serve::{Shutdown, serve};

use self::{
    document::RegistrationCheck,
    executor::{RequestExecutor, RequestExecutorParts},
    failure_log::FailureLog,
    mcp::McpSessions,
    rates::Rates,
    refused_origins::RefusedOrigins,
    upload::Uploads,
};

/// The dependencies of the HTTP boundary.
pub struct HttpParts {
    /// The GraphQL schema.
    pub api: Api,
    /// Authenticates API keys.
    pub access: Arc<Access>,
    /// The use cases that the MCP servers offer.
    pub services: Arc<Services>,
    /// The register of open sockets and streams; shared with the service that revokes keys.
    pub sessions: OpenConnections,
    /// The cache of persisted operations.
    pub cache: Arc<dyn Cache>,
    /// The limits of the boundary.
    pub config: HttpConfig,
    /// The maximum size of the files of a request, in bytes: that of a document.
    pub largest_upload: usize,
    /// The source of the current time.
    pub clock: Arc<dyn Clock>,
    /// The tracker of connections, sockets and mutations; [`serve()`] waits until it is empty.
    pub tasks: TaskTracker,
    /// The probes.
    pub probes: Probes,
    /// Where the probes are answered, which the API's port has to know.
    pub probe_port: ProbePort,
    /// The counts of requests and operations.
    pub metrics: Arc<HttpMetrics>,
}

/// The port on which the probes are answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ProbePort {
    /// The port of the API.
    Shared,
    /// A port of their own: the API's port answers no `/metrics`.
    Own,
}

/// The state of the HTTP boundary, shared by its handlers.
#[derive(Clone)]
pub struct HttpState(Arc<HttpStateInner>);

struct HttpStateInner {
    executor: RequestExecutor,
    access: Arc<Access>,
    services: Arc<Services>,
    sessions: OpenConnections,
    mcp: McpSessions,
    rates: Rates,
    uploads: Uploads,
    failures: Arc<FailureLog>,
    refused_origins: RefusedOrigins,
    config: HttpConfig,
    clock: Arc<dyn Clock>,
    tasks: TaskTracker,
    probes: Probes,
    probe_port: ProbePort,
    metrics: Arc<HttpMetrics>,
}

impl HttpState {
    /// Creates the state; parses the schema for the document guard.
    pub fn new(parts: HttpParts) -> Result<Self> {
        let failures = Arc::new(FailureLog::default());
        let executor = RequestExecutor::new(RequestExecutorParts {
            api: parts.api,
            config: &parts.config,
            cache: parts.cache,
            operations: parts.services.operation_sets.clone(),
            tasks: parts.tasks.clone(),
            failures: Arc::clone(&failures),
            metrics: Arc::clone(&parts.metrics),
        })?;
        Ok(Self(Arc::new(HttpStateInner {
            executor,
            mcp: McpSessions::new(&parts.config.mcp),
            rates: Rates::new(&parts.config.rate),
            uploads: Uploads::new(parts.largest_upload),
            failures,
            refused_origins: RefusedOrigins::default(),
            access: parts.access,
            services: parts.services,
            sessions: parts.sessions,
            config: parts.config,
            clock: parts.clock,
            tasks: parts.tasks,
            probes: parts.probes,
            probe_port: parts.probe_port,
            metrics: parts.metrics,
        })))
    }

    fn executor(&self) -> &RequestExecutor {
        &self.0.executor
    }

    fn access(&self) -> &Access {
        &self.0.access
    }

    fn services(&self) -> &Arc<Services> {
        &self.0.services
    }

    fn mcp(&self) -> &McpSessions {
        &self.0.mcp
    }

    fn sessions(&self) -> &OpenConnections {
        &self.0.sessions
    }

    fn rates(&self) -> &Rates {
        &self.0.rates
    }

    fn uploads(&self) -> &Uploads {
        &self.0.uploads
    }

    fn failures(&self) -> &FailureLog {
        &self.0.failures
    }

    fn refused_origins(&self) -> &RefusedOrigins {
        &self.0.refused_origins
    }

    fn config(&self) -> &HttpConfig {
        &self.0.config
    }

    fn clock(&self) -> &dyn Clock {
        &*self.0.clock
    }

    fn tasks(&self) -> &TaskTracker {
        &self.0.tasks
    }

    fn probes(&self) -> &Probes {
        &self.0.probes
    }

    fn metrics(&self) -> &HttpMetrics {
        &self.0.metrics
    }

    /// Cancelled at the start of a shutdown: the process is not ready any more, but still serves.
    fn draining(&self) -> &CancellationToken {
        self.0.probes.draining()
    }

    fn closing(&self) -> &CancellationToken {
        &self.0.services.closing
    }
}

/// The checker of the operations that accounts register for their end users.
pub fn operation_checker(config: &HttpConfig) -> Arc<dyn OperationChecker> {
    Arc::new(RegistrationCheck::new(config.document.clone()))
}

/// Builds the router with every route.
pub fn router(state: HttpState) -> Router {
    let graphql = routing::get(get::handle)
        .post(post::handle)
        .fallback(post::wrong_method)
        .layer(middleware::from_fn_with_state(
            state.clone(),
            admission::identify,
        ))
        .layer(middleware::from_fn_with_state(state.clone(), origin::check));
    let schema = routing::get(home::schema)
        .layer(middleware::from_fn_with_state(
            state.clone(),
            admission::identify,
        ))
        .layer(middleware::from_fn_with_state(state.clone(), origin::check));
    let documents = routing::post(upload::ingest)
        .layer(middleware::from_fn_with_state(
            state.clone(),
            admission::identify,
        ))
        .layer(middleware::from_fn_with_state(state.clone(), origin::check));
    let router = Router::new()
        .route("/", routing::get(home::page))
        .route("/graphql", graphql)
        .route(upload::PATH, documents)
        .route("/schema.graphql", schema)
        .route(
            &format!("{}{{token}}", export::PATH),
            routing::get(export::download),
        )
        .merge(mcp::routes(&state))
        .merge(rest::routes(&state))
        .route("/console", routing::get(assets::console_path))
        .route("/console/{*path}", routing::get(assets::console_path))
        .route("/graphiql", routing::get(assets::graphiql))
        .route("/assets/{*path}", routing::get(assets::asset))
        .route(admission::HEALTH_PATH, routing::get(health::live))
        .route("/readyz", routing::get(health::ready));
    let router = match state.0.probe_port {
        ProbePort::Shared => router.route("/metrics", routing::get(metrics::measure)),
        ProbePort::Own => router,
    };
    router
        .layer(middleware::from_fn_with_state(
            state.clone(),
            admission::limit,
        ))
        .layer(middleware::from_fn(protection::protect))
        .layer(middleware::from_fn_with_state(
            state.clone(),
            request_id::identify,
        ))
        .with_state(state)
}
