//! The register of open sockets, streams and MCP sessions, counted per key and per account, and ended at once when the
//! key is revoked. Each process counts its own.

use std::{
    collections::HashMap,
    net::IpAddr,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use super::HttpState;
use crate::{
    domain::{AccountId, Actor, KeyId, TierQuotas},
    error::{Error, Result},
};

/// The time for which revoked keys are remembered: a request may have been authenticated just before the revocation.
const REMEMBER_REVOKED: Duration = Duration::from_mins(1);

/// The register of open sockets, streams and MCP sessions. Clones share it.
#[derive(Debug, Clone, Default)]
pub struct OpenConnections(Arc<Mutex<ConnectionRegister>>);

#[derive(Debug, Default)]
struct ConnectionRegister {
    holders: HashMap<Holder, ConnectionCounts>,
    revoked: HashMap<KeyId, Instant>,
}

/// The `retryAfterSeconds` of a caller over its limit.
const RETRY_AFTER: Duration = Duration::from_secs(5);

/// The unit of counting: a key, or the address for callers without one; and, beside a key, the account that it acts in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum Holder {
    Key(KeyId),
    Address(IpAddr),
    Account(AccountId),
}

/// A holder with its maximum of one kind.
#[derive(Debug, Clone, Copy)]
struct HolderLimit {
    holder: Holder,
    most: usize,
}

/// The kind of what is counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ConnectionKind {
    Socket,
    Stream,
    McpSession,
}

#[derive(Debug, Default)]
struct ConnectionCounts {
    sockets: usize,
    streams: usize,
    mcp_sessions: usize,
    revoked: CancellationToken,
}

impl ConnectionCounts {
    fn count(&self, what: ConnectionKind) -> usize {
        match what {
            ConnectionKind::Socket => self.sockets,
            ConnectionKind::Stream => self.streams,
            ConnectionKind::McpSession => self.mcp_sessions,
        }
    }

    fn counter(&mut self, what: ConnectionKind) -> &mut usize {
        match what {
            ConnectionKind::Socket => &mut self.sockets,
            ConnectionKind::Stream => &mut self.streams,
            ConnectionKind::McpSession => &mut self.mcp_sessions,
        }
    }

    fn all(&self) -> usize {
        self.sockets + self.streams + self.mcp_sessions
    }
}

impl OpenConnections {
    /// Ends all sockets, streams and MCP sessions of a key, and refuses further ones. Call it after the key was
    /// revoked.
    pub fn close_key(&self, key: KeyId) {
        let mut register = self.lock();
        let now = Instant::now();
        register
            .revoked
            .retain(|_, at| now.duration_since(*at) < REMEMBER_REVOKED);
        register.revoked.insert(key, now);
        if let Some(held) = register.holders.get(&Holder::Key(key)) {
            held.revoked.cancel();
        }
    }

    /// The keys with open sockets, streams or MCP sessions.
    pub fn keys(&self) -> Vec<KeyId> {
        let register = self.lock();
        let keys = register.holders.keys().filter_map(|holder| match holder {
            Holder::Key(key) => Some(*key),
            Holder::Address(_) | Holder::Account(_) => None,
        });
        keys.collect()
    }

    /// The number of open sockets, streams and MCP sessions of all callers.
    pub fn open_now(&self) -> usize {
        let register = self.lock();
        let holders = register.holders.iter();
        // an account's count is the sum of its keys' counts
        let once = holders.filter(|(holder, _)| !matches!(holder, Holder::Account(_)));
        once.map(|(_, held)| held.all()).sum()
    }

    /// Counts one more for the caller and for its account; refused when either is at its limit.
    fn open(
        &self,
        caller: HolderLimit,
        account: Option<HolderLimit>,
        what: ConnectionKind,
    ) -> Result<OpenConnection> {
        let mut register = self.lock();
        if let Holder::Key(key) = caller.holder
            && register.revoked.contains_key(&key)
        {
            return Err(Error::unauthenticated("this API key is revoked"));
        }
        for bound in [Some(caller), account].into_iter().flatten() {
            let held = register.holders.get(&bound.holder);
            if held.map_or(0, |held| held.count(what)) >= bound.most {
                return Err(too_many(bound, what));
            }
        }
        if let Some(account) = account {
            *register
                .holders
                .entry(account.holder)
                .or_default()
                .counter(what) += 1;
        }
        let held = register.holders.entry(caller.holder).or_default();
        *held.counter(what) += 1;
        let revoked = held.revoked.clone();
        drop(register);
        Ok(OpenConnection {
            sessions: self.clone(),
            holders: [Some(caller.holder), account.map(|bound| bound.holder)],
            what,
            revoked,
        })
    }

    fn lock(&self) -> MutexGuard<'_, ConnectionRegister> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Counts one more socket, stream or MCP session of a caller; `RATE_LIMITED` when its key or its account is at its
/// limit. Callers without a key are counted by address.
pub(crate) async fn open(
    state: &HttpState,
    actor: Option<&Actor>,
    address: IpAddr,
    what: ConnectionKind,
) -> Result<OpenConnection> {
    let config = state.config();
    let most = match what {
        ConnectionKind::Socket => config.socket.per_key,
        ConnectionKind::Stream => config.streams_per_key,
        ConnectionKind::McpSession => config.mcp.sessions_per_key,
    };
    let Some(actor) = actor else {
        let holder = Holder::Address(address);
        return state
            .sessions()
            .open(HolderLimit { holder, most }, None, what);
    };
    let quotas = state.access().quotas_of(actor.account()).await?;
    let account = HolderLimit {
        holder: Holder::Account(actor.account()),
        most: what.most_of(&quotas),
    };
    let holder = Holder::Key(actor.key());
    state
        .sessions()
        .open(HolderLimit { holder, most }, Some(account), what)
}

fn too_many(HolderLimit { holder, most }: HolderLimit, what: ConnectionKind) -> Error {
    let what = match what {
        ConnectionKind::Socket => "sockets",
        ConnectionKind::Stream => "streams",
        ConnectionKind::McpSession => "MCP sessions",
    };
    let whose = match holder {
        Holder::Key(_) => "of this API key",
        Holder::Address(_) => "without an API key",
        Holder::Account(_) => "of this account",
    };
    let message =
        format!("{most} {what} {whose} are open, at most {most} are allowed; close one first");
    Error::rate_limited(message, Some(RETRY_AFTER))
}

impl ConnectionKind {
    /// The maximum for an account with these quotas.
    fn most_of(self, quotas: &TierQuotas) -> usize {
        let most = match self {
            Self::Socket => quotas.sockets,
            Self::Stream => quotas.streams,
            Self::McpSession => quotas.mcp_sessions,
        };
        usize::try_from(most).unwrap_or(usize::MAX)
    }
}

/// An open socket, stream or MCP session; dropping it decreases the count.
#[derive(Debug)]
pub(crate) struct OpenConnection {
    sessions: OpenConnections,
    holders: [Option<Holder>; 2],
    what: ConnectionKind,
    revoked: CancellationToken,
}

impl OpenConnection {
    /// Waits until the key is revoked.
    pub(crate) async fn revoked(&self) {
        self.revoked.cancelled().await;
    }
}

impl Drop for OpenConnection {
    fn drop(&mut self) {
        let mut register = self.sessions.lock();
        for holder in self.holders.iter().flatten() {
            if let Some(held) = register.holders.get_mut(holder) {
                let count = held.counter(self.what);
                *count = count.saturating_sub(1);
                if held.all() == 0 {
                    register.holders.remove(holder);
                }
            }
        }
    }
}
