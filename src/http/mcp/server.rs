//! One MCP server for one caller: its name, its tools, and the handling of calls.

use std::sync::Arc;

use axum::http::request::Parts;
use rmcp::{
    ErrorData, RoleServer, ServerHandler,
    model::{
        CacheScope, CallToolRequestParams, CallToolResponse, Implementation, ListToolsResult,
        PaginatedRequestParams, ServerCapabilities, ServerConfig, Tool,
    },
    service::RequestContext,
};
use serde_json::Value;
use tokio_util::{sync::CancellationToken, task::task_tracker::TaskTrackerToken};
use tracing::Instrument;

use super::{answer, ask};
use crate::{
    domain::{Actor, AgentId, RequestId},
    error::Result,
    http::{HttpState, failure_log::FailureLog, request_id},
    port::Clock,
    service::{BuiltInCall, Services},
};

/// The header that names the agent on whose behalf a tool is called.
const AGENT: &str = "x-agent-instance-id";
/// The header by which a caller marks repetitions of the same call.
const IDEMPOTENCY_KEY: &str = "idempotency-key";
/// The time for which clients may cache a list of tools, in milliseconds.
const TOOLS_ARE_FRESH: u64 = 60_000;

/// The kind of an MCP server.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Subject {
    /// The built-in server of this type.
    BuiltIn(String),
    /// The account's agents as tools.
    Agents,
}

impl Subject {
    /// The last segment of the server's path.
    pub(super) fn name(&self) -> &str {
        match self {
            Self::BuiltIn(kind) => kind,
            Self::Agents => "agents",
        }
    }
}

/// An MCP server for one caller.
pub(super) struct Server {
    pub(super) services: Arc<Services>,
    pub(super) actor: Actor,
    subject: Subject,
    clock: Arc<dyn Clock>,
    failures: Arc<FailureLog>,
    /// Cancelled when the caller's session has ended; none without a session.
    pub(super) ended: Option<CancellationToken>,
    /// Cancelled when this process shuts down.
    pub(super) closing: CancellationToken,
    /// Delays the shutdown until this is dropped.
    _at_work: TaskTrackerToken,
}

impl Server {
    pub(super) fn new(
        state: &HttpState,
        actor: &Actor,
        subject: &Subject,
        ended: Option<CancellationToken>,
    ) -> Self {
        Self {
            services: Arc::clone(state.services()),
            actor: actor.clone(),
            subject: subject.clone(),
            clock: Arc::clone(&state.0.clock),
            failures: Arc::clone(&state.0.failures),
            ended,
            closing: state.closing().clone(),
            _at_work: state.tasks().token(),
        }
    }

    async fn tools(&self) -> Result<Vec<Tool>> {
        let definitions = match &self.subject {
            Subject::BuiltIn(kind) => self.services.built_in_tools.list(&self.actor, kind)?,
            Subject::Agents => self.services.agent_tools.list(&self.actor).await?,
        };
        definitions.into_iter().map(answer::tool).collect()
    }

    async fn call_built_in(
        &self,
        kind: &str,
        request: CallToolRequestParams,
        context: &RequestContext<RoleServer>,
    ) -> Result<Option<CallToolResponse>> {
        let header = |name: &str| {
            let parts = context.extensions.get::<Parts>()?;
            let value = parts.headers.get(name)?;
            Some(String::from_utf8_lossy(value.as_bytes()).into_owned())
        };
        let agent = header(AGENT);
        let agent = agent.map(|id| AgentId::parse("X-Agent-Instance-ID", &id));
        let call = BuiltInCall {
            kind: kind.to_owned(),
            tool: request.name.into_owned(),
            arguments: Value::Object(request.arguments.unwrap_or_default()),
            agent: agent.transpose()?,
            idempotency_key: header(IDEMPOTENCY_KEY),
        };
        let answered = self.services.built_in_tools.call(&self.actor, call).await?;
        Ok(answered.map(|answered| answer::of_tool(answered).into()))
    }
}

impl ServerHandler for Server {
    fn get_info(&self) -> ServerConfig {
        let (title, about) = match &self.subject {
            Subject::BuiltIn(kind) => {
                let about = self.services.built_in_tools.about(kind).unwrap_or_default();
                (format!("Troupe: {kind}"), about.to_owned())
            }
            Subject::Agents => (
                "Troupe: agents".to_owned(),
                "The account's agents. Each tool asks one of them; give the conversationId of an answer to go on with it."
                    .to_owned(),
            ),
        };
        let name = format!("troupe-{}", self.subject.name());
        let identity = Implementation::new(name, env!("CARGO_PKG_VERSION")).with_title(title);
        ServerConfig::new(ServerCapabilities::builder().enable_tools().build())
            .with_server_info(identity)
            .with_instructions(about)
    }

    async fn list_tools(
        &self,
        _request: Option<PaginatedRequestParams>,
        _context: RequestContext<RoleServer>,
    ) -> Result<ListToolsResult, ErrorData> {
        let tools = self.tools().await;
        let tools = tools
            .map_err(|error| answer::protocol_error(&error, &self.request_id(), &self.failures))?;
        Ok(ListToolsResult::with_all_items(tools)
            .with_ttl_ms(TOOLS_ARE_FRESH)
            .with_cache_scope(CacheScope::Private))
    }

    async fn call_tool(
        &self,
        request: CallToolRequestParams,
        context: RequestContext<RoleServer>,
    ) -> Result<CallToolResponse, ErrorData> {
        let name = request.name.clone();
        // a session has many calls: each has an id of its own
        let request_id = self.request_id();
        let answered = match &self.subject {
            Subject::BuiltIn(kind) => self.call_built_in(kind, request, &context).await,
            Subject::Agents => {
                let span = request_id::operation_span(request_id);
                let asked = ask::ask(self, request_id, request, &context);
                asked.instrument(span).await
            }
        };
        match answered {
            Ok(Some(answer)) => Ok(answer),
            Ok(None) => Err(answer::unknown_tool(&name)),
            Err(error) => Ok(answer::of_error(&error, &request_id, &self.failures)),
        }
    }

    /// The definition for checking a call's arguments. None for agents, whose tools change at any time; the service
    /// checks their arguments.
    fn get_tool(&self, name: &str) -> Option<Tool> {
        match &self.subject {
            Subject::BuiltIn(kind) => {
                let known = self.services.built_in_tools.definition(kind, name)?;
                answer::tool(known).ok()
            }
            Subject::Agents => None,
        }
    }
}

impl Server {
    /// A new request id, by which an internal error can be found in the log.
    fn request_id(&self) -> RequestId {
        request_id::mint(self.clock.as_ref())
    }
}
