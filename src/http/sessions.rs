//! Who holds what open: sockets, streams and MCP sessions, counted per key, and ended at once when the key is revoked.

use std::{
    collections::HashMap,
    net::IpAddr,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use crate::{
    domain::{Actor, KeyId},
    error::{Error, Result},
};

/// A key that was authenticated just before it was revoked may still knock for so long.
const REMEMBER_REVOKED: Duration = Duration::from_mins(1);

/// The register of open sockets, streams and MCP sessions.
#[derive(Debug, Clone, Default)]
pub struct Sessions(Arc<Mutex<Register>>);

#[derive(Debug, Default)]
struct Register {
    holders: HashMap<Holder, Held>,
    revoked: HashMap<KeyId, Instant>,
}

/// Who is counted: a key, or the address of callers without one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Holder {
    Key(KeyId),
    Address(IpAddr),
}

/// What is counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum What {
    Socket,
    Stream,
    McpSession,
}

#[derive(Debug, Default)]
struct Held {
    sockets: usize,
    streams: usize,
    mcp_sessions: usize,
    revoked: CancellationToken,
}

impl Held {
    fn count(&mut self, what: What) -> &mut usize {
        match what {
            What::Socket => &mut self.sockets,
            What::Stream => &mut self.streams,
            What::McpSession => &mut self.mcp_sessions,
        }
    }

    fn all(&self) -> usize {
        self.sockets + self.streams + self.mcp_sessions
    }
}

impl Sessions {
    /// Ends every socket, stream and MCP session of a key, and lets no further ones in. To be called after the key is revoked.
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

    /// The keys that hold something open.
    pub fn keys(&self) -> Vec<KeyId> {
        let register = self.lock();
        let keys = register.holders.keys().filter_map(|holder| match holder {
            Holder::Key(key) => Some(*key),
            Holder::Address(_) => None,
        });
        keys.collect()
    }

    /// How many sockets, streams and MCP sessions are open, of everyone.
    pub fn open_now(&self) -> usize {
        let register = self.lock();
        register.holders.values().map(Held::all).sum()
    }

    /// Counts one more; refused over `most`.
    pub(crate) fn open(&self, holder: Holder, what: What, most: usize) -> Result<Session> {
        let mut register = self.lock();
        if let Holder::Key(key) = holder
            && register.revoked.contains_key(&key)
        {
            return Err(Error::unauthenticated("this API key is revoked"));
        }
        let held = register.holders.entry(holder).or_default();
        let count = held.count(what);
        if *count >= most {
            let (what, whose) = (
                match what {
                    What::Socket => "sockets",
                    What::Stream => "streams",
                    What::McpSession => "MCP sessions",
                },
                match holder {
                    Holder::Key(_) => "of this API key",
                    Holder::Address(_) => "without an API key",
                },
            );
            let message = format!(
                "{most} {what} {whose} are open, at most {most} are allowed; close one first"
            );
            return Err(Error::rate_limited(message, None));
        }
        *count += 1;
        let revoked = held.revoked.clone();
        drop(register);
        Ok(Session {
            sessions: self.clone(),
            holder,
            what,
            revoked,
        })
    }

    fn lock(&self) -> MutexGuard<'_, Register> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Holder {
    /// Who is counted for a caller.
    pub(crate) fn of(actor: Option<&Actor>, address: IpAddr) -> Self {
        actor.map_or(Self::Address(address), |actor| Self::Key(actor.key))
    }
}

/// One open socket, stream or MCP session; dropping it counts it out.
#[derive(Debug)]
pub(crate) struct Session {
    sessions: Sessions,
    holder: Holder,
    what: What,
    revoked: CancellationToken,
}

impl Session {
    /// Waits until the key is revoked.
    pub(crate) async fn revoked(&self) {
        self.revoked.cancelled().await;
    }
}

impl Drop for Session {
    fn drop(&mut self) {
        let mut register = self.sessions.lock();
        if let Some(held) = register.holders.get_mut(&self.holder) {
            let count = held.count(self.what);
            *count = count.saturating_sub(1);
            if held.all() == 0 {
                register.holders.remove(&self.holder);
            }
        }
    }
}
