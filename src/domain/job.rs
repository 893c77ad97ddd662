//! Background jobs.

use serde_json::Value;
use uuid::Uuid;

use crate::domain::AccountId;

/// A background job, repeated until it is done.
#[derive(Debug, Clone, PartialEq)]
pub struct Job {
    /// The job's id.
    pub id: Uuid,
    /// The account that owns the job.
    pub account: AccountId,
    /// The kind of work.
    pub kind: JobKind,
    /// The id of the row that the job is about; the kind determines the table.
    pub subject: Uuid,
    /// Data that the subject's row does not have, or no longer has after its deletion.
    pub payload: Option<Value>,
    /// The number of requests for this job, at the time of the claim.
    pub wanted: i64,
    /// The number of the claim; a writer with an older one changes nothing.
    pub epoch: i64,
    /// The number of attempts since the job last completed; 1 for the first.
    pub attempts: i32,
    /// The number of processes in a row that died at a dangerous step of the job, at the time of the claim.
    pub deaths: i32,
}

/// The kind of a background job.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum JobKind {
    /// Makes a document's requested revision searchable. The subject is a document.
    IngestDocument,
    /// Moves an agent's vectors to another collection. The subject is an agent.
    MoveVectors,
    /// Optimises an agent's collection for search. The subject is an agent.
    SettleVectors,
    /// Removes vectors that nothing refers to any more. The subject is a document, or a collection's configuration.
    RemoveVectors,
    /// Builds the persona of a digital expert from its documents. The subject is an agent.
    BuildPersona,
    /// Removes what an end user left. The subject is an erasure.
    EraseEndUser,
    /// Removes an account with everything that belongs to it. The subject is the account; the job is one of the operator's
    /// account.
    DeleteAccount,
    /// Sends the events of an account to an address. The subject is a webhook.
    DeliverEvents,
}

impl JobKind {
    /// Every kind.
    pub const ALL: [Self; 8] = [
        Self::IngestDocument,
        Self::MoveVectors,
        Self::SettleVectors,
        Self::RemoveVectors,
        Self::BuildPersona,
        Self::EraseEndUser,
        Self::DeleteAccount,
        Self::DeliverEvents,
    ];

    /// The kind's name in logs and metrics.
    pub fn name(self) -> &'static str {
        match self {
            Self::IngestDocument => "INGEST_DOCUMENT",
            Self::MoveVectors => "MOVE_VECTORS",
            Self::SettleVectors => "SETTLE_VECTORS",
            Self::RemoveVectors => "REMOVE_VECTORS",
            Self::BuildPersona => "BUILD_PERSONA",
            Self::EraseEndUser => "ERASE_END_USER",
            Self::DeleteAccount => "DELETE_ACCOUNT",
            Self::DeliverEvents => "DELIVER_EVENTS",
        }
    }
}
