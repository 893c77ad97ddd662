//! Opens connections: with `server/discover` where the server knows it, otherwise with `initialize`.
//!
//! MCP 2026-07-28, "Versioning", § Backward compatibility: only a recognised modern JSON-RPC error identifies a modern
//! server; anything else that answers may be an older one. Older servers answer the probe with any status, with a page,
//! or not at all, so `initialize` is sent on a fresh transport.

use std::sync::{Arc, atomic::Ordering};

use rmcp::{
    model::{ErrorCode, ProtocolVersion},
    service::{ClientInitializeError, ClientLifecycleMode, serve_client_with_lifecycle},
    transport::{
        StreamableHttpClientTransport, common::client_side_sse::ExponentialBackoff,
        streamable_http_client::StreamableHttpClientTransportConfig,
    },
};

use super::{
    connection::{Connection, Service},
    era::ProtocolEra,
    failure::CallFailure,
    http::GuardedHttp,
    listener::Listener,
    session_doubt::SessionDoubt,
};

/// The maximum number of resumptions of a response stream that broke off, where the server supports them.
const RESUMED: usize = 2;
/// The versions of the Python package `mcp` that stop working when a session is ended; seen with 1.8.1, and not with 1.12.4.
const ENDED_BY_A_SESSION: [&str; 2] = ["1.8.0", "1.8.1"];

/// The opening of a connection to one address.
pub(super) struct Opening<'a> {
    pub(super) http: GuardedHttp,
    pub(super) url: &'a str,
    /// The generation that the server is known to speak.
    pub(super) known: Option<ProtocolEra>,
}

/// A probe with `server/discover` that failed.
enum FailedProbe {
    /// The server may be an older one.
    Older(CallFailure),
    /// It is not, or nothing was reached.
    Final(CallFailure),
}

impl Opening<'_> {
    /// Opens the connection; the generation that was found out is in the result.
    pub(super) async fn open(self) -> Result<(Connection, ProtocolEra), CallFailure> {
        let limits = self.http.limits;
        let opened = tokio::time::timeout(limits.list, self.negotiate());
        let (service, era) = opened
            .await
            .map_err(|_| CallFailure::silent(limits.list).before_the_call())??;
        if fails_at_an_end(&service) {
            self.http.leaves_sessions.store(true, Ordering::Relaxed);
        }
        Ok((Connection::new(service, era, limits), era))
    }

    async fn negotiate(&self) -> Result<(Service, ProtocolEra), CallFailure> {
        if self.known == Some(ProtocolEra::Initialize) {
            let service = self.initialize().await?;
            return Ok((service, ProtocolEra::Initialize));
        }
        let probe = match self.discover().await {
            Ok(service) => return Ok((service, ProtocolEra::Discover)),
            Err(FailedProbe::Final(fault)) => return Err(fault),
            Err(FailedProbe::Older(fault)) => fault,
        };
        match self.initialize().await {
            Ok(service) => Ok((service, ProtocolEra::Initialize)),
            // a newer server that has a problem for the moment refuses the older request for good
            Err(fault) if probe.session == SessionDoubt::Possible && !fault.passes => Err(probe),
            Err(fault) => Err(fault),
        }
    }

    async fn discover(&self) -> Result<Service, FailedProbe> {
        let discover = ClientLifecycleMode::Discover {
            preferred_versions: vec![ProtocolVersion::LATEST],
        };
        let limit = self.http.limits.probe;
        match tokio::time::timeout(limit, self.serve(discover)).await {
            Ok(answered) => answered.map_err(FailedProbe::of),
            Err(_) => Err(FailedProbe::Older(CallFailure::silent(limit))),
        }
    }

    async fn initialize(&self) -> Result<Service, CallFailure> {
        let opened = self.serve(ClientLifecycleMode::Initialize).await;
        opened.map_err(CallFailure::of_opening)
    }

    /// Opens a transport of its own.
    async fn serve(
        &self,
        lifecycle: ClientLifecycleMode,
    ) -> Result<Service, ClientInitializeError> {
        let mut config = StreamableHttpClientTransportConfig::with_uri(self.url);
        let mut resuming = ExponentialBackoff::default();
        resuming.max_times = Some(RESUMED);
        config.retry_config = Arc::new(resuming);
        config.max_concurrent_requests = self.http.limits.concurrent;
        let listener = Listener {
            watches: self.http.watches.clone(),
        };
        let transport = StreamableHttpClientTransport::with_client(self.http.clone(), config);
        Box::pin(serve_client_with_lifecycle(listener, transport, lifecycle)).await
    }
}

impl FailedProbe {
    fn of(error: ClientInitializeError) -> Self {
        let is_older = match &error {
            ClientInitializeError::JsonRpcError(error) => !is_modern(error.code),
            // the server knows the probe, and other revisions
            ClientInitializeError::NoCompatibleProtocolVersion {
                server_supported, ..
            } => server_supported.iter().any(ProtocolVersion::has_initialize),
            _ => true,
        };
        let fault = CallFailure::of_opening(error);
        if is_older && !fault.is_unreached {
            Self::Older(fault)
        } else {
            Self::Final(fault)
        }
    }
}

/// Whether the server stops working for all callers when one session is ended: the Python package `mcp` 1.8 ends its
/// session manager
/// with the `ClosedResourceError` of that session. Such a server reports the package's version as its own.
fn fails_at_an_end(service: &Service) -> bool {
    let info = service.peer_info();
    let server = info.as_ref().and_then(|info| info.server_info.as_ref());
    server.is_some_and(|server| ENDED_BY_A_SESSION.contains(&server.version.as_str()))
}

/// Whether only servers of 2026-07-28 and later use the code.
fn is_modern(code: ErrorCode) -> bool {
    matches!(
        code,
        ErrorCode::UNSUPPORTED_PROTOCOL_VERSION
            | ErrorCode::MISSING_REQUIRED_CLIENT_CAPABILITY
            | ErrorCode::HEADER_MISMATCH
    )
}
