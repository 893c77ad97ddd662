//! One open socket, stream or MCP session.

use std::{
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use tokio::{sync::watch, time::Instant};

use super::{
    ConnectionKind, OpenConnections,
    register::{Fate, Holder, Renewal},
};
use crate::domain::{Actor, CredentialId};

/// An open socket, stream or MCP session; dropping it decreases the count.
#[derive(Debug)]
pub(crate) struct OpenConnection {
    sessions: OpenConnections,
    account: Option<Holder>,
    /// Changes when the account is suspended.
    suspension: Option<watch::Receiver<Fate>>,
    what: ConnectionKind,
    held: Mutex<HeldConnection>,
}

/// What happens to the holders of a connection from now on.
pub(super) struct Fates {
    /// To the key or session.
    pub(super) fate: watch::Receiver<Fate>,
    /// To the account.
    pub(super) suspension: Option<watch::Receiver<Fate>>,
}

/// The holders that a connection is counted for.
#[derive(Clone, Copy)]
pub(super) struct CountedHolders {
    pub(super) caller: Holder,
    pub(super) account: Option<Holder>,
}

/// Whom a connection belongs to now.
#[derive(Debug)]
struct HeldConnection {
    holder: Holder,
    actor: Option<Actor>,
    /// The time from which on the key or session is not valid any more.
    expires_at: Option<Instant>,
    fate: watch::Receiver<Fate>,
}

/// Why a connection must end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ConnectionEnd {
    /// The key was revoked.
    KeyRevoked,
    /// The key has expired.
    KeyExpired,
    /// The end user's session was revoked.
    SessionRevoked,
    /// The end user's session has expired.
    SessionExpired,
    /// The identity provider's token was revoked.
    TokenRevoked,
    /// The identity provider's token has expired.
    TokenExpired,
    /// The account was suspended.
    AccountSuspended,
}

impl ConnectionEnd {
    fn revoked(holder: Holder) -> Self {
        match holder {
            Holder::Credential(CredentialId::Session(_)) => Self::SessionRevoked,
            Holder::Credential(CredentialId::Token(_)) => Self::TokenRevoked,
            _ => Self::KeyRevoked,
        }
    }

    fn expired(holder: Holder) -> Self {
        match holder {
            Holder::Credential(CredentialId::Session(_)) => Self::SessionExpired,
            Holder::Credential(CredentialId::Token(_)) => Self::TokenExpired,
            _ => Self::KeyExpired,
        }
    }
}

impl OpenConnection {
    /// A connection that the register has counted for `holder`, and for the account.
    pub(super) fn new(
        sessions: OpenConnections,
        holders: CountedHolders,
        what: ConnectionKind,
        fates: Fates,
    ) -> Self {
        Self {
            sessions,
            account: holders.account,
            suspension: fates.suspension,
            what,
            held: Mutex::new(HeldConnection {
                holder: holders.caller,
                actor: None,
                expires_at: None,
                fate: fates.fate,
            }),
        }
    }

    /// Sets the caller, and the time to the expiry of its key or session.
    pub(super) fn begin(&self, actor: Actor, expires_in: Option<Duration>) {
        let mut held = self.held();
        held.actor = Some(actor);
        held.expires_at = expires_in.map(|after| Instant::now() + after);
    }

    /// The caller: the authenticated one or, once its session was renewed, the same end user in the new session. None
    /// without a key.
    pub(crate) fn actor(&self) -> Option<Actor> {
        self.held().actor.clone()
    }

    /// Waits until the key or session is revoked or expires; a session that takes its place is waited for in turn.
    pub(crate) async fn ended(&self) -> ConnectionEnd {
        loop {
            let (holder, expires_at, mut fate) = {
                let held = self.held();
                (held.holder, held.expires_at, held.fate.clone())
            };
            let expired = async {
                match expires_at {
                    Some(at) => tokio::time::sleep_until(at).await,
                    None => std::future::pending().await,
                }
            };
            let news = async {
                let changed = fate.wait_for(|fate| !matches!(fate, Fate::Valid)).await;
                // the sender lives as long as a connection is counted
                changed.map_or(Fate::Revoked, |fate| fate.clone())
            };
            let fate = tokio::select! {
                biased;
                fate = news => fate,
                () = self.suspended() => return ConnectionEnd::AccountSuspended,
                () = expired => return ConnectionEnd::expired(holder),
            };
            let continues = match fate {
                Fate::Renewed(renewal) => self.continue_in(&renewal),
                Fate::Valid | Fate::Revoked => false,
            };
            if !continues {
                return ConnectionEnd::revoked(holder);
            }
        }
    }

    /// Waits until the account is suspended.
    async fn suspended(&self) {
        let Some(mut suspension) = self.suspension.clone() else {
            return std::future::pending().await;
        };
        // the sender lives as long as a connection is counted
        let _ = suspension.changed().await;
    }

    /// Counts the connection to the session that took the place of its own. Returns false when that one was revoked.
    fn continue_in(&self, renewal: &Arc<Renewal>) -> bool {
        let mut register = self.sessions.lock();
        let Some(renewal) = register.last_of(renewal) else {
            return false;
        };
        let holder = Holder::Credential(renewal.actor.credential());
        let mut held = self.held();
        held.fate = register.count_in(holder, self.what);
        register.count_out(held.holder, self.what);
        held.holder = holder;
        held.actor = Some(renewal.actor.clone());
        held.expires_at = Some(renewal.expires_at);
        true
    }

    fn held(&self) -> MutexGuard<'_, HeldConnection> {
        self.held.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for OpenConnection {
    fn drop(&mut self) {
        let holder = self.held().holder;
        let mut register = self.sessions.lock();
        register.count_out(holder, self.what);
        if let Some(account) = self.account {
            register.count_out(account, self.what);
        }
    }
}
