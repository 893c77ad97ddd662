//! An MCP connection to one server: lists its tools and calls them.

use std::{future::Future, sync::Arc, time::Duration};

use rmcp::{
    RoleClient,
    model::{
        CallToolRequest, CallToolRequestParams, CallToolResult, ClientRequest, ErrorCode,
        Extensions, JsonObject, ListToolsRequest, ListToolsRequestMethod, MetaObject,
        PaginatedRequestParams, ProtocolVersion, RequestMetaObject, ServerResult, Tool,
    },
    service::{
        ClientInitializeError, ClientLifecycleMode, PeerRequestOptions, RequestHandle,
        RunningService, ServiceError, serve_client_with_lifecycle,
    },
    transport::{
        StreamableHttpClientTransport, common::client_side_sse::ExponentialBackoff,
        streamable_http_client::StreamableHttpClientTransportConfig,
    },
};
use serde_json::Value;
use tokio::{runtime::Handle, time::Instant};
use tokio_util::task::TaskTracker;

use super::{
    answer,
    failure::CallFailure,
    http::{GuardedHttp, TOO_LARGE},
    limits::McpLimits,
    listener::Listener,
};
use crate::port::{ToolAnswer, ToolRequest};

/// The key in `_meta` of a call's idempotency key.
const IDEMPOTENCY_KEY: &str = "io.troupe/idempotencyKey";
/// The maximum number of resumptions of a response stream that broke off, where the server supports them.
const RESUMED: usize = 2;
/// The reason in the cancellation notification to the server.
const GIVEN_UP: &str = "nobody waits for the answer any more";

/// An initialised connection to a server, and its session if it has one. Dropping the last reference ends the session.
pub(super) struct Connection {
    service: Service,
    limits: McpLimits,
}

impl Connection {
    /// Connects to the server at `url`: without a session when the server supports the newest revision, otherwise with
    /// an older revision.
    pub(super) async fn open(
        http: GuardedHttp,
        url: &str,
        limits: McpLimits,
    ) -> Result<Self, CallFailure> {
        let newest_first = ClientLifecycleMode::Auto {
            preferred_versions: vec![ProtocolVersion::LATEST],
            legacy_version: Some(ProtocolVersion::LATEST_WITH_INITIALIZE),
        };
        let begun = async {
            match begin(http.clone(), url, limits, newest_first).await {
                // the server supports `discover`, but not the newest revision
                Err(ClientInitializeError::NoCompatibleProtocolVersion {
                    server_supported,
                    ..
                }) if server_supported.iter().any(ProtocolVersion::has_initialize) => {
                    begin(http, url, limits, ClientLifecycleMode::Initialize).await
                }
                begun => begun,
            }
        };
        let service = tokio::time::timeout(limits.list, begun)
            .await
            .map_err(|_| CallFailure::silent(limits.list).before_the_call())?
            .map_err(CallFailure::of_beginning)?;
        Ok(Self { service, limits })
    }

    /// Whether the connection can no longer be used.
    pub(super) fn is_closed(&self) -> bool {
        self.service.is_closed() || self.service.is_transport_closed()
    }

    /// Requests all pages of the server's tools. `take` receives each page, and returns an error to stop.
    pub(super) async fn pages(
        &self,
        mut take: impl FnMut(Vec<Tool>) -> Result<(), CallFailure>,
    ) -> Result<(), CallFailure> {
        let mut cursor = None;
        for _ in 0..=self.limits.tools {
            let params = PaginatedRequestParams::default().with_cursor(cursor.take());
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
            let ServerResult::ListToolsResult(page) = answer else {
                return Err(CallFailure::senseless());
            };
            take(page.tools)?;
            match page.next_cursor {
                Some(next) if !next.is_empty() => cursor = Some(next),
                _ => return Ok(()),
            }
        }
        Err(CallFailure::unusable(
            "the tool's server has pages without end",
        ))
    }

