//! The lifetime of a socket, a stream or an MCP session: until its key is revoked or expires, or the process shuts
//! down.

use chrono::{DateTime, Utc};
use tokio_util::sync::CancellationToken;

use crate::{domain::Actor, port::Clock};

use super::open_connections::OpenConnection;

/// The conditions that end a socket, a stream or an MCP session.
#[derive(Debug)]
pub(crate) struct Lifetime {
    session: OpenConnection,
    expires_in: Option<std::time::Duration>,
    closing: CancellationToken,
}

/// The reason for ending a socket, a stream or an MCP session.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum EndReason {
    /// The key was revoked.
    Revoked,
    /// The key expired.
    Expired,
    /// This process shuts down; another one takes over.
    Closing,
}

impl EndReason {
    /// The reason's text for the caller, where the protocol has room for it.
    pub(crate) fn reason(self) -> &'static str {
        match self {
            Self::Revoked => "key revoked",
            Self::Expired => "key expired",
            Self::Closing => "service restart",
        }
    }
}

impl Lifetime {
    pub(crate) fn new(
        session: OpenConnection,
        actor: Option<&Actor>,
        clock: &dyn Clock,
        closing: CancellationToken,
    ) -> Self {
        let expires_in = actor
            .and_then(Actor::expires_at)
            .map(|at: DateTime<Utc>| (at - clock.now()).to_std().unwrap_or_default());
        Self {
            session,
            expires_in,
            closing,
        }
    }

    /// Waits until the socket, stream or session must end. Call it once, at the beginning: the time to the expiry of
    /// the key counts from this call.
    pub(crate) async fn ended(&self) -> EndReason {
        let expired = async {
            match self.expires_in {
                Some(after) => tokio::time::sleep(after).await,
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            () = self.session.revoked() => EndReason::Revoked,
            () = expired => EndReason::Expired,
            () = self.closing.cancelled() => EndReason::Closing,
        }
    }
}
