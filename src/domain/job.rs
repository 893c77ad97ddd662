//! What is done in the background.

use serde_json::Value;
use uuid::Uuid;

use crate::domain::AccountId;

/// Something that is to be done in the background, until it is done.
#[derive(Debug, Clone, PartialEq)]
pub struct Job {
    /// Its id.
    pub id: Uuid,
    /// Whose it is.
    pub account: AccountId,
    /// What is to be done.
    pub kind: JobKind,
    /// What it is about; the kind says of which table.
    pub subject: Uuid,
    /// What cannot be read from the subject, which may be gone.
    pub payload: Option<Value>,
    /// How often it was asked for, as of the claim.
    pub wanted: i64,
    /// Which claim this is; an older one changes nothing.
    pub epoch: i64,
    /// How often it was begun since it last came to its end; 1 for the first time.
    pub attempts: i32,
    /// How many processes in a row have ended at a step of it that may end a process, as of the claim.
    pub deaths: i32,
}

/// What is to be done.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum JobKind {
    /// A document's wanted revision is to be searched. The subject is a document.
    IngestDocument,
    /// An agent's vectors are to lie elsewhere. The subject is an agent.
    MoveVectors,
    /// An agent's vectors are to be brought into the shape in which they are searched fast. The subject is an agent.
    SettleVectors,
    /// Vectors that nothing refers to any more are to be removed. The subject is a document, or a collection's
    /// configuration.
    RemoveVectors,
}
