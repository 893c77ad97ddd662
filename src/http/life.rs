//! How long a socket, a stream or an MCP session may live: until its key is revoked or expires, or until we go.

use chrono::{DateTime, Utc};
use tokio_util::sync::CancellationToken;

use crate::{domain::Actor, port::Clock};

use super::sessions::Session;

/// What a socket, a stream or an MCP session lives by.
#[derive(Debug)]
pub(crate) struct Life {
    session: Session,
    expires_in: Option<std::time::Duration>,
    closing: CancellationToken,
}

/// Why it has to end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Ending {
    /// The key was revoked.
    Revoked,
    /// The key's time is over.
    Expired,
    /// This process is going; another one takes over.
    Closing,
}

impl Ending {
    /// What the caller reads, where it reads anything.
    pub(crate) fn reason(self) -> &'static str {
        match self {
            Self::Revoked => "key revoked",
            Self::Expired => "key expired",
            Self::Closing => "service restart",
        }
    }
}

impl Life {
    /// The life of a session.
    pub(crate) fn new(
        session: Session,
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

    /// Waits until it has to end. To be called once, at the beginning.
    pub(crate) async fn ended(&self) -> Ending {
        let expired = async {
            match self.expires_in {
                Some(after) => tokio::time::sleep(after).await,
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            () = self.session.revoked() => Ending::Revoked,
            () = expired => Ending::Expired,
            () = self.closing.cancelled() => Ending::Closing,
        }
    }
}
