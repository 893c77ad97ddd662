//! External MCP servers: streamable HTTP in both generations of the protocol, and tools over plain HTTP.
//!
//! All requests go through the egress guard of `adapter/web`. A request carries the server's own token and no secret of
//! this platform. A stateful server also receives the account and the agent, and no two agents share a session there.
//! Responses are limited in bytes and time. Failures, rate and concurrency are counted per server, so that one server
//! does not affect another.
//!
//! Source of the message formats: the MCP specification, revisions 2025-11-25 and 2026-07-28, "Transports" and "Tools".

mod action;
mod answer;
mod attempts;
mod bounded;
mod circuit_breaker;
mod connection;
mod definitions;
mod failure;
mod http;
mod limits;
mod listener;
mod sessions;
#[cfg(test)]
mod tests;

use std::sync::Arc;

use async_trait::async_trait;
use reqwest::{
    Client,
    header::{AUTHORIZATION, HeaderMap, HeaderName, HeaderValue},
};
use tokio_util::{
    sync::{CancellationToken, DropGuard},
    task::TaskTracker,
};
use url::Url;

pub use self::limits::McpLimits;
use self::{
    attempts::repeated,
    circuit_breaker::CircuitBreakers,
    connection::Connection,
    failure::CallFailure,
    http::GuardedHttp,
    sessions::{McpSessions, SessionKey},
};
use crate::{
    adapter::web::{Egress, EgressTimeouts},
    domain::{McpServerId, McpTransport, ToolDefinition},
    error::{Error, Result},
    port::{
        RequestSecret, ToolAnswer, ToolEndpoint, ToolFailure, ToolHealth, ToolHost, ToolRequest,
    },
};

/// The input field that a problem with the address is reported for.
const FIELD: &str = "endpointUrl";
/// The header with the account of a call, sent to a stateful server.
const ACCOUNT: HeaderName = HeaderName::from_static("x-account-id");
/// The header with the calling agent, sent to a stateful server.
const AGENT: HeaderName = HeaderName::from_static("x-agent-instance-id");

/// Calls tools on external servers.
pub struct McpToolHost {
    egress: Egress,
    limits: McpLimits,
    gates: CircuitBreakers,
    sessions: Arc<McpSessions>,
    tasks: TaskTracker,
    /// Ends the sessions when the host is dropped.
    _ended: DropGuard,
}

impl McpToolHost {
    /// Creates a host that reaches only what `egress` allows. Work that remains after a call has ended runs as tasks of
    /// `tasks`; the last of them ends soon after the host is dropped.
    pub fn new(egress: &Egress, limits: McpLimits, tasks: TaskTracker) -> Result<Self> {
        let ended = CancellationToken::new();
        Ok(Self {
            // a tool may take longer than a web page, and every call has a deadline
            egress: egress.with_timeouts(EgressTimeouts {
                connect: limits.connect,
                silence: None,
            })?,
            limits,
            gates: CircuitBreakers::new(limits),
            sessions: Arc::new(McpSessions::new(limits, tasks.clone(), ended.clone())),
            tasks,
            _ended: ended.drop_guard(),
        })
    }

    fn checked(&self, field: &str, url: &str, sent: RequestSecret) -> Result<Url> {
        match sent {
            RequestSecret::NoSecret => self.egress.check(field, url),
            RequestSecret::Token => self.egress.check_for_secret(field, url),
        }
    }

    fn client(&self, url: &Url, endpoint: &ToolEndpoint) -> &Client {
        match sent_to(endpoint) {
            RequestSecret::NoSecret => self.egress.client(url),
            RequestSecret::Token => self.egress.client_for_secret(url),
        }
    }

    async fn call_once(
        &self,
        url: &Url,
        endpoint: &ToolEndpoint,
        request: &ToolRequest,
    ) -> Result<ToolAnswer, CallFailure> {
        match endpoint.transport {
            McpTransport::StreamableHttp => {
                let whose = SessionKey::of(endpoint);
                let opened = self.sessions.get(&whose, self.open(url, endpoint));
                // waiting for a connection that another call opens has the same timeout as opening one
                let connection = tokio::time::timeout(self.limits.list, opened)
                    .await
                    .unwrap_or_else(|_| {
                        Err(CallFailure::silent(self.limits.list).before_the_call())
                    })?;
                connection.call(request, &self.tasks).await
            }
            McpTransport::ActionHttp => {
                let client = self.client(url, endpoint);
                action::call(client, headers(endpoint)?, url, request, &self.limits).await
            }
            McpTransport::BuiltIn => Err(misplaced()),
        }
    }

