//! Which generation of the protocol each server speaks, so that older servers are not probed at each connection.

use std::{
    collections::HashMap,
    sync::{Mutex, MutexGuard, PoisonError},
};

use crate::{domain::McpServerId, port::ToolEndpoint};

/// The number of servers at which all are forgotten; each is then probed once more.
const MOST_SERVERS: usize = 10_000;

/// A generation of the protocol.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum ProtocolEra {
    /// 2026-07-28 and later: `server/discover`, and no sessions.
    Discover,
    /// Until 2025-11-25: `initialize`.
    Initialize,
}

/// The generations that servers of this process were found to speak, by server and address.
#[derive(Default)]
pub(super) struct KnownEras(Mutex<HashMap<(McpServerId, String), ProtocolEra>>);

impl KnownEras {
    /// The generation of a server, if it was found out before.
    pub(super) fn get(&self, endpoint: &ToolEndpoint) -> Option<ProtocolEra> {
        self.lock()
            .get(&(endpoint.server, endpoint.url.clone()))
            .copied()
    }

    /// Remembers the generation of a server; `None` has it found out at the next connection.
    pub(super) fn set(&self, endpoint: &ToolEndpoint, era: Option<ProtocolEra>) {
        let mut known = self.lock();
        if known.len() >= MOST_SERVERS {
            known.clear();
        }
        let key = (endpoint.server, endpoint.url.clone());
        match era {
            Some(era) => known.insert(key, era),
            None => known.remove(&key),
        };
    }

    /// Forgets a server whose registration has changed.
    pub(super) fn forget(&self, server: McpServerId) {
        self.lock().retain(|(known, _), _| *known != server);
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<(McpServerId, String), ProtocolEra>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
