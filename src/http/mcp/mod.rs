//! The MCP servers at `/mcp/…`: the built-in ones, and the account's agents as tools, over streamable HTTP.
//!
//! The path of a request: [`origin`] refuses pages of foreign origins → [`admission`] authenticates the API key, before
//! the body is read → [`sessions`] finds the caller's own session → the MCP library parses the message → [`server`]
//! calls a service, [`ask`] for agents. Clients of protocol revisions from 2026-07-28 on have no sessions: each of
//! their requests is independent, in any process.

mod answer;
mod ask;
mod server;
mod sessions;

use std::{net::IpAddr, sync::Arc};

use axum::{
    Router,
    body::Body,
    extract::{Extension, Path, Request, State},
    http::{Method, StatusCode, header, request::Parts},
    middleware,
    response::{IntoResponse, Response},
    routing,
};
use futures::StreamExt;
use rmcp::transport::streamable_http_server::{StreamableHttpServerConfig, StreamableHttpService};
use serde::Deserialize;

pub(super) use self::sessions::McpSessions;
use self::{
    server::{Server, Subject},
    sessions::{ActorSessions, Owner, SessionSlot},
};
use super::{
    HttpState, admission, body, caller,
    lifetime::{EndReason, Lifetime},
    negotiate,
    open_connections::{self as open_sessions, ConnectionKind},
    origin,
    refusal::Refusal,
};
use crate::{
    domain::{Actor, RequestId},
    error::{Error, ErrorCode, Result},
};

/// The host names that local clients may use.
const OWN_HOSTS: [&str; 3] = ["localhost", "127.0.0.1", "::1"];
/// The header with the session id of a message.
const SESSION: &str = "mcp-session-id";
/// The maximum length of a session id in characters; our ids are UUIDs, which are shorter.
const LONGEST_SESSION: usize = 64;

/// The routes of the MCP servers.
pub(super) fn routes(state: &HttpState) -> Router<HttpState> {
    let server = routing::any(handle)
        .layer(middleware::from_fn_with_state(
            state.clone(),
            admission::identify,
        ))
        .layer(middleware::from_fn_with_state(state.clone(), origin::check));
    Router::new().route("/mcp/{server}", server)
}

/// The part of a message that shows whether it starts a session.
#[derive(Deserialize)]
struct Peek {
    method: Option<String>,
}

/// Handles any request to an MCP server.
async fn handle(
    State(state): State<HttpState>,
    Extension(request_id): Extension<RequestId>,
    Path(name): Path<String>,
    request: Request,
) -> Response {
    let answered = async {
        let (parts, body) = request.into_parts();
        let actor = identified(&parts)?;
        let subject = subject(&state, &name)?;
        let body = match parts.method {
            Method::POST => {
                negotiate::check_content(&parts.headers)?;
                let limits = state.config().request_limits(Some(&actor));
                body::read(&state, &parts, body, &limits).await?
            }
            _ => Vec::new(),
        };
        let opens_session = begins_session(&parts, &body);
        count_session(&state, &parts, &request_id)?;
        let call = Call {
            state: &state,
            actor: &actor,
            address: caller::address_of(&state, &parts),
            subject,
            request_id: &request_id,
        };
        let slot = if opens_session {
            Some(call.session_slot().await?)
        } else {
            None
        };
        call.answer(slot, parts, body).await
    };
    answered.await.unwrap_or_else(IntoResponse::into_response)
}

/// The caller, or a refusal without a key.
fn identified(parts: &Parts) -> Result<Actor, Refusal> {
    caller::identified(parts)
        .ok_or_else(|| Refusal::needs_key("an API key is needed: Authorization: Bearer <API key>"))
}

fn subject(state: &HttpState, name: &str) -> Result<Subject, Refusal> {
    if name == "agents" {
        return Ok(Subject::Agents);
    }
    if state.services().built_in_tools.about(name).is_some() {
        return Ok(Subject::BuiltIn(name.to_owned()));
    }
    let message =
        "there is no such MCP server; there are crm, pricing, tickets, content and agents";
    Err(Refusal::new(
        StatusCode::NOT_FOUND,
        ErrorCode::NotFound,
        message,
        false,
    ))
}

