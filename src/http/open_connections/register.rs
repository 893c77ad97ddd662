//! What the register holds: how many connections each holder has, and which keys and sessions have ended.

use std::{collections::HashMap, net::IpAddr, sync::Arc, time::Duration};

use tokio::{sync::watch, time::Instant};

use super::ConnectionKind;
use crate::domain::{AccountId, Actor, CredentialId, TokenRevocation};

/// The time for which revoked and renewed credentials are remembered: a request may have been authenticated just before.
const REMEMBER_REVOKED: Duration = Duration::from_mins(1);

/// The counts of all holders, and the keys and sessions that have ended.
#[derive(Debug, Default)]
pub(super) struct ConnectionRegister {
    pub(super) holders: HashMap<Holder, ConnectionCounts>,
    pub(super) ended: HashMap<CredentialId, EndedCredential>,
    pub(super) revoked_tokens: Vec<(Instant, TokenRevocation)>,
}

/// The unit of counting: a key or session, or the address for callers without one; and, beside a key or session, the
/// account that it acts in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Holder {
    Credential(CredentialId),
    Address(IpAddr),
    Account(AccountId),
}

/// The open connections of a holder.
#[derive(Debug, Default)]
pub(super) struct ConnectionCounts {
    pub(super) sockets: usize,
    pub(super) streams: usize,
    pub(super) mcp_sessions: usize,
    pub(super) fate: watch::Sender<Fate>,
}

/// A key or session that cannot be used any more.
#[derive(Debug)]
pub(super) struct EndedCredential {
    pub(super) at: Instant,
    pub(super) fate: Fate,
}

/// What has happened to a key or session.
#[derive(Debug, Clone, Default)]
pub(super) enum Fate {
    /// It can be used.
    #[default]
    Valid,
    /// It was revoked.
    Revoked,
    /// Another session took its place.
    Renewed(Arc<Renewal>),
}

/// The session that takes the place of another one.
#[derive(Debug)]
pub(super) struct Renewal {
    /// The end user in the new session.
    pub(super) actor: Actor,
    /// The time from which on the new session is not valid any more.
    pub(super) expires_at: Instant,
}

impl ConnectionCounts {
    pub(super) fn count(&self, what: ConnectionKind) -> usize {
        match what {
            ConnectionKind::Socket => self.sockets,
            ConnectionKind::Stream => self.streams,
            ConnectionKind::McpSession => self.mcp_sessions,
        }
    }

    pub(super) fn counter(&mut self, what: ConnectionKind) -> &mut usize {
        match what {
            ConnectionKind::Socket => &mut self.sockets,
            ConnectionKind::Stream => &mut self.streams,
            ConnectionKind::McpSession => &mut self.mcp_sessions,
        }
    }

    pub(super) fn all(&self) -> usize {
        self.sockets + self.streams + self.mcp_sessions
    }
}

impl ConnectionRegister {
    /// Refuses further connections of a key or session, and lets the open ones know.
    pub(super) fn end(&mut self, credential: CredentialId, fate: Fate) {
        let at = Instant::now();
        self.ended
            .retain(|_, ended| at.duration_since(ended.at) < REMEMBER_REVOKED);
        if let Some(held) = self.holders.get(&Holder::Credential(credential)) {
            held.fate.send_replace(fate.clone());
        }
        self.ended.insert(credential, EndedCredential { at, fate });
    }

    /// Refuses further connections of revoked tokens, and lets the open ones know.
    pub(super) fn revoke_tokens(&mut self, revocation: TokenRevocation) {
        let now = Instant::now();
        self.revoked_tokens
            .retain(|(at, _)| now.duration_since(*at) < REMEMBER_REVOKED);
        for (holder, held) in &self.holders {
            if let Holder::Credential(CredentialId::Token(token)) = holder
                && revocation.covers(token)
            {
                held.fate.send_replace(Fate::Revoked);
            }
        }
        self.revoked_tokens.push((now, revocation));
    }

    /// Whether a credential was revoked or renewed lately.
    pub(super) fn has_ended(&self, credential: CredentialId) -> bool {
        let mut revoked = self.revoked_tokens.iter();
        self.ended.contains_key(&credential)
            || matches!(credential, CredentialId::Token(token) if revoked.any(|(_, all)| all.covers(&token)))
    }

    /// The session that is valid now in a chain of renewals; none when it was revoked.
    pub(super) fn last_of(&self, first: &Arc<Renewal>) -> Option<Arc<Renewal>> {
        let mut last = Arc::clone(first);
        while let Some(ended) = self.ended.get(&last.actor.credential()) {
            match &ended.fate {
                Fate::Renewed(next) => last = Arc::clone(next),
                Fate::Valid | Fate::Revoked => return None,
            }
        }
        Some(last)
    }

    /// Counts one more of a holder; returns what happens to the holder from now on.
    pub(super) fn count_in(
        &mut self,
        holder: Holder,
        what: ConnectionKind,
    ) -> watch::Receiver<Fate> {
        let held = self.holders.entry(holder).or_default();
        *held.counter(what) += 1;
        held.fate.subscribe()
    }

    /// Counts one less of a holder.
    pub(super) fn count_out(&mut self, holder: Holder, what: ConnectionKind) {
        if let Some(held) = self.holders.get_mut(&holder) {
            let count = held.counter(what);
            *count = count.saturating_sub(1);
            if held.all() == 0 {
                self.holders.remove(&holder);
            }
        }
    }
}
