//! An MCP connection to one server: lists its tools and calls them.

use std::{future::Future, sync::Arc, time::Duration};

use rmcp::{
    RoleClient,
    model::{
        CallToolRequest, CallToolRequestParams, CallToolResult, ClientRequest, ErrorCode,
        Extensions, JsonObject, ListToolsRequest, ListToolsRequestMethod, ListToolsResult,
        MetaObject, PaginatedRequestParams, RequestMetaObject, ServerResult,
    },
    service::{PeerRequestOptions, RequestHandle, RunningService, ServiceError},
};
use serde_json::Value;
use tokio::{runtime::Handle, time::Instant};
use tokio_util::task::TaskTracker;

use super::{
    answer,
    era::ProtocolEra,
    events::TOO_LARGE,
    failure::{CallFailure, HttpFailure},
    limits::McpLimits,
    listener::Listener,
    session_doubt::SessionDoubt,
};
use crate::port::{ToolAnswer, ToolRequest};

/// The key in `_meta` of a call's idempotency key.
const IDEMPOTENCY_KEY: &str = "io.troupe/idempotencyKey";
/// The reason in the cancellation notification to the server.
const GIVEN_UP: &str = "nobody waits for the answer any more";

pub(super) type Service = RunningService<RoleClient, Listener>;

/// An initialised connection to a server, and its session if it has one. Dropping the last reference ends the session.
pub(super) struct Connection {
    service: Service,
    era: ProtocolEra,
    limits: McpLimits,
}

/// An answer to a call, and whether it can be the refusal of the session instead of the tool's own answer.
pub(super) struct CallAnswer {
    pub(super) answer: ToolAnswer,
    pub(super) session: SessionDoubt,
}

impl Connection {
    pub(super) fn new(service: Service, era: ProtocolEra, limits: McpLimits) -> Self {
        Self {
            service,
            era,
            limits,
        }
    }

    /// Whether the connection can no longer be used.
    pub(super) fn is_closed(&self) -> bool {
        self.service.is_closed() || self.service.is_transport_closed()
    }

    /// Whether a request in this session, which raised the doubt, was refused because the server does not know the
    /// session. Where that is unclear, a listing in the same session decides it.
    pub(super) async fn is_forgotten(&self, doubt: SessionDoubt) -> bool {
        if self.era == ProtocolEra::Discover {
            return false;
        }
        match doubt {
            SessionDoubt::Unlikely => false,
            SessionDoubt::Refused => true,
            SessionDoubt::Possible => self.refuses_listing().await,
        }
    }

    async fn refuses_listing(&self) -> bool {
        let listed = self.page(None);
        match tokio::time::timeout(self.limits.probe, listed).await {
            Ok(listed) => listed.is_err(),
            // silence proves nothing
            Err(_) => false,
        }
    }

    /// Requests all pages of the server's tools. `take` receives each page, and returns whether it wants more.
    pub(super) async fn pages(
        &self,
        mut take: impl FnMut(ListToolsResult) -> bool,
    ) -> Result<(), CallFailure> {
        let mut cursor = None;
        for _ in 0..=self.limits.tools {
            let mut page = self.page(cursor.take()).await?;
            let next = page.next_cursor.take().filter(|next| !next.is_empty());
            if !take(page) || next.is_none() {
                return Ok(());
            }
            cursor = next;
        }
        Err(CallFailure::unusable(
            "the tool's server has pages without end",
        ))
    }

    async fn page(&self, cursor: Option<String>) -> Result<ListToolsResult, CallFailure> {
        let params = PaginatedRequestParams::default().with_cursor(cursor);
        let request = ListToolsRequest {
            method: ListToolsRequestMethod,
            params: Some(params),
            extensions: Extensions::default(),
        };
        // requested directly, because the library's cached list may be outdated
        let answer = self
            .service
            .send_request(ClientRequest::ListToolsRequest(request))
            .await
            .map_err(CallFailure::of_service)?;
        match answer {
            ServerResult::ListToolsResult(page) => Ok(page),
            _ => Err(CallFailure::senseless()),
        }
    }

