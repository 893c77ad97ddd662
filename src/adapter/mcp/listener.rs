//! Handles messages that a server sends during a call: progress notifications are used, all others are ignored.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
};

use rmcp::{
    ClientHandler, RoleClient,
    model::{
        ClientCapabilities, ClientConfig, Implementation, ProgressNotificationParam, ProgressToken,
        ProtocolVersion,
    },
    service::NotificationContext,
};
use tokio::sync::Notify;

/// The client handler of a connection. It offers servers no sampling, no roots and no elicitation.
#[derive(Debug, Clone, Default)]
pub(super) struct Listener {
    waiting: Arc<Mutex<HashMap<ProgressToken, Arc<Notify>>>>,
}

/// Receives the progress of one call until it is dropped.
pub(super) struct ProgressListener {
    token: ProgressToken,
    heard: Arc<Notify>,
    listener: Listener,
}

impl Listener {
    /// Registers a call for progress notifications.
    pub(super) fn progress_of(&self, token: ProgressToken) -> ProgressListener {
        let heard = Arc::new(Notify::new());
        self.calls(|calls| calls.insert(token.clone(), Arc::clone(&heard)));
        ProgressListener {
            token,
            heard,
            listener: self.clone(),
        }
    }

    fn calls<T>(&self, with: impl FnOnce(&mut HashMap<ProgressToken, Arc<Notify>>) -> T) -> T {
        with(&mut self.waiting.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl ProgressListener {
    /// Waits for the next progress notification.
    pub(super) async fn heard(&self) {
        self.heard.notified().await;
    }
}

impl Drop for ProgressListener {
    fn drop(&mut self) {
        self.listener.calls(|calls| calls.remove(&self.token));
    }
}

impl ClientHandler for Listener {
    async fn on_progress(
        &self,
        progress: ProgressNotificationParam,
        _context: NotificationContext<RoleClient>,
    ) {
        let call = self.calls(|calls| calls.get(&progress.progress_token).cloned());
        if let Some(call) = call {
            call.notify_one();
        }
    }

    fn get_info(&self) -> ClientConfig {
        let own = Implementation::new("troupe", env!("CARGO_PKG_VERSION"));
        ClientConfig::new(ClientCapabilities::default(), own)
            .with_protocol_version(ProtocolVersion::LATEST_WITH_INITIALIZE)
    }
}
