//! Keeps connections open between calls: one per stateless server, one per agent of a stateful server.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use sha2::{Digest, Sha256};
use tokio::time::Instant;
use tokio_util::{sync::CancellationToken, task::TaskTracker};

use super::{connection::Connection, failure::CallFailure, limits::McpLimits};
use crate::{
    domain::{AccountId, AgentId, McpServerId},
    port::ToolEndpoint,
};

/// The key of a connection. Another address or token has another connection.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) struct SessionKey {
    server: McpServerId,
    /// SHA-256 of the address and the token.
    reached: [u8; 32],
    /// The account and the agent, on a stateful server.
    own: Option<(AccountId, Option<AgentId>)>,
}

impl SessionKey {
    pub(super) fn of(endpoint: &ToolEndpoint) -> Self {
        let token = endpoint.token.as_ref();
        let reached = Sha256::new()
            .chain_update(&endpoint.url)
            .chain_update([0, u8::from(token.is_some())])
            .chain_update(token.map_or("", |token| token.reveal()));
        Self {
            server: endpoint.server,
            reached: reached.finalize().into(),
            own: (!endpoint.stateless).then_some((endpoint.account, endpoint.agent)),
        }
    }
}

/// A connection, and whether it was opened just now.
pub(super) struct KeptConnection {
    pub(super) connection: Arc<Connection>,
    pub(super) is_new: bool,
}

/// The open connections.
pub(super) struct McpSessions {
    limits: McpLimits,
    kept: Mutex<OpenSessions>,
    /// Cancelled when the host is dropped.
    ended: CancellationToken,
    tasks: TaskTracker,
}

#[derive(Default)]
struct OpenSessions {
    slots: HashMap<SessionKey, SessionSlot>,
    is_swept: bool,
}

/// A connection that is open or being opened. The first caller opens it while the others wait.
struct SessionSlot {
    connection: Arc<tokio::sync::Mutex<Option<Arc<Connection>>>>,
    used: Instant,
}

impl McpSessions {
    pub(super) fn new(limits: McpLimits, tasks: TaskTracker, ended: CancellationToken) -> Self {
        Self {
            limits,
            kept: Mutex::default(),
            ended,
            tasks,
        }
    }

    /// The connection of `whose`. Without a usable one, `open` creates it.
    pub(super) async fn get(
        self: &Arc<Self>,
        whose: &SessionKey,
        open: impl Future<Output = Result<Connection, CallFailure>>,
    ) -> Result<KeptConnection, CallFailure> {
        let slot = self.slot(whose);
        let mut connection = slot.lock().await;
        if let Some(known) = connection.as_ref().filter(|known| !known.is_closed()) {
            return Ok(KeptConnection {
                connection: Arc::clone(known),
                is_new: false,
            });
        }
        let opened = Arc::new(open.await?);
        Ok(KeptConnection {
            connection: Arc::clone(connection.insert(opened)),
            is_new: true,
        })
    }

    /// Keeps a connection no longer, unless another one was opened in its place. Its calls in progress continue.
    pub(super) async fn discard(&self, whose: &SessionKey, connection: &Arc<Connection>) {
        let slot = self
            .lock()
            .slots
            .get(whose)
            .map(|slot| Arc::clone(&slot.connection));
        if let Some(slot) = slot {
            let mut kept = slot.lock().await;
            if kept
                .as_ref()
                .is_some_and(|kept| Arc::ptr_eq(kept, connection))
            {
                *kept = None;
            }
        }
    }

    /// Keeps no connection of `whose` any longer.
    pub(super) fn discard_all(&self, whose: &SessionKey) {
        self.lock().slots.remove(whose);
    }

    /// Ends the sessions with a server, once their calls in progress have ended.
    pub(super) fn forget(&self, server: McpServerId) {
        self.lock().slots.retain(|whose, _| whose.server != server);
    }

    fn slot(
        self: &Arc<Self>,
        whose: &SessionKey,
    ) -> Arc<tokio::sync::Mutex<Option<Arc<Connection>>>> {
        let mut kept = self.lock();
        if !kept.slots.contains_key(whose) && kept.slots.len() >= self.limits.sessions {
            kept.give_up_oldest();
        }
        if !kept.is_swept {
            kept.is_swept = true;
            self.tasks.spawn(Arc::clone(self).sweep());
        }
        let slot = kept
            .slots
            .entry(whose.clone())
            .or_insert_with(|| SessionSlot {
                connection: Arc::default(),
                used: Instant::now(),
            });
        slot.used = Instant::now();
        Arc::clone(&slot.connection)
    }

    /// Ends idle sessions periodically, until none is left.
    async fn sweep(self: Arc<Self>) {
        loop {
            let waited = tokio::time::sleep(self.limits.idle / 4);
            let is_over = self.ended.run_until_cancelled(waited).await.is_none();
            let mut kept = self.lock();
            if is_over {
                kept.slots.clear();
            }
            kept.slots
                .retain(|_, slot| slot.is_busy() || slot.used.elapsed() < self.limits.idle);
            if kept.slots.is_empty() {
                kept.is_swept = false;
                return;
            }
        }
    }

    fn lock(&self) -> MutexGuard<'_, OpenSessions> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl OpenSessions {
    /// Removes the session that was used least recently. A call in progress continues to its end.
    fn give_up_oldest(&mut self) {
        let oldest = self.slots.iter().min_by_key(|(_, slot)| slot.used);
        if let Some(whose) = oldest.map(|(whose, _)| whose.clone()) {
            self.slots.remove(&whose);
        }
    }
}

impl SessionSlot {
    /// Whether a call is in progress or the connection is being opened.
    fn is_busy(&self) -> bool {
        match self.connection.try_lock() {
            Ok(connection) => connection
                .as_ref()
                .is_some_and(|known| Arc::strong_count(known) > 1),
            Err(_) => true,
        }
    }
}
