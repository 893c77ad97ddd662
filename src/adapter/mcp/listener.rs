//! Handles messages that a server sends during a call: progress notifications are used, all others are ignored.

use rmcp::{
    ClientHandler, RoleClient,
    model::{
        ClientCapabilities, ClientConfig, Implementation, ProgressNotificationParam,
        ProtocolVersion,
    },
    service::NotificationContext,
};

use super::life_signs::CallWatches;

/// The client handler of a connection. It offers servers no sampling, no roots and no elicitation.
#[derive(Debug, Clone, Default)]
pub(super) struct Listener {
    pub(super) watches: CallWatches,
}

impl ClientHandler for Listener {
    async fn on_progress(
        &self,
        progress: ProgressNotificationParam,
        _context: NotificationContext<RoleClient>,
    ) {
        self.watches.progressed(&progress.progress_token);
    }

    fn get_info(&self) -> ClientConfig {
        let own = Implementation::new("troupe", env!("CARGO_PKG_VERSION"));
        ClientConfig::new(ClientCapabilities::default(), own)
            .with_protocol_version(ProtocolVersion::LATEST_WITH_INITIALIZE)
    }
}
