//! Word of what changed in an account, for whoever is listening now; nothing that must not be lost.

use futures::stream::BoxStream;
use serde::{Deserialize, Serialize};

use crate::domain::{AccountId, AgentId, ConversationId, KeyId, RunId, ToolCallId};

/// What changed. Processes of neighbouring versions tell each other: a kind keeps its name, and a new one is ignored by
/// those who do not know it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Announcement {
    /// An agent was made, changed or deleted.
    AgentChanged(AgentId),
    /// A conversation has a new run, which is being answered already.
    RunBegun(ConversationId),
    /// A conversation has a new run, which waits, or one that waited and was cancelled.
    RunQueued(ConversationId),
    /// A conversation is gone.
    ConversationDeleted(ConversationId),
    /// Someone asked that a run stop.
    CancelRequested(RunId),
    /// A tool call began to wait for a person's decision, or was decided.
    ToolCallChanged(ToolCallId),
    /// Nobody may act with this API key any more.
    KeyRevoked(KeyId),
    /// The listener was too slow, or out of reach: anything may have changed.
    Missed,
}

/// Carries announcements to every listener of an account, in every process.
pub trait Announcements: Send + Sync {
    /// Tells everyone who listens now. Never waits: who cannot be told hears [`Announcement::Missed`] later.
    fn publish(&self, account: AccountId, announcement: Announcement);

    /// Everything that is announced from now on.
    fn listen(&self, account: AccountId) -> BoxStream<'static, Announcement>;

    /// Everything that is announced from now on, in any account: for the platform's own work.
    fn listen_all(&self) -> BoxStream<'static, Announcement>;
}
