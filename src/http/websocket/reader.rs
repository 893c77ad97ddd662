//! The receiving half of a socket: messages within limits of rate and size, and the client's liveness.

use std::{sync::atomic::Ordering, time::Duration};

use axum::extract::ws::{Message, WebSocket};
use futures::{StreamExt, stream::SplitStream};
use tokio::time::Instant;
use tungstenite::error::{CapacityError, Error as SocketError};

use crate::config::{HttpConfig, RequestLimits};

use super::{
    connection::{FAREWELL, SocketEnd},
    outbox::MessagesWritten,
    protocol::{ClientMessage, Close},
    rate::Rate,
};

/// The receiving half of a socket.
pub(super) struct SocketReader {
    stream: SplitStream<WebSocket>,
    rate: Rate,
    signs: Liveness,
    /// The maximum size of a message before parsing, in bytes.
    largest: usize,
    /// The limits of this caller's messages.
    limits: RequestLimits,
    /// Whether the stream failed: it yields no more messages, although the client may still be sending.
    deaf: bool,
}

impl SocketReader {
    /// A reader with the limits of a client that is not authenticated yet.
    pub(super) fn new(
        stream: SplitStream<WebSocket>,
        taken: MessagesWritten,
        config: &HttpConfig,
    ) -> Self {
        Self {
            stream,
            rate: Rate::new(config.socket.messages_per_second),
            signs: Liveness::new(taken),
            largest: config.socket.message_bytes,
            limits: config.request_limits(None),
            deaf: false,
        }
    }

    /// Sets the limits of further messages.
    pub(super) fn set_limits(&mut self, limits: RequestLimits) {
        self.limits = limits;
    }

    /// The time since the client's last sign of life.
    pub(super) fn silent_for(&mut self) -> Duration {
        self.signs.silent_for()
    }

    /// The next message.
    pub(super) async fn next(&mut self) -> Result<ClientMessage, SocketEnd> {
        loop {
            let message = match self.stream.next().await {
                Some(Ok(message)) => message,
                Some(Err(error)) => return Err(self.stop(error)),
                None => return Err(SocketEnd::Gone),
            };
            self.signs.heard();
            if !self.rate.take() {
                return Err(Close::too_many("too many messages per second").into());
            }
            match message {
                Message::Text(text) if text.len() > self.limits.message_bytes => {
                    return Err(Close::too_large(self.limits.message_bytes).into());
                }
                Message::Text(text) => return Ok(ClientMessage::read(&text, self.limits.json)?),
                Message::Binary(_) => {
                    return Err(Close::bad_request("invalid message: expected text").into());
                }
                Message::Ping(_) | Message::Pong(_) => {}
                Message::Close(_) => return Err(SocketEnd::Farewell),
            }
        }
    }

    fn stop(&mut self, error: axum::Error) -> SocketEnd {
        self.deaf = true;
        let error = error.into_inner();
        match error.downcast_ref::<SocketError>() {
            Some(SocketError::Capacity(CapacityError::MessageTooLong { .. })) => {
                Close::too_large(self.largest).into()
            }
            Some(SocketError::Utf8(_)) => Close::not_utf8().into(),
            Some(SocketError::Protocol(_)) => Close::protocol_error().into(),
            _ => SocketEnd::Gone,
        }
    }

    /// Discards further messages, so that the client receives our last frames.
    pub(super) async fn drain(&mut self) {
        while let Some(Ok(_)) = self.stream.next().await {}
        if self.deaf {
            tokio::time::sleep(FAREWELL).await;
        }
    }
}

/// The client's liveness: the last time that it sent a message or accepted one of ours.
struct Liveness {
    last: Instant,
    taken: MessagesWritten,
    known: u64,
}

impl Liveness {
    fn new(taken: MessagesWritten) -> Self {
        Self {
            last: Instant::now(),
            taken,
            known: 0,
        }
    }

    fn heard(&mut self) {
        self.last = Instant::now();
    }

    fn silent_for(&mut self) -> Duration {
        let taken = self.taken.load(Ordering::Relaxed);
        if taken != self.known {
            self.known = taken;
            self.heard();
        }
        self.last.elapsed()
    }
}
