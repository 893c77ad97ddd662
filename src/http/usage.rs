//! The usage of a connection: its current requests with a valid key, how long it has had none, and when it must end.

use std::{
    pin::Pin,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
    task::{Context, Poll},
    time::Duration,
};

use axum::body::{Body, Bytes, HttpBody};
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use super::connection_slots::ConnectionSlot;

/// The usage of one connection, shared with its requests and, after an upgrade, its socket.
pub(super) struct ConnectionUsage {
    /// The connection's slot; it is free again when the last reference to this usage is dropped.
    pub(super) slot: ConnectionSlot,
    /// Whether the first request has arrived.
    pub(super) asked: AtomicBool,
    /// Whether a body has timed out.
    pub(super) is_late: Arc<AtomicBool>,
    /// Cancelled when the connection must end after its current request.
    pub(super) ending: CancellationToken,
    /// The number of current requests with a valid key.
    keyed: AtomicUsize,
    /// When the last request with a valid key ended; without one, when the connection was accepted.
    idle_since: Mutex<Instant>,
}

impl ConnectionUsage {
    /// The usage of a connection that was just accepted.
    pub(super) fn new(slot: ConnectionSlot) -> Self {
        Self {
            slot,
            asked: AtomicBool::new(false),
            is_late: Arc::default(),
            ending: CancellationToken::new(),
            keyed: AtomicUsize::new(0),
            idle_since: Mutex::new(Instant::now()),
        }
    }

    /// Counts a request with a valid key until the guard is dropped.
    pub(super) fn begin_keyed(self: &Arc<Self>) -> KeyedRequest {
        self.keyed.fetch_add(1, Ordering::Relaxed);
        KeyedRequest(Arc::clone(self))
    }

    /// Waits until no request with a valid key was in progress for `most`. Never ends for a proxy's connection, which
    /// carries requests of many clients; the proxy closes it.
    pub(super) async fn idle(&self, most: Duration) {
        if self.slot.is_exempt() {
            return std::future::pending().await;
        }
        loop {
            let since = if self.keyed.load(Ordering::Relaxed) > 0 {
                Instant::now()
            } else {
                *self.lock()
            };
            let end = since + most;
            if end <= Instant::now() {
                return;
            }
            tokio::time::sleep_until(end).await;
        }
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Instant> {
        self.idle_since
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }
}

/// A request with a valid key, in progress until the last byte of its response.
pub(super) struct KeyedRequest(Arc<ConnectionUsage>);

impl KeyedRequest {
    /// A body that keeps the request in progress until its end.
    pub(super) fn body(self, body: Body) -> Body {
        Body::new(KeyedBody {
            body,
            _request: self,
        })
    }
}

impl Drop for KeyedRequest {
    fn drop(&mut self) {
        *self.0.lock() = Instant::now();
        self.0.keyed.fetch_sub(1, Ordering::Relaxed);
    }
}

struct KeyedBody {
    body: Body,
    _request: KeyedRequest,
}

impl HttpBody for KeyedBody {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<http_body::Frame<Bytes>, Self::Error>>> {
        Pin::new(&mut self.body).poll_frame(cx)
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> http_body::SizeHint {
        self.body.size_hint()
    }
}

#[cfg(test)]
mod tests {
    use std::{sync::Arc, time::Duration};

    use futures::FutureExt;

    use super::ConnectionUsage;
    use crate::{config::ConnectionConfig, http::connection_slots::ConnectionSlots};

    #[tokio::test(start_paused = true)]
    async fn only_a_request_with_a_key_resets_the_idle_timeout() {
        let slots = ConnectionSlots::new(&ConnectionConfig::default());
        let address = "127.0.0.1".parse().unwrap();
        let usage = Arc::new(ConnectionUsage::new(slots.slot(Some(address)).unwrap()));
        let second = Duration::from_secs(1);
        let mut idle = std::pin::pin!(usage.idle(second * 10));
        tokio::time::advance(second * 9).await;
        assert!(idle.as_mut().now_or_never().is_none());
        let request = usage.begin_keyed();
        tokio::time::advance(second * 60).await;
        assert!(idle.as_mut().now_or_never().is_none());
        drop(request);
        tokio::time::advance(second * 9).await;
        assert!(idle.as_mut().now_or_never().is_none());
        tokio::time::advance(second * 11).await;
        assert!(idle.as_mut().now_or_never().is_some());
    }
}