/// Counts a request by its session. The id is not validated first, which is safe, because the key is counted as well.
fn count_session(state: &HttpState, parts: &Parts, request_id: &RequestId) -> Result<(), Refusal> {
    let session = parts.headers.get(SESSION).map(|id| id.to_str());
    match session {
        Some(Ok(id)) if id.len() <= LONGEST_SESSION => state
            .rates()
            .count_session(id)
            .map(drop)
            .map_err(|error| Refusal::of(error, request_id, state.failures())),
        // not the id of any session; the MCP library refuses it later
        Some(_) | None => Ok(()),
    }
}

fn begins_session(parts: &Parts, body: &[u8]) -> bool {
    let peek = || serde_json::from_slice::<Peek>(body).ok()?.method;
    !parts.headers.contains_key(SESSION) && peek().is_some_and(|method| method == "initialize")
}

/// A request of an authenticated caller.
struct Call<'r> {
    state: &'r HttpState,
    actor: &'r Actor,
    address: IpAddr,
    subject: Subject,
    request_id: &'r RequestId,
}

impl Call<'_> {
    /// A slot for one more session of the caller.
    async fn session_slot(&self) -> Result<SessionSlot, Refusal> {
        let config = &self.state.config().mcp;
        let refused = |error| Refusal::of(error, self.request_id, self.state.failures());
        self.state
            .mcp()
            .check_room(config.sessions)
            .map_err(refused)?;
        let life = self
            .life(ConnectionKind::McpSession)
            .await
            .map_err(refused)?;
        Ok(SessionSlot::new(life, self.state.tasks().clone()))
    }

    async fn life(&self, what: ConnectionKind) -> Result<Lifetime> {
        let session = open_sessions::open(self.state, Some(self.actor), self.address, what).await?;
        let closing = self.state.closing().clone();
        Ok(Lifetime::new(session, closing))
    }

    /// Passes the request to the MCP library. The response ends when the caller's key is revoked or expires.
    async fn answer(
        &self,
        slot: Option<SessionSlot>,
        mut parts: Parts,
        body: Vec<u8>,
    ) -> Result<Response, Refusal> {
        let life = self
            .life(ConnectionKind::Stream)
            .await
            .map_err(|error| Refusal::of(error, self.request_id, self.state.failures()))?;
        let ended = slot.as_ref().map(SessionSlot::ended);
        let owner = Owner::of(self.actor, self.subject.name());
        let sessions = ActorSessions::new(self.state.mcp().clone(), owner, slot);
        // no later step needs the key
        parts.headers.remove(header::AUTHORIZATION);
        let (state, actor) = (self.state.clone(), self.actor.clone());
        let subject = self.subject.clone();
        let service = StreamableHttpService::new(
            move || Ok(Server::new(&state, &actor, &subject, ended.clone())),
            Arc::new(sessions),
            self.config(),
        );
        let request = Request::from_parts(parts, Body::from(body));
        let mut ended = Box::pin(async move { life.ended().await });
        let response = tokio::select! {
            response = service.handle(request) => response.map(Body::new),
            ending = &mut ended => return Err(gone(ending)),
        };
        Ok(response.map(|body| Body::from_stream(body.into_data_stream().take_until(ended))))
    }

    fn config(&self) -> StreamableHttpServerConfig {
        let config = self.state.config();
        let own = OWN_HOSTS.iter().map(|host| (*host).to_owned());
        let hosts = own.chain(config.mcp.allowed_hosts.iter().cloned());
        StreamableHttpServerConfig::default()
            .with_allowed_hosts(hosts)
            .with_json_response(true)
            .with_sse_keep_alive(Some(config.keep_alive()))
            .with_max_request_body_bytes(config.body_bytes)
            .with_cancellation_token(self.state.closing().child_token())
    }
}

/// The response to a caller whose key is no longer valid, or during a shutdown.
fn gone(ending: EndReason) -> Refusal {
    let error = ending.error();
    error
        .unwrap_or_else(|| Error::unavailable(ending.reason()))
        .into()
}
