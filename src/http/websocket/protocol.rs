//! The messages of `graphql-transport-ws`, and the codes that close a socket.

use std::borrow::Cow;

use async_graphql::ServerError;
use axum::extract::ws::{CloseFrame, Message, Utf8Bytes};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::{
    config::JsonLimits,
    http::{json, operation_result::OperationResult, refusal::Refusal},
};

/// The maximum length of a close reason: a close frame has room for 125 bytes, two of them for the code.
const LONGEST_REASON: usize = 123;
/// The maximum length of an id in bytes; an id is stored as long as its operation runs.
const LONGEST_ID: usize = 256;
/// The bytes after the result in a `next` message.
const AFTER: &[u8] = b"}";

/// A message from the client.
#[derive(Debug, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub(super) enum ClientMessage {
    ConnectionInit {
        payload: Option<Value>,
    },
    Ping {
        payload: Option<Value>,
    },
    Pong {
        payload: Option<Value>,
    },
    Subscribe {
        id: String,
        payload: Value,
    },
    Complete {
        id: String,
    },
    /// A `subscribe` whose payload is over a limit.
    #[serde(skip)]
    Refused {
        id: String,
        refusal: Refusal,
    },
}

/// The parsed part of a message whose payload is over a limit.
#[derive(Debug, Deserialize)]
struct Envelope {
    #[serde(rename = "type")]
    kind: String,
    id: Option<String>,
}

/// A message to the client.
#[derive(Debug, Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub(super) enum ServerMessage<'a> {
    ConnectionAck,
    Pong {
        #[serde(skip_serializing_if = "Option::is_none")]
        payload: Option<Value>,
    },
    Error {
        id: &'a str,
        payload: &'a [ServerError],
    },
    Complete {
        id: &'a str,
    },
}

impl ServerMessage<'_> {
    /// The message as a frame.
    pub(super) fn written(&self) -> Message {
        // serializing a map with text keys cannot fail
        Message::Text(serde_json::to_string(self).unwrap_or_default().into())
    }
}

/// Writes the `next` messages of one operation.
#[derive(Debug)]
pub(super) struct NextWriter {
    before: Vec<u8>,
}

impl NextWriter {
    /// The writer for the operation with this id.
    pub(super) fn of(id: &str) -> Self {
        let mut before = b"{\"type\":\"next\",\"id\":".to_vec();
        // serializing a text cannot fail
        let _ = serde_json::to_writer(&mut before, id);
        before.extend_from_slice(b",\"payload\":");
        Self { before }
    }

    /// The message as a frame.
    pub(super) fn written(&self, answer: &OperationResult) -> Message {
        // JSON is UTF-8
        let text = String::from_utf8(answer.written(&self.before, AFTER));
        Message::Text(text.unwrap_or_default().into())
    }

    /// Appends the message with a result that is written already.
    pub(super) fn write(&self, result: &[u8], to: &mut Vec<u8>) {
        to.reserve(self.before.len() + result.len() + AFTER.len());
        to.extend_from_slice(&self.before);
        to.extend_from_slice(result);
        to.extend_from_slice(AFTER);
    }
}

impl ClientMessage {
    /// Parses a message; an invalid one closes the socket.
    pub(super) fn read(text: &str, limits: JsonLimits) -> Result<Self, Close> {
        if let Err(refusal) = json::check(text.as_bytes(), "the message", limits) {
            return Self::refused(text, refusal);
        }
        let message: Self =
            serde_json::from_str(text).map_err(|_| Close::bad_request("invalid message"))?;
        let payload = match &message {
            Self::ConnectionInit { payload } | Self::Ping { payload } | Self::Pong { payload } => {
                payload.as_ref()
            }
            Self::Subscribe { payload, .. } => Some(payload),
            Self::Complete { .. } | Self::Refused { .. } => None,
        };
        if payload.is_some_and(|payload| !payload.is_object()) {
            return Err(Close::bad_request(
                "invalid message: the payload is not an object",
            ));
        }
        if let Self::Subscribe { id, .. } = &message {
            check_id(id)?;
        }
        Ok(message)
    }

