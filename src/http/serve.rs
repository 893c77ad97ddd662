//! Accepts connections, limits how long each may be silent, and shuts them all down in order.
//!
//! `axum::serve` has no timeout for a request's head, so this is its loop with the timers that a public server needs,
//! and with the slots of [`super::connection_slots`]. Remove when `axum::serve` can set such a timeout and limit
//! connections.
//!
//! A shutdown has three steps. First, the process is not ready, but still serves, so that a load balancer sends new
//! requests elsewhere. Then sockets are closed (1012), streams end, and connections finish their current request.
//! Finally, all remaining connections are cut off.

use std::{
    net::SocketAddr,
    pin::pin,
    sync::{Arc, atomic::Ordering},
    time::{Duration, Instant},
};

use axum::{Router, body::Body, extract::ConnectInfo, http::Request};
use hyper_util::{
    rt::{TokioExecutor, TokioIo, TokioTimer},
    server::conn::auto::Builder,
    service::TowerToHyperService,
};
use tokio::net::{TcpListener, TcpStream};
use tokio_util::sync::CancellationToken;
use tower::ServiceExt;

use crate::error::{Error, Result};

use super::{
    HttpState, address,
    connection_slots::{ConnectionSlot, ConnectionSlots},
    lingering::LingeringStream,
    overload, router,
    usage::ConnectionUsage,
};

/// The pause in accepting when the operating system has no more sockets.
const OUT_OF_SOCKETS: Duration = Duration::from_millis(100);

/// The time for which a connection may finish its current request, after everything else has ended.
const FAREWELL: Duration = Duration::from_secs(5);

/// The time for which a connection without a key may receive its last response: a slow link needs time for a page.
const LAST_ANSWER: Duration = Duration::from_mins(2);

/// The conditions of the shutdown.
pub struct Shutdown<D> {
    /// Cancelled when the shutdown begins.
    pub asked: CancellationToken,
    /// Resolves when the current work has ended or was abandoned. Until then requests are served, although the process
    /// is not ready.
    pub drained: D,
    /// The time from the start of the shutdown until all remaining connections are cut off.
    pub deadline: Duration,
}

/// Serves until the shutdown is requested, and returns when all work has ended or the deadline is over.
pub async fn serve<D: Future<Output = ()>>(
    listener: TcpListener,
    state: HttpState,
    shutdown: Shutdown<D>,
) -> Result<()> {
    let server = Server {
        router: router(state.clone()),
        builder: builder(&state),
        slots: ConnectionSlots::new(&state.config().connection),
        state: state.clone(),
    };
    let going = async {
        shutdown.asked.cancelled().await;
        let asked = Instant::now();
        tracing::info!("draining");
        state.draining().cancel();
        shutdown.drained.await;
        state.closing().cancel();
        asked
    };
    let asked = tokio::select! {
        asked = going => asked,
        asked = server.accept(&listener) => asked,
    };
    drop(listener);
    let left = shutdown.deadline.saturating_sub(asked.elapsed());
    let tasks = state.tasks().clone();
    // the shared state holds parts whose tasks end when it is dropped
    drop((server, state));
    tasks.close();
    let ended = tokio::time::timeout(left, tasks.wait()).await;
    ended.map_err(|_| {
        Error::internal(format!(
            "stop in time: {} tasks are left and cut off",
            tasks.len()
        ))
    })
}

fn builder(state: &HttpState) -> Builder<TokioExecutor> {
    let config = state.config();
    let mut builder = Builder::new(TokioExecutor::new());
    builder
        .http1()
        .timer(TokioTimer::new())
        .title_case_headers(true)
        .preserve_header_case(true)
        .header_read_timeout(config.connection.header_timeout());
    builder
        .http2()
        .timer(TokioTimer::new())
        .max_concurrent_streams(100)
        .keep_alive_interval(config.keep_alive())
        .keep_alive_timeout(config.connection.header_timeout());
    builder
}

/// The time for which a connection on trial may take for the head of its first request.
const TRIAL: Duration = Duration::from_secs(3);