    async fn list_once(
        &self,
        url: &Url,
        endpoint: &ToolEndpoint,
    ) -> Result<Vec<ToolDefinition>, CallFailure> {
        let opened = self.open(url, endpoint);
        let connection = match endpoint.agent {
            // list in the agent's own session, which is the one that its calls use
            Some(_) => self.sessions.get(&SessionKey::of(endpoint), opened).await?,
            None => Arc::new(opened.await?),
        };
        definitions::list(&connection, &self.limits).await
    }

    async fn open(&self, url: &Url, endpoint: &ToolEndpoint) -> Result<Connection, CallFailure> {
        let http = GuardedHttp {
            client: self.client(url, endpoint).clone(),
            headers: headers(endpoint)?,
            largest_answer: self.limits.largest_answer,
        };
        Connection::open(http, url.as_str(), self.limits).await
    }
}

#[async_trait]
impl ToolHost for McpToolHost {
    fn check(&self, field: &str, url: &str, sent: RequestSecret) -> Result<()> {
        self.checked(field, url, sent).map(drop)
    }

    async fn list(&self, endpoint: &ToolEndpoint) -> Result<Vec<ToolDefinition>> {
        let url = self.checked(FIELD, &endpoint.url, sent_to(endpoint))?;
        match endpoint.transport {
            McpTransport::StreamableHttp => {}
            McpTransport::ActionHttp => {
                return Err(Error::unavailable(
                    "a server that is spoken to as ACTION_HTTP cannot be asked for its tools; name them when it is registered",
                ));
            }
            McpTransport::BuiltIn => return Err(misplaced().into_error()),
        }
        let turn = self.gates.of(endpoint.server).enter_to_look().await;
        let turn = turn.map_err(CallFailure::into_error)?;
        let listed = repeated(&self.limits, true, || self.list_once(&url, endpoint));
        let listed = tokio::time::timeout(self.limits.list, listed)
            .await
            .unwrap_or_else(|_| Err(CallFailure::silent(self.limits.list)));
        turn.ended(listed.as_ref().err());
        listed.map_err(CallFailure::into_error)
    }

    async fn call(
        &self,
        endpoint: &ToolEndpoint,
        request: ToolRequest,
    ) -> Result<ToolAnswer, ToolFailure> {
        let url = self.checked(FIELD, &endpoint.url, sent_to(endpoint));
        let url = url.map_err(ToolFailure::not_made)?;
        let turn = self.gates.of(endpoint.server).enter().await?;
        let called = repeated(&self.limits, request.may_repeat, || {
            self.call_once(&url, endpoint, &request)
        });
        let total = self.limits.call_total;
        let called = tokio::time::timeout(total, called)
            .await
            .unwrap_or_else(|_| Err(CallFailure::silent(total)));
        turn.ended(called.as_ref().err());
        Ok(called?)
    }

    fn health(&self, server: McpServerId) -> ToolHealth {
        self.gates.health(server)
    }

    async fn forget(&self, server: McpServerId) {
        self.gates.forget(server);
        self.sessions.forget(server);
    }
}

fn sent_to(endpoint: &ToolEndpoint) -> RequestSecret {
    RequestSecret::of(endpoint.token.as_ref())
}

/// The headers of every request to an endpoint: the token, and for a stateful server the account and the agent.
fn headers(endpoint: &ToolEndpoint) -> Result<HeaderMap, CallFailure> {
    let mut headers = HeaderMap::new();
    let mut put = |name: HeaderName, text: String, is_secret: bool| {
        let mut value = HeaderValue::from_str(&text).map_err(|_| {
            CallFailure::unusable(
                "the token for the tool's server has characters that cannot be sent; give it one of printable ASCII",
            )
        })?;
        value.set_sensitive(is_secret);
        headers.insert(name, value);
        Ok::<(), CallFailure>(())
    };
    if let Some(token) = &endpoint.token {
        put(AUTHORIZATION, format!("Bearer {}", token.reveal()), true)?;
    }
    if !endpoint.stateless {
        put(ACCOUNT, endpoint.account.to_string(), false)?;
        if let Some(agent) = endpoint.agent {
            put(AGENT, agent.to_string(), false)?;
        }
    }
    Ok(headers)
}

/// The error for a built-in server, which is never called over the network.
fn misplaced() -> CallFailure {
    CallFailure::not_made(Error::internal("asking a built-in server over the network"))
}
