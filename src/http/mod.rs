//! The HTTP boundary: `/graphql` over every transport, the MCP servers, the pages, the probes, and how the server starts and stops.
//!
//! A request's way: [`serve()`] accepts the connection, if there are [`places`] → [`request_id`] names it → [`admission`]
//! counts it → [`origin`] turns foreign pages away → [`admission`] finds out whose key it shows → the transport ([`post`], [`get`], [`websocket`]) reads it → [`gate`] lets it through (persisted operation, tokens,
//! parse, [`document`] guard) and runs it → [`reply`], [`sse`] or [`multipart`] writes it. One more transport is one more
//! file that ends in [`gate`]; nothing reaches the schema around it. [`mcp`] is a boundary of its own beside it.

mod address;
mod admission;
mod answer;
mod assets;
mod body;
mod caller;
mod document;
mod error;
mod failure_log;
mod gate;
mod get;
mod health;
mod json;
mod life;
mod lingering;
mod mcp;
mod multipart;
mod negotiate;
mod origin;
mod overload;
mod params;
mod persisted;
mod places;
mod post;
mod protection;
mod rates;
mod refusal;
mod reply;
mod request_id;
mod revocation;
mod serve;
mod sessions;
mod sse;
mod steps;
mod usage;
mod websocket;

use std::sync::Arc;

use axum::{Router, middleware, routing};
use tokio_util::{sync::CancellationToken, task::TaskTracker};

use crate::{
    config::HttpConfig,
    error::Result,
    graphql::Api,
    port::{Cache, Clock},
    service::{Access, Services},
};

pub use health::{Check, Health};
pub use revocation::heed_revocations;
pub use serve::{Shutdown, serve};
pub use sessions::Sessions;

use self::{
    failure_log::FailureLog,
    gate::{Gate, GateParts},
    mcp::McpSessions,
    rates::Rates,
};

/// What the HTTP boundary is made of.
pub struct HttpParts {
    /// The schema.
    pub api: Api,
    /// Who is asking.
    pub access: Arc<Access>,
    /// The use cases that the MCP servers offer.
    pub services: Arc<Services>,
    /// The register of open sockets and streams; the service that revokes keys has it too.
    pub sessions: Sessions,
    /// Where persisted operations are remembered.
    pub cache: Arc<dyn Cache>,
    /// Its limits.
    pub config: HttpConfig,
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// Where connections, sockets and mutations run; [`serve()`] waits until it is empty.
    pub tasks: TaskTracker,
    /// What `/readyz` asks.
    pub checks: Vec<Check>,
}

/// The HTTP boundary, as its handlers share it.
#[derive(Clone)]
pub struct HttpState(Arc<Shared>);

struct Shared {
    gate: Gate,
    access: Arc<Access>,
    services: Arc<Services>,
    sessions: Sessions,
    mcp: McpSessions,
    rates: Rates,
    failures: Arc<FailureLog>,
    config: HttpConfig,
    clock: Arc<dyn Clock>,
    tasks: TaskTracker,
    checks: Vec<Check>,
    /// We are going: not ready any more, everything else as before.
    draining: CancellationToken,
    /// We are gone: sockets and streams end now.
    closing: CancellationToken,
}

impl HttpState {
    /// Reads the schema, so that the gate knows its lists.
    pub fn new(parts: HttpParts) -> Result<Self> {
        let failures = Arc::new(FailureLog::default());
        let gate = Gate::new(GateParts {
            api: parts.api,
            config: &parts.config,
            cache: parts.cache,
            tasks: parts.tasks.clone(),
            failures: Arc::clone(&failures),
        })?;
        Ok(Self(Arc::new(Shared {
            gate,
            mcp: McpSessions::new(&parts.config.mcp),
            rates: Rates::new(&parts.config.rate),
            failures,
            access: parts.access,
            services: parts.services,
            sessions: parts.sessions,
            config: parts.config,
            clock: parts.clock,
            tasks: parts.tasks,
            checks: parts.checks,
            draining: CancellationToken::new(),
            closing: CancellationToken::new(),
        })))
    }

    fn gate(&self) -> &Gate {
        &self.0.gate
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

    fn sessions(&self) -> &Sessions {
        &self.0.sessions
    }

    fn rates(&self) -> &Rates {
        &self.0.rates
    }

    fn failures(&self) -> &FailureLog {
        &self.0.failures
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

    fn checks(&self) -> &[Check] {
        &self.0.checks
    }

    fn draining(&self) -> &CancellationToken {
        &self.0.draining
    }

    fn closing(&self) -> &CancellationToken {
        &self.0.closing
    }
}

/// Every route.
pub fn router(state: HttpState) -> Router {
    let graphql = routing::get(get::handle)
        .post(post::handle)
        .fallback(post::wrong_method)
        .layer(middleware::from_fn_with_state(
            state.clone(),
            admission::identify,
        ))
        .layer(middleware::from_fn_with_state(state.clone(), origin::check));
    Router::new()
        .route("/graphql", graphql)
        .merge(mcp::routes(&state))
        .route("/graphiql", routing::get(assets::graphiql))
        .route("/assets/{*path}", routing::get(assets::asset))
        .route("/healthz", routing::get(health::live))
        .route("/readyz", routing::get(health::ready))
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
