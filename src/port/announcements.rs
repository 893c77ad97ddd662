//! Announcements of changes in an account to the processes that listen now. Delivery is best effort.

use futures::stream::BoxStream;
use serde::{Deserialize, Serialize};

use crate::domain::{
    AccountId, AgentId, ConversationId, DocumentId, EndUserId, KeyId, RunId, SessionId,
    TokenRevocation, ToolCallId,
};

/// A change in an account. Processes of neighbouring versions exchange these: a variant keeps its name, and a receiver
/// ignores a variant that it does not know.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Announcement {
    /// An agent was created, changed or deleted.
    AgentChanged(AgentId),
    /// A conversation has a new run, and a process is answering it already.
    RunBegun(ConversationId),
    /// A conversation has a new queued run, or a queued run was cancelled.
    RunQueued(ConversationId),
    /// A conversation was deleted.
    ConversationDeleted(ConversationId),
    /// A conversation changed in a way that lists show.
    ConversationChanged(ConversationNotice),
    /// The ingestion of a document made progress, or the document was deleted.
    DocumentChanged(DocumentNotice),
    /// The cancellation of a run was requested.
    CancelRequested(RunId),
    /// A tool call began to wait for approval, or was decided.
    ToolCallChanged(ToolCallId),
    /// The tier of an account changed, or it was suspended or resumed.
    AccountTermsChanged(AccountId),
    /// An API key was revoked.
    KeyRevoked(KeyId),
    /// A session of an end user was revoked.
    SessionRevoked(SessionId),
    /// A session of an end user took the place of another one.
    SessionRenewed(SessionRenewal),
    /// Tokens of identity providers were revoked.
    TokensRevoked(TokenRevocation),
    /// The public access of an agent changed.
    PublicAccessChanged(AgentId),
    /// The operations that the account's end users may execute changed.
    OperationsChanged,
    /// The listener was too slow or disconnected and missed announcements: anything may have changed.
    Missed,
}

/// A change of a document.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct DocumentNotice {
    /// The agent that the document belongs to.
    pub agent: AgentId,
    /// The document.
    pub document: DocumentId,
}

/// A change of a conversation that lists show.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct ConversationNotice {
    /// The conversation.
    pub conversation: ConversationId,
    /// What happened.
    pub kind: ConversationChangeKind,
    /// The end user of a deleted conversation, which can no longer be read; none for other changes.
    pub owner: Option<EndUserId>,
}

impl ConversationNotice {
    /// The notice of a change of a conversation that still exists.
    pub fn of(conversation: ConversationId, kind: ConversationChangeKind) -> Announcement {
        Announcement::ConversationChanged(Self {
            conversation,
            kind,
            owner: None,
        })
    }
}

/// What happened to a conversation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum ConversationChangeKind {
    /// It began.
    Created,
    /// It has another title, agent, archive state, metadata, read mark or line, or a new message.
    Updated,
    /// It has a new answer, or a run ended without one.
    Answered,
    /// It was deleted.
    Deleted,
}

/// The replacement of a session by another one of the same end user.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct SessionRenewal {
    /// The session that cannot be used any more.
    pub old: SessionId,
    /// The session that its connections continue in.
    pub new: SessionId,
}

/// Carries announcements to every listener of an account, in every process.
pub trait Announcements: Send + Sync {
    /// Publishes to all current listeners. Never waits; a listener that cannot be reached gets [`Announcement::Missed`]
    /// later.
    fn publish(&self, account: AccountId, announcement: Announcement);

    /// A stream of the account's announcements from now on.
    fn listen(&self, account: AccountId) -> BoxStream<'static, Announcement>;

    /// A stream of the announcements of all accounts from now on, for the platform's own tasks.
    fn listen_all(&self) -> BoxStream<'static, Announcement>;
}
