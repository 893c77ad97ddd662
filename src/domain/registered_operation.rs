//! Registered operations: the documents that an account lets its end users execute.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use crate::domain::{AccountId, RegisteredOperationId};

/// A GraphQL document that an account has registered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RegisteredOperation {
    /// The operation's id.
    pub id: RegisteredOperationId,
    /// The account.
    pub account: AccountId,
    /// The name of the document's one operation.
    pub name: String,
    /// The SHA-256 of the document's text, byte by byte.
    pub hash: [u8; 32],
    /// The text of the document.
    pub document: String,
    /// The time of the registration.
    pub created_at: DateTime<Utc>,
}

/// The documents that the end users of an account may execute.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum EndUserOperations {
    /// Every document over the fields for end users.
    #[default]
    Any,
    /// Registered ones only.
    Registered,
}