struct Server {
    router: Router,
    builder: Builder<TokioExecutor>,
    slots: ConnectionSlots,
    state: HttpState,
}

impl Server {
    /// Accepts connections without end.
    async fn accept(&self, listener: &TcpListener) -> Instant {
        loop {
            match listener.accept().await {
                Ok((stream, peer)) => self.accepted(stream, peer),
                Err(error) if is_of_the_peer(&error) => {}
                Err(error) => {
                    tracing::warn!(cause = %error, "failed to accept a connection");
                    tokio::time::sleep(OUT_OF_SOCKETS).await;
                }
            }
        }
    }

    /// Serves a connection, or refuses it when there is no slot.
    fn accepted(&self, stream: TcpStream, peer: SocketAddr) {
        // small responses and tokens are sent at once, not delayed by Nagle's algorithm
        let _ = stream.set_nodelay(true);
        let config = &self.state.config().connection;
        let counted_as =
            (!address::is_proxy(peer.ip(), config)).then(|| address::counted_as(peer.ip()));
        let Some(slot) = self.slots.slot(counted_as) else {
            tracing::debug!(peer = %peer.ip(), "closing a connection unanswered");
            return;
        };
        let tasks = self.state.tasks();
        if slot.is_refusal() {
            tracing::debug!(peer = %peer.ip(), "answering 503: no slot for a connection");
            let closing = self.state.closing().clone();
            tasks.spawn(async move {
                closing.run_until_cancelled(overload::refuse(stream)).await;
                drop(slot);
            });
            return;
        }
        tasks.spawn(self.connection(stream, peer, slot));
    }

    fn connection(
        &self,
        stream: TcpStream,
        peer: SocketAddr,
        slot: ConnectionSlot,
    ) -> impl Future<Output = ()> + Send + 'static {
        let usage = Arc::new(ConnectionUsage::new(slot));
        let service = self.router.clone().map_request({
            let usage = Arc::clone(&usage);
            move |request: Request<_>| {
                usage.asked.store(true, Ordering::Relaxed);
                let mut request: Request<Body> = request.map(Body::new);
                request.extensions_mut().insert(ConnectInfo(peer));
                request.extensions_mut().insert(Arc::clone(&usage));
                request
            }
        });
        let builder = self.builder.clone();
        let closing = self.state.closing().clone();
        let timeout = self.state.config().connection.header_timeout();
        async move {
            if usage.slot.is_on_trial() && !overload::begins_request(&stream).await {
                return overload::answer(stream).await;
            }
            let service = TowerToHyperService::new(service);
            let stream = LingeringStream::new(stream, Arc::clone(&usage.is_late));
            let connection = builder.serve_connection_with_upgrades(TokioIo::new(stream), service);
            let mut connection = pin!(connection);
            let first_request = if usage.slot.is_on_trial() {
                timeout.min(TRIAL)
            } else {
                timeout
            };
            // hyper has no timeout while it detects the HTTP version of a new connection; remove when it has one
            let silent = async {
                tokio::time::sleep(first_request).await;
                if usage.asked.load(Ordering::Relaxed) {
                    std::future::pending::<()>().await;
                }
            };
            let farewell = tokio::select! {
                _ = connection.as_mut() => return,
                () = silent => return,
                () = usage.idle(timeout) => LAST_ANSWER,
                () = usage.ending.cancelled() => FAREWELL,
                () = closing.cancelled() => FAREWELL,
            };
            connection.as_mut().graceful_shutdown();
            // a peer that disconnects, or does not read its response, is not our error
            tokio::select! {
                _ = tokio::time::timeout(farewell, connection.as_mut()) => return,
                () = closing.cancelled() => {}
            }
            let _ = tokio::time::timeout(FAREWELL, connection).await;
        }
    }
}

fn is_of_the_peer(error: &std::io::Error) -> bool {
    use std::io::ErrorKind::{ConnectionAborted, ConnectionRefused, ConnectionReset};
    matches!(
        error.kind(),
        ConnectionAborted | ConnectionRefused | ConnectionReset
    )
}
