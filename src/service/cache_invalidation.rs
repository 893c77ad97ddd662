//! Empties this process's caches when an account changes in another process.

use futures::{StreamExt, stream::BoxStream};

use super::{OperationSets, PublicOrigins};
use crate::port::Announcement;

/// Forgets cached settings that another process has changed.
pub struct CacheInvalidation {
    /// The operations that accounts let their end users execute.
    pub operations: OperationSets,
    /// The origins of public agents.
    pub origins: PublicOrigins,
}

impl CacheInvalidation {
    /// Handles announcements until their stream ends.
    pub async fn run(self, mut announced: BoxStream<'static, Announcement>) {
        while let Some(announcement) = announced.next().await {
            match announcement {
                Announcement::OperationsChanged => self.operations.forget(),
                Announcement::PublicAccessChanged(_) => self.origins.forget(),
                Announcement::Missed => {
                    self.operations.forget();
                    self.origins.forget();
                }
                Announcement::AgentChanged(_)
                | Announcement::RunBegun(_)
                | Announcement::RunQueued(_)
                | Announcement::ConversationDeleted(_)
                | Announcement::ConversationChanged(_)
                | Announcement::CancelRequested(_)
                | Announcement::ToolCallChanged(_)
                | Announcement::KeyRevoked(_)
                | Announcement::SessionRevoked(_)
                | Announcement::SessionRenewed(_)
                | Announcement::TokensRevoked(_)
                | Announcement::AccountTermsChanged(_)
                | Announcement::DocumentChanged(_) => {}
            }
        }
    }
}