    /// Calls a tool. If the future is dropped, a task of `tasks` cancels the call on the server.
    pub(super) async fn call(
        self: &Arc<Self>,
        request: &ToolRequest,
        tasks: &TaskTracker,
    ) -> Result<ToolAnswer, CallFailure> {
        let asked = self.call_once(request, tasks).await?;
        let asked = match asked {
            // the tool's schema requires some arguments as headers too; the library learns that from the list of tools,
            // and a server that misses the headers has done nothing
            Err(ServiceError::McpError(error)) if error.code == ErrorCode::HEADER_MISMATCH => {
                self.pages(|_| Ok(()))
                    .await
                    .map_err(CallFailure::before_the_call)?;
                self.call_once(request, tasks).await?
            }
            asked => asked,
        };
        let most = self.limits.largest_result;
        match asked {
            Ok(ServerResult::CallToolResult(result)) => Ok(answer::of_result(result, most)),
            Ok(ServerResult::EmptyResult(_)) => {
                Ok(answer::of_result(CallToolResult::default(), most))
            }
            Ok(ServerResult::InputRequiredResult(_)) => Ok(answer::refused(
                "the tool asks for more input while it works, which agents cannot give",
                most,
            )),
            Ok(ServerResult::CreateTaskResult(_)) => Ok(answer::refused(
                "the tool works on in the background, which is not supported",
                most,
            )),
            Ok(_) => Err(CallFailure::senseless()),
            Err(ServiceError::McpError(error)) if error.code.0 == TOO_LARGE => {
                Err(CallFailure::of_http(super::failure::HttpFailure::TooLarge))
            }
            Err(ServiceError::McpError(error)) if is_of_the_library(&error.message) => {
                Err(CallFailure::lost())
            }
            // the server's text about a rejected or failed call is for the model
            Err(ServiceError::McpError(error)) => Ok(answer::refused(&error.message, most)),
            Err(error) => Err(CallFailure::of_service(error)),
        }
    }

    /// Makes the call once. The outer result is whether it was sent and answered in time, the inner one is the answer.
    async fn call_once(
        self: &Arc<Self>,
        request: &ToolRequest,
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
        let mut pending = Pending {
            handle: Some(handle),
            connection: Arc::clone(self),
            tasks: tasks.clone(),
        };
        pending.answer(self.limits.call).await
    }
}

type Service = RunningService<RoleClient, Listener>;

async fn begin(
    http: GuardedHttp,
    url: &str,
    limits: McpLimits,
    lifecycle: ClientLifecycleMode,
) -> Result<Service, ClientInitializeError> {
    let mut config = StreamableHttpClientTransportConfig::with_uri(url);
    let mut resuming = ExponentialBackoff::default();
    resuming.max_times = Some(RESUMED);
    config.retry_config = Arc::new(resuming);
    config.max_concurrent_requests = limits.concurrent;
    let transport = StreamableHttpClientTransport::with_client(http, config);
    let listener = Listener::default();
    Box::pin(serve_client_with_lifecycle(listener, transport, lifecycle)).await
}

/// A sent call. Dropping it before the answer sends a cancellation to the server.
struct Pending {
    handle: Option<RequestHandle<RoleClient>>,
    connection: Arc<Connection>,
    tasks: TaskTracker,
}

impl Pending {
    async fn answer(
        &mut self,
        patience: Duration,
    ) -> Result<Result<ServerResult, ServiceError>, CallFailure> {
        let Some(handle) = self.handle.as_mut() else {
            return Err(CallFailure::lost());
        };
        let listener = self.connection.service.service();
        let progress = listener.progress_of(handle.progress_token.clone());
        let answer = within(patience, &mut handle.rx, || progress.heard()).await;
        let answer = answer.ok_or_else(|| CallFailure::silent(patience))?;
        // answered, so there is nothing to cancel
        self.handle = None;
        answer.map_err(|_| CallFailure::lost())
    }
}

impl Drop for Pending {
    fn drop(&mut self) {
        let (Some(handle), Ok(runtime)) = (self.handle.take(), Handle::try_current()) else {
            return;
        };
        let connection = Arc::clone(&self.connection);
        let told = async move {
            let _ = handle.cancel(Some(GIVEN_UP.to_owned())).await;
            drop(connection);
        };
        self.tasks.spawn_on(told, &runtime);
    }
}

/// The output of the future, or `None` after `patience` without a sign of life. Each `sign` restarts the timeout.
async fn within<T, S: Future<Output = ()>>(
    patience: Duration,
    mut future: impl Future<Output = T> + Unpin,
    sign: impl Fn() -> S,
) -> Option<T> {
    loop {
        let until = Instant::now() + patience;
        tokio::select! {
            biased;
            output = &mut future => return Some(output),
            () = sign() => {}
            () = tokio::time::sleep_until(until) => return None,
        }
    }
}

/// Whether an error was made by the library, not by the server: another call has re-initialised the session.
fn is_of_the_library(message: &str) -> bool {
    message.starts_with("streamable HTTP ")
}

fn arguments(arguments: &Value) -> JsonObject {
    arguments.as_object().cloned().unwrap_or_default()
}