    /// Handles a message over a limit: a `subscribe` only gets an error, any other message closes the socket.
    fn refused(text: &str, refusal: Refusal) -> Result<Self, Close> {
        match serde_json::from_str(text) {
            Ok(Envelope { kind, id: Some(id) }) if kind == "subscribe" => {
                check_id(&id)?;
                Ok(Self::Refused { id, refusal })
            }
            _ => Err(Close::bad_request("invalid message: too much JSON")),
        }
    }
}

fn check_id(id: &str) -> Result<(), Close> {
    if id.is_empty() || id.len() > LONGEST_ID {
        return Err(Close::bad_request(
            "invalid message: an id has 1 to 256 bytes",
        ));
    }
    Ok(())
}

/// The code and reason for closing a socket.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Close {
    code: u16,
    reason: Cow<'static, str>,
}

impl Close {
    /// The client sent something that is not a message of the protocol.
    pub(super) fn bad_request(reason: impl Into<Cow<'static, str>>) -> Self {
        Self::new(4400, reason)
    }

    /// An operation arrived before the connection was acknowledged.
    pub(super) fn unauthorized(reason: impl Into<Cow<'static, str>>) -> Self {
        Self::new(4401, reason)
    }

    /// The credentials are invalid, expired or revoked.
    pub(super) fn forbidden(reason: &'static str) -> Self {
        Self::new(4403, reason)
    }

    /// The client did not send `connection_init` in time.
    pub(super) fn init_timeout() -> Self {
        Self::new(4408, "Connection initialisation timeout")
    }

    /// The id is in use.
    pub(super) fn subscriber_exists(id: &str) -> Self {
        Self::new(4409, format!("Subscriber for {id} already exists"))
    }

    /// The client exceeded a limit; the reason says which.
    pub(super) fn too_many(reason: impl Into<Cow<'static, str>>) -> Self {
        Self::new(4429, reason)
    }

    /// This process shuts down; clients reconnect.
    pub(super) fn restart(reason: &'static str) -> Self {
        Self::new(1012, reason)
    }

    /// A message is not text.
    pub(super) fn not_utf8() -> Self {
        Self::new(1007, "the message is not UTF-8")
    }

    /// A message is larger than allowed.
    pub(super) fn too_large(most: usize) -> Self {
        Self::new(1009, format!("the message has more than {most} bytes"))
    }

    /// The frames violate RFC 6455.
    pub(super) fn protocol_error() -> Self {
        Self::new(1002, "protocol error")
    }

    /// A dependency is temporarily unavailable; clients reconnect.
    pub(super) fn unavailable() -> Self {
        Self::new(1013, "try again later")
    }

    /// The caller has too many open sockets. Clients reconnect after 1013, and never after 4429: see
    /// `isFatalInternalCloseCode` and the fatal codes of
    /// <https://github.com/enisdenjo/graphql-ws/blob/master/src/client.ts>.
    pub(super) fn no_room(reason: String) -> Self {
        Self::new(1013, reason)
    }

    /// A page of a foreign origin opened the socket.
    pub(super) fn foreign_origin(refusal: &Refusal) -> Self {
        let message = refusal.errors().first().map(|error| error.message.clone());
        Self::new(4403, message.unwrap_or_default())
    }

    /// An internal error.
    pub(super) fn internal() -> Self {
        Self::new(1011, "internal error")
    }

    fn new(code: u16, reason: impl Into<Cow<'static, str>>) -> Self {
        Self {
            code,
            reason: reason.into(),
        }
    }

    /// The close frame.
    pub(super) fn frame(&self) -> Message {
        let mut end = self.reason.len().min(LONGEST_REASON);
        while !self.reason.is_char_boundary(end) {
            end -= 1;
        }
        let reason = self.reason.get(..end).unwrap_or_default();
        Message::Close(Some(CloseFrame {
            code: self.code,
            reason: Utf8Bytes::from(reason),
        }))
    }
}
