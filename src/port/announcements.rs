//! Word of what changed in an account, for whoever is listening now; nothing that must not be lost.

use futures::stream::BoxStream;

use crate::domain::{AccountId, AgentId, ConversationId};

/// What changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Announcement {
    /// An agent was made, changed or deleted.
    AgentChanged(AgentId),
    /// A conversation has a new run.
    RunAccepted(ConversationId),
    /// The listener was too slow: anything may have changed.
    Missed,
}

/// Carries announcements to every listener of an account.
pub trait Announcements: Send + Sync {
    /// Tells everyone who listens now.
    fn publish(&self, account: AccountId, announcement: Announcement);

    /// Everything that is announced from now on.
    fn listen(&self, account: AccountId) -> BoxStream<'static, Announcement>;
}
