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
mod circuit_breaker;
mod connection;
mod definitions;
mod envelope;
mod era;
mod events;
mod failure;
mod http;
mod http_failure;
mod life_signs;
mod limits;
mod listener;
mod long_string;
mod opening;
mod redirect;
mod session_doubt;
mod sessions;
#[cfg(test)]
mod tests;
mod wire;

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
    connection::{CallAnswer, Connection},
    era::KnownEras,
    failure::CallFailure,
    http::GuardedHttp,
    life_signs::CallWatches,
    opening::Opening,
    redirect::FollowedAddress,
    session_doubt::SessionDoubt,
    sessions::{KeptConnection, McpSessions, SessionKey},
};
use crate::{
    adapter::web::{Egress, EgressOptions},
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
    breakers: CircuitBreakers,
    eras: KnownEras,
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
            egress: egress.with_options(EgressOptions {
                connect: limits.connect,
                silence: None,
            })?,
            limits,
            breakers: CircuitBreakers::new(limits),
            eras: KnownEras::default(),
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
            McpTransport::StreamableHttp => self.call_in_session(url, endpoint, request).await,
            McpTransport::ActionHttp => {
                let client = self.client(url, endpoint);
                let limits = self.limits.with_call_timeout(endpoint.call_timeout);
                action::call(client, headers(endpoint)?, url, request, &limits).await
            }
            McpTransport::BuiltIn => Err(misplaced()),
        }
    }

    /// Makes a call in the kept session. If the server does not know the session any more, the call had no effect, and
    /// it is made once more in a new one.
    async fn call_in_session(
        &self,
        url: &Url,
        endpoint: &ToolEndpoint,
        request: &ToolRequest,
    ) -> Result<ToolAnswer, CallFailure> {
        let key = SessionKey::of(endpoint);
        let silence = self.limits.with_call_timeout(endpoint.call_timeout).call;
        let kept = self.connect(&key, url, endpoint).await?;
        let called = kept.connection.call(request, silence, &self.tasks).await;
        let doubt = doubt_of(&called);
        let called = if !kept.is_new && kept.connection.is_forgotten(doubt).await {
            self.sessions.discard(&key, &kept.connection).await;
            let fresh = self.connect(&key, url, endpoint).await?;
            let called = fresh.connection.call(request, silence, &self.tasks).await;
            if doubt_of(&called) == SessionDoubt::Refused {
                self.sessions.discard(&key, &fresh.connection).await;
            }
            called
        } else {
            called
        };
        called.map(|called| called.answer)
    }

    async fn connect(
        &self,
        key: &SessionKey,
        url: &Url,
        endpoint: &ToolEndpoint,
    ) -> Result<KeptConnection, CallFailure> {
        let opened = self.sessions.get(key, self.open(url, endpoint));
        // waiting for a connection that another call opens has the same timeout as opening one
        tokio::time::timeout(self.limits.list, opened)
            .await
            .unwrap_or_else(|_| Err(CallFailure::silent(self.limits.list).before_the_call()))
    }

    async fn list_once(
        &self,
        url: &Url,
        endpoint: &ToolEndpoint,
    ) -> Result<Vec<ToolDefinition>, CallFailure> {
        if endpoint.agent.is_none() {
            let connection = self.open(url, endpoint).await?;
            return definitions::list(&connection, &self.limits).await;
        }
        // list in the agent's own session, which is the one that its calls use
        let key = SessionKey::of(endpoint);
        let kept = self.sessions.get(&key, self.open(url, endpoint)).await?;
        match definitions::list(&kept.connection, &self.limits).await {
            // a listing has no effect, so a kept session that fails it is given up, whatever the reason
            Err(_) if !kept.is_new => {
                self.sessions.discard(&key, &kept.connection).await;
                let fresh = self.sessions.get(&key, self.open(url, endpoint)).await?;
                definitions::list(&fresh.connection, &self.limits).await
            }
            listed => listed,
        }
    }

    async fn open(&self, url: &Url, endpoint: &ToolEndpoint) -> Result<Connection, CallFailure> {
        let http = GuardedHttp {
            client: self.client(url, endpoint).clone(),
            headers: headers(endpoint)?,
            limits: self.limits,
            watches: CallWatches::default(),
            followed: FollowedAddress::default(),
            leaves_sessions: Arc::default(),
        };
        let opening = Opening {
            http,
            url: url.as_str(),
            known: self.eras.get(endpoint),
        };
        let opened = opening.open().await;
        // a server that cannot be connected to may be another one next time
        let era = opened.as_ref().ok().map(|(_, era)| *era);
        self.eras.set(endpoint, era);
        opened.map(|(connection, _)| connection)
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
        let breaker = self.breakers.of_server(endpoint.server);
        let permit = breaker.permit_listing().await;
        let permit = permit.map_err(CallFailure::into_error)?;
        let listed = repeated(&self.limits, true, || self.list_once(&url, endpoint));
        let listed = tokio::time::timeout(self.limits.list, listed)
            .await
            .unwrap_or_else(|_| Err(CallFailure::silent(self.limits.list)));
        if listed.is_err() {
            self.sessions.discard_all(&SessionKey::of(endpoint));
        }
        permit.ended(listed.as_ref().err());
        listed.map_err(CallFailure::into_error)
    }

    async fn call(
        &self,
        endpoint: &ToolEndpoint,
        request: ToolRequest,
    ) -> Result<ToolAnswer, ToolFailure> {
        let url = self.checked(FIELD, &endpoint.url, sent_to(endpoint));
        let url = url.map_err(ToolFailure::not_made)?;
        let permit = self
            .breakers
            .of_server(endpoint.server)
            .permit_call()
            .await?;
        let called = repeated(&self.limits, request.may_repeat, || {
            self.call_once(&url, endpoint, &request)
        });
        let total = self
            .limits
            .with_call_timeout(endpoint.call_timeout)
            .call_total;
        let called = tokio::time::timeout(total, called)
            .await
            .unwrap_or_else(|_| Err(CallFailure::silent(total)));
        permit.ended(called.as_ref().err());
        Ok(called?)
    }

    fn health(&self, server: McpServerId) -> ToolHealth {
        self.breakers.health(server)
    }

    async fn forget(&self, server: McpServerId) {
        self.breakers.forget(server);
        self.eras.forget(server);
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

/// Whether the outcome of a call can mean that the server does not know the session.
fn doubt_of(called: &Result<CallAnswer, CallFailure>) -> SessionDoubt {
    match called {
        Ok(called) => called.session,
        Err(fault) => fault.session,
    }
}

/// The error for a built-in server, which is never called over the network.
fn misplaced() -> CallFailure {
    CallFailure::not_made(Error::internal("asking a built-in server over the network"))
}
