//! The lifetime of a socket, a stream or an MCP session: until its key or end user's session is revoked or expires, or the
//! process shuts down.

use std::sync::Arc;

use tokio_util::sync::CancellationToken;

use crate::{domain::Actor, error::Error};

use super::open_connections::{ConnectionEnd, OpenConnection};

/// The conditions that end a socket, a stream or an MCP session.
#[derive(Debug, Clone)]
pub(crate) struct Lifetime {
    connection: Arc<OpenConnection>,
    closing: CancellationToken,
}

/// The reason for ending a socket, a stream or an MCP session.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum EndReason {
    /// The key or session cannot be used any more.
    Barred(ConnectionEnd),
    /// This process shuts down; another one takes over.
    Closing,
}

impl EndReason {
    /// The reason's text for the caller, where the protocol has room for it.
    pub(crate) fn reason(self) -> &'static str {
        match self {
            Self::Barred(ConnectionEnd::KeyRevoked) => "key revoked",
            Self::Barred(ConnectionEnd::KeyExpired) => "key expired",
            Self::Barred(ConnectionEnd::SessionRevoked) => "session revoked",
            Self::Barred(ConnectionEnd::SessionExpired) => "session expired",
            Self::Barred(ConnectionEnd::TokenRevoked) => "token revoked",
            Self::Barred(ConnectionEnd::TokenExpired) => "token expired",
            Self::Barred(ConnectionEnd::AccountSuspended) => "account suspended",
            Self::Closing => "service restart",
        }
    }

    /// The error that open operations end with; none where another connection may continue them.
    pub(crate) fn error(self) -> Option<Error> {
        match self {
            Self::Closing => None,
            Self::Barred(ConnectionEnd::AccountSuspended) => Some(Error::forbidden(self.reason())),
            Self::Barred(_) => Some(Error::unauthenticated(self.reason())),
        }
    }
}

impl Lifetime {
    pub(crate) fn new(connection: OpenConnection, closing: CancellationToken) -> Self {
        Self {
            connection: Arc::new(connection),
            closing,
        }
    }

    /// The caller: the authenticated one or, once its session was renewed, the same end user in the new session. None
    /// without a key.
    pub(crate) fn actor(&self) -> Option<Actor> {
        self.connection.actor()
    }

    /// Waits until the socket, stream or session must end.
    pub(crate) async fn ended(&self) -> EndReason {
        tokio::select! {
            end = self.connection.ended() => EndReason::Barred(end),
            () = self.closing.cancelled() => EndReason::Closing,
        }
    }
}
