//! The register of open sockets, streams and MCP sessions, counted per key or end user's session and per account, and ended
//! at once when the key or session is revoked. A renewed session's sockets and streams continue in the session that took
//! its place. Each process counts its own.

mod connection;
mod register;

use std::{
    net::IpAddr,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use tokio::time::Instant;

pub(crate) use self::connection::{ConnectionEnd, OpenConnection};
use self::{
    connection::{CountedHolders, Fates},
    register::{ConnectionRegister, Fate, Holder, Renewal},
};
use super::HttpState;
use crate::{
    domain::{AccountId, Actor, CredentialId, SessionId, TierQuotas, TokenRevocation},
    error::{Error, Result},
};

/// The register of open sockets, streams and MCP sessions. Clones share it.
#[derive(Debug, Clone, Default)]
pub struct OpenConnections(Arc<Mutex<ConnectionRegister>>);

/// The `retryAfterSeconds` of a caller over its limit.
const RETRY_AFTER: Duration = Duration::from_secs(5);

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

impl OpenConnections {
    /// Ends all sockets, streams and MCP sessions of a key or session, and refuses further ones. Call it after the
    /// revocation.
    pub fn close(&self, credential: CredentialId) {
        self.lock().end(credential, Fate::Revoked);
    }

    /// Ends all sockets, streams and MCP sessions of revoked tokens of identity providers, and refuses further ones. Call it
    /// after the revocation.
    pub fn close_tokens(&self, revocation: TokenRevocation) {
        self.lock().revoke_tokens(revocation);
    }

    /// Ends all sockets, streams and MCP sessions that act in an account. Call it after the suspension.
    pub fn close_account(&self, account: AccountId) {
        let register = self.lock();
        if let Some(held) = register.holders.get(&Holder::Account(account)) {
            held.fate.send_replace(Fate::Revoked);
        }
    }

    /// The accounts with open sockets, streams or MCP sessions.
    pub fn accounts(&self) -> Vec<AccountId> {
        let register = self.lock();
        let holders = register.holders.keys();
        let accounts = holders.filter_map(|holder| match holder {
            Holder::Account(account) => Some(*account),
            Holder::Address(_) | Holder::Credential(_) => None,
        });
        accounts.collect()
    }

    /// Lets the sockets and streams of a session continue as `actor`, in the session that took its place and that
    /// expires in `expires_in`; refuses further ones of the old session.
    pub fn renew(&self, old: SessionId, actor: Actor, expires_in: Duration) {
        let expires_at = Instant::now() + expires_in;
        let renewal = Renewal { actor, expires_at };
        let fate = Fate::Renewed(Arc::new(renewal));
        self.lock().end(CredentialId::Session(old), fate);
    }

    /// The keys and sessions with open sockets, streams or MCP sessions.
    pub fn credentials(&self) -> Vec<CredentialId> {
        let register = self.lock();
        let holders = register.holders.keys();
        let credentials = holders.filter_map(|holder| match holder {
            Holder::Credential(credential) => Some(*credential),
            Holder::Address(_) | Holder::Account(_) => None,
        });
        credentials.collect()
    }

    /// The number of open sockets, streams and MCP sessions of all callers.
    pub fn open_now(&self) -> usize {
        let register = self.lock();
        let holders = register.holders.iter();
        // an account's count is the sum of the counts of its keys and sessions
        let once = holders.filter(|(holder, _)| !matches!(holder, Holder::Account(_)));
        once.map(|(_, held)| held.all()).sum()
    }

    /// The open connections by kind, for metrics.
    pub fn counts(&self) -> [(&'static str, usize); 3] {
        let register = self.lock();
        let holders = register.holders.iter();
        let once = holders.filter(|(holder, _)| !matches!(holder, Holder::Account(_)));
        let mut counts = [("socket", 0), ("stream", 0), ("mcp_session", 0)];
        for (_, held) in once {
            counts[0].1 += held.sockets;
            counts[1].1 += held.streams;
            counts[2].1 += held.mcp_sessions;
        }
        counts
    }

    /// Counts one more for the caller and for its account; refused when either is at its limit.
    fn open(
        &self,
        caller: HolderLimit,
        account: Option<HolderLimit>,
        what: ConnectionKind,
    ) -> Result<OpenConnection> {
        let mut register = self.lock();
        if let Holder::Credential(credential) = caller.holder
            && register.has_ended(credential)
        {
            return Err(Error::unauthenticated(match credential {
                CredentialId::Key(_) => "this API key is revoked",
                CredentialId::Session(_) => "this session was revoked or renewed",
                CredentialId::Token(_) => "this token was revoked",
            }));
        }
        for bound in [Some(caller), account].into_iter().flatten() {
            let held = register.holders.get(&bound.holder);
            if held.map_or(0, |held| held.count(what)) >= bound.most {
                return Err(too_many(bound, what));
            }
        }
        let suspension = account.map(|account| register.count_in(account.holder, what));
        let fate = register.count_in(caller.holder, what);
        drop(register);
        let holders = CountedHolders {
            caller: caller.holder,
            account: account.map(|bound| bound.holder),
        };
        Ok(OpenConnection::new(
            self.clone(),
            holders,
            what,
            Fates { fate, suspension },
        ))
    }

    fn lock(&self) -> MutexGuard<'_, ConnectionRegister> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Counts one more socket, stream or MCP session of a caller; `RATE_LIMITED` when its key or session or its account is at
/// its limit. Callers without any are counted by address.
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
    let holder = Holder::Credential(actor.credential());
    let caller = HolderLimit { holder, most };
    let opened = state.sessions().open(caller, Some(account), what)?;
    let expires_in = actor
        .expires_at()
        .map(|at| (at - state.clock().now()).to_std().unwrap_or_default());
    opened.begin(actor.clone(), expires_in);
    // a suspension since the authentication has ended the connections before this one
    state.access().check_suspension(actor).await?;
    Ok(opened)
}

fn too_many(HolderLimit { holder, most }: HolderLimit, what: ConnectionKind) -> Error {
    let what = match what {
        ConnectionKind::Socket => "sockets",
        ConnectionKind::Stream => "streams",
        ConnectionKind::McpSession => "MCP sessions",
    };
    let whose = match holder {
        Holder::Credential(CredentialId::Key(_)) => "of this API key",
        Holder::Credential(CredentialId::Session(_)) => "of this session",
        Holder::Credential(CredentialId::Token(_)) => "of this token",
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
