//! Sessions of MCP clients that use them. A session belongs to the key and account that opened it, at one server; for
//! other callers it does not exist.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use futures::Stream;
use rmcp::{
    model::{ClientJsonRpcMessage, ServerJsonRpcMessage},
    transport::streamable_http_server::{
        SessionId, SessionManager,
        session::{
            ServerSseMessage,
            local::{LocalSessionManager, LocalSessionManagerError, SessionConfig, SessionError},
        },
    },
};
use tokio_util::{sync::CancellationToken, task::TaskTracker};

use crate::{
    config::McpConfig,
    domain::{AccountId, Actor, CredentialId},
    error::{Error, Result},
    http::lifetime::Lifetime,
};

/// All MCP sessions of this process.
#[derive(Clone)]
pub(in crate::http) struct McpSessions(Arc<SessionRegister>);

struct SessionRegister {
    local: LocalSessionManager,
    open: Mutex<HashMap<SessionId, OpenSession>>,
}

/// An open session.
struct OpenSession {
    owner: Owner,
    ended: CancellationToken,
}

/// The owner of a session, and the server that it was opened at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Owner {
    account: AccountId,
    credential: CredentialId,
    server: String,
}

impl Owner {
    /// The caller as an owner, at the server with this name.
    pub(super) fn of(actor: &Actor, server: &str) -> Self {
        Self {
            account: actor.account(),
            credential: actor.credential(),
            server: server.to_owned(),
        }
    }
}

/// A slot for one more session.
pub(super) struct SessionSlot {
    life: Lifetime,
    tasks: TaskTracker,
    ended: CancellationToken,
}

impl SessionSlot {
    /// A slot for a session with this lifetime.
    pub(super) fn new(life: Lifetime, tasks: TaskTracker) -> Self {
        Self {
            life,
            tasks,
            ended: CancellationToken::new(),
        }
    }

    /// Cancelled when the session has ended.
    pub(super) fn ended(&self) -> CancellationToken {
        self.ended.clone()
    }
}

impl McpSessions {
    /// An empty register.
    pub(in crate::http) fn new(config: &McpConfig) -> Self {
        let mut session_config = SessionConfig::default();
        session_config.keep_alive = Some(config.session_idle());
        let mut local = LocalSessionManager::default();
        local.session_config = session_config;
        Self(Arc::new(SessionRegister {
            local,
            open: Mutex::default(),
        }))
    }

    /// `RATE_LIMITED` if `most` sessions are open.
    pub(super) fn check_room(&self, most: usize) -> Result<()> {
        if self.lock().len() < most {
            return Ok(());
        }
        Err(Error::rate_limited(
            "too many MCP sessions are open on this server; try again in a while, or speak a revision without sessions",
            None,
        ))
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<SessionId, OpenSession>> {
        self.0.open.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Registers a session until its lifetime or its client ends it.
    fn keep(&self, id: &SessionId, owner: Owner, slot: SessionSlot) {
        let SessionSlot { life, tasks, ended } = slot;
        let open = OpenSession {
            owner,
            ended: ended.clone(),
        };
        self.lock().insert(Arc::clone(id), open);
        let (sessions, id) = (self.clone(), Arc::clone(id));
        tasks.spawn(async move {
            tokio::select! {
                _ = life.ended() => {}
                () = ended.cancelled() => {}
            }
            sessions.lock().remove(&id);
            ended.cancel();
            if let Err(cause) = sessions.0.local.close_session(&id).await {
                tracing::debug!(%cause, "closing an MCP session that ended by itself");
            }
        });
    }
}

/// The sessions of one caller at one server.
pub(super) struct ActorSessions {
    sessions: McpSessions,
    owner: Owner,
    slot: Mutex<Option<SessionSlot>>,
}

impl ActorSessions {
    /// The owner's sessions; with a slot, one more may be opened.
    pub(super) fn new(sessions: McpSessions, owner: Owner, slot: Option<SessionSlot>) -> Self {
        Self {
            sessions,
            owner,
            slot: Mutex::new(slot),
        }
    }

    fn local(&self) -> &LocalSessionManager {
        &self.sessions.0.local
    }

    fn is_ours(&self, id: &SessionId) -> bool {
        let open = self.sessions.lock();
        open.get(id).is_some_and(|open| open.owner == self.owner)
    }

    /// A session of another owner gives the same error as one that never existed.
    fn check(&self, id: &SessionId) -> Result<(), LocalSessionManagerError> {
        if self.is_ours(id) {
            return Ok(());
        }
        Err(LocalSessionManagerError::SessionNotFound(Arc::clone(id)))
    }
}

impl SessionManager for ActorSessions {
    type Error = LocalSessionManagerError;
    type Transport = <LocalSessionManager as SessionManager>::Transport;

    async fn create_session(&self) -> Result<(SessionId, Self::Transport), Self::Error> {
        let slot = self
            .slot
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .take();
        let slot = slot.ok_or(SessionError::SessionServiceTerminated)?;
        let (id, transport) = self.local().create_session().await?;
        self.sessions.keep(&id, self.owner.clone(), slot);
        Ok((id, transport))
    }

    async fn initialize_session(
        &self,
        id: &SessionId,
        message: ClientJsonRpcMessage,
    ) -> Result<ServerJsonRpcMessage, Self::Error> {
        self.check(id)?;
        self.local().initialize_session(id, message).await
    }

    async fn has_session(&self, id: &SessionId) -> Result<bool, Self::Error> {
        Ok(self.is_ours(id) && self.local().has_session(id).await?)
    }

    async fn close_session(&self, id: &SessionId) -> Result<(), Self::Error> {
        let open = self.sessions.lock();
        if let Some(open) = open.get(id).filter(|open| open.owner == self.owner) {
            open.ended.cancel();
        }
        Ok(())
    }

    async fn create_stream(
        &self,
        id: &SessionId,
        message: ClientJsonRpcMessage,
    ) -> Result<impl Stream<Item = ServerSseMessage> + Send + Sync + 'static, Self::Error> {
        self.check(id)?;
        self.local().create_stream(id, message).await
    }

    async fn accept_message(
        &self,
        id: &SessionId,
        message: ClientJsonRpcMessage,
    ) -> Result<(), Self::Error> {
        self.check(id)?;
        self.local().accept_message(id, message).await
    }

    async fn create_standalone_stream(
        &self,
        id: &SessionId,
    ) -> Result<impl Stream<Item = ServerSseMessage> + Send + Sync + 'static, Self::Error> {
        self.check(id)?;
        self.local().create_standalone_stream(id).await
    }

    async fn resume(
        &self,
        id: &SessionId,
        last_event_id: String,
    ) -> Result<impl Stream<Item = ServerSseMessage> + Send + Sync + 'static, Self::Error> {
        self.check(id)?;
        self.local().resume(id, last_event_id).await
    }
}
