//! The WebSocket transport, subprotocol `graphql-transport-ws`.
//!
//! A socket has two tasks and one more for each operation. The reader ([`connection`]) receives the client's messages,
//! the [`outbox`] sends ours, and a short queue connects the operations with the outbox: when the client reads slowly,
//! the queue is full, the operations wait, and no results are produced in vain. Operations that follow the same run share
//! the reading of its text ([`run_readers`]). When the reader ends, for whatever
//! reason, all operations are dropped with it.

mod connection;
mod operation_task;
mod operations;
mod outbox;
mod protocol;
mod rate;
mod reader;
mod run_readers;
mod running_operations;

use std::sync::Arc;

use axum::{
    extract::WebSocketUpgrade,
    http::{header, request::Parts},
    response::{IntoResponse, Response},
};
use tracing::Instrument;

use super::{HttpState, caller, refusal::Refusal, usage::ConnectionUsage};

/// The supported subprotocol.
const PROTOCOL: &str = "graphql-transport-ws";
/// The size of the read buffer, in bytes. It is small because it is filled with zeros at every poll, every idle socket
/// has one, and most messages are smaller.
const READ_BUFFER: usize = 512;
/// The maximum number of bytes to write together; an idle socket does not allocate them.
const WRITE_BUFFER: usize = 64 * 1024;
/// The maximum size of the write buffer, in bytes: it grows by one message at most, and a result may be large.
const LARGEST_WRITE: usize = 16 * 1024 * 1024;

/// Opens a socket of a foreign origin, only to close it with the reason: a page cannot read why an upgrade was refused.
pub(super) fn refuse_origin(parts: &Parts, upgrade: WebSocketUpgrade) -> Response {
    let origin = parts.headers.get(header::ORIGIN).cloned();
    let refusal = origin.map_or_else(Refusal::foreign_site, |origin| {
        Refusal::foreign_origin(&origin)
    });
    let close = protocol::Close::foreign_origin(&refusal).frame();
    let response = upgrade
        .protocols([PROTOCOL])
        .read_buffer_size(READ_BUFFER)
        .max_message_size(READ_BUFFER)
        .on_upgrade(async move |mut socket| {
            // the peer may have disconnected
            let _ = socket.send(close).await;
        });
    named_as_asked(response, parts)
}

/// Upgrades a GET to a socket, if the client offers our subprotocol. The origin was checked before.
pub(super) fn upgrade(state: &HttpState, parts: &Parts, upgrade: WebSocketUpgrade) -> Response {
    if !upgrade
        .requested_protocols()
        .any(|protocol| protocol == PROTOCOL)
    {
        let message = format!("expected the WebSocket subprotocol {PROTOCOL}");
        return Refusal::malformed(message).into_response();
    }
    let largest = state.config().socket.message_bytes;
    // the socket holds the connection's slot
    let connection = connection::SocketConnection::new(
        state.clone(),
        caller::credentials(parts),
        caller::address_of(state, parts),
        parts.extensions.get::<Arc<ConnectionUsage>>().cloned(),
    );
    let tasks = state.tasks().clone();
    let span = tracing::Span::current();
    let response = upgrade
        .protocols([PROTOCOL])
        .read_buffer_size(READ_BUFFER)
        .write_buffer_size(WRITE_BUFFER)
        .max_write_buffer_size(LARGEST_WRITE)
        .max_message_size(largest)
        .max_frame_size(largest)
        .on_upgrade(move |socket| {
            // boxed: otherwise the upgrade would hold twice the size
            let run = Box::pin(span.in_scope(|| connection.run(socket)));
            tasks.track_future(run.instrument(span))
        });
    named_as_asked(response, parts)
}

/// Writes the header names of the response like those of the request, so that `Sec-WebSocket-Protocol` is found by clients
/// that compare names with their case, such as Python's gql
/// (<https://github.com/graphql-python/gql/blob/v4.0.0/gql/transport/websockets_protocol.py>).
///
/// hyper keeps the names of a request in an extension of a private type, and looks for it among those of the response.
fn named_as_asked(mut response: Response, parts: &Parts) -> Response {
    *response.extensions_mut() = parts.extensions.clone();
    response
}