    /// Calls a tool, and waits for `silence` without a sign of life. If the future is dropped, a task of `tasks`
    /// cancels the call on the server.
    pub(super) async fn call(
        self: &Arc<Self>,
        request: &ToolRequest,
        silence: Duration,
        tasks: &TaskTracker,
    ) -> Result<CallAnswer, CallFailure> {
        let asked = self.call_once(request, silence, tasks).await?;
        let asked = match asked {
            // the tool's schema requires some arguments as headers too; the library learns that from the list of tools,
            // and a server that misses the headers has done nothing
            Err(ServiceError::McpError(error)) if error.code == ErrorCode::HEADER_MISMATCH => {
                self.pages(|_| true)
                    .await
                    .map_err(CallFailure::before_the_call)?;
                self.call_once(request, silence, tasks).await?
            }
            asked => asked,
        };
        let most = self.limits.largest_result;
        let own = |answer: ToolAnswer| CallAnswer {
            answer,
            session: SessionDoubt::Unlikely,
        };
        match asked {
            Ok(ServerResult::CallToolResult(result)) => Ok(own(answer::of_result(result, most))),
            Ok(ServerResult::EmptyResult(_)) => {
                Ok(own(answer::of_result(CallToolResult::default(), most)))
            }
            Ok(ServerResult::InputRequiredResult(_)) => Ok(own(answer::refused(
                "the tool asks for more input while it works, which agents cannot give",
                most,
            ))),
            Ok(ServerResult::CreateTaskResult(_)) => Ok(own(answer::refused(
                "the tool works on in the background, which is not supported",
                most,
            ))),
            Ok(_) => Err(CallFailure::senseless()),
            Err(ServiceError::McpError(error)) if error.code.0 == TOO_LARGE => {
                Err(CallFailure::of_http(HttpFailure::TooLarge))
            }
            // the server's text about a rejected or failed call is for the model
            Err(ServiceError::McpError(error)) => Ok(CallAnswer {
                session: SessionDoubt::of_error(&error),
                answer: answer::refused(&error.message, most),
            }),
            Err(error) => Err(CallFailure::of_service(error)),
        }
    }

    /// Makes the call once. The outer result is whether it was sent and answered in time, the inner one is the answer.
    async fn call_once(
        self: &Arc<Self>,
        request: &ToolRequest,
        silence: Duration,
        tasks: &TaskTracker,
    ) -> Result<Result<ServerResult, ServiceError>, CallFailure> {
        let mut meta = RequestMetaObject(MetaObject::new());
        meta.insert(
            IDEMPOTENCY_KEY.to_owned(),
            Value::from(request.idempotency_key.as_str()),
        );
        let params = CallToolRequestParams::new(request.tool.clone())
            .with_arguments(arguments(&request.arguments));
        let call = CallToolRequest::new(params);
        let options = PeerRequestOptions::no_options().with_meta(meta);
        let handle = self
            .service
            .send_cancellable_request(ClientRequest::CallToolRequest(call), options)
            .await
            .map_err(|error| CallFailure::of_service(error).before_the_call())?;
        let mut pending = PendingCall {
            handle: Some(handle),
            connection: Arc::clone(self),
            tasks: tasks.clone(),
        };
        pending.answer(silence).await
    }
}

/// A sent call. Dropping it before the answer sends a cancellation to the server.
struct PendingCall {
    handle: Option<RequestHandle<RoleClient>>,
    connection: Arc<Connection>,
    tasks: TaskTracker,
}

impl PendingCall {
    async fn answer(
        &mut self,
        silence: Duration,
    ) -> Result<Result<ServerResult, ServiceError>, CallFailure> {
        let Some(handle) = self.handle.as_mut() else {
            return Err(CallFailure::lost());
        };
        let watches = &self.connection.service.service().watches;
        let signs = watches.watch(handle.id.clone(), handle.progress_token.clone());
        let answer = within(silence, &mut handle.rx, || signs.heard()).await;
        let answer = answer.ok_or_else(|| CallFailure::silent(silence))?;
        // answered, so there is nothing to cancel
        self.handle = None;
        answer.map_err(|_| CallFailure::lost())
    }
}

impl Drop for PendingCall {
    fn drop(&mut self) {
        let (Some(handle), Ok(runtime)) = (self.handle.take(), Handle::try_current()) else {
            return;
        };
        let connection = Arc::clone(&self.connection);
        let cancellation = async move {
            let _ = handle.cancel(Some(GIVEN_UP.to_owned())).await;
            drop(connection);
        };
        self.tasks.spawn_on(cancellation, &runtime);
    }
}

/// The output of the future, or `None` after `silence` without a sign of life. Each `sign` restarts the timeout.
async fn within<T, S: Future<Output = ()>>(
    silence: Duration,
    mut future: impl Future<Output = T> + Unpin,
    sign: impl Fn() -> S,
) -> Option<T> {
    loop {
        let until = Instant::now() + silence;
        tokio::select! {
            biased;
            output = &mut future => return Some(output),
            () = sign() => {}
            () = tokio::time::sleep_until(until) => return None,
        }
    }
}

fn arguments(arguments: &Value) -> JsonObject {
    arguments.as_object().cloned().unwrap_or_default()
}
