//! The WebSocket transport, subprotocol `graphql-transport-ws`.
//!
//! A socket is two tasks and one more for each operation. The reader ([`connection`]) takes the client's messages, the
//! [`outbox`] writes ours, and between the operations and the outbox lies one short queue: when the client reads slowly the
//! queue is full, the operations wait, and nobody makes events that nobody reads. When the reader ends, for whatever
//! reason, every operation is dropped with it.

mod connection;
mod operations;
mod outbox;
mod protocol;
mod rate;
mod reader;

use std::sync::Arc;

use axum::{
    extract::WebSocketUpgrade,
    http::request::Parts,
    response::{IntoResponse, Response},
};
use tracing::Instrument;

use super::{HttpState, caller, refusal::Refusal, usage::ConnectionUsage};

/// The one subprotocol.
const PROTOCOL: &str = "graphql-transport-ws";
/// A small buffer: it is filled with zeros at every poll, an idle socket pays for it, and most messages are smaller.
const READ_BUFFER: usize = 512;
/// What is written together at most; what an idle socket never fills costs nothing.
const WRITE_BUFFER: usize = 64 * 1024;
/// The write buffer grows over its size by one message at most; an answer may be large.
const LARGEST_WRITE: usize = 16 * 1024 * 1024;

/// Turns a GET into a socket, if the client speaks our protocol. Origins were checked before.
pub(super) fn upgrade(state: &HttpState, parts: &Parts, upgrade: WebSocketUpgrade) -> Response {
    if !upgrade
        .requested_protocols()
        .any(|protocol| protocol == PROTOCOL)
    {
        let message = format!("expected the WebSocket subprotocol {PROTOCOL}");
        return Refusal::malformed(message).into_response();
    }
    let largest = state.config().socket.message_bytes;
    // the socket has the connection's place among those that are counted
    let connection = connection::Connection::new(
        state.clone(),
        caller::credentials(&parts.headers),
        state.address(parts),
        parts.extensions.get::<Arc<ConnectionUsage>>().cloned(),
    );
    let tasks = state.tasks().clone();
    let span = tracing::Span::current();
    upgrade
        .protocols([PROTOCOL])
        .read_buffer_size(READ_BUFFER)
        .write_buffer_size(WRITE_BUFFER)
        .max_write_buffer_size(LARGEST_WRITE)
        .max_message_size(largest)
        .max_frame_size(largest)
        .on_upgrade(move |socket| {
            // boxed: what the upgrade keeps of it would be twice as much
            let run = Box::pin(span.in_scope(|| connection.run(socket)));
            tasks.track_future(run.instrument(span))
        })
}
