//! The audit log: who did what in an account, as a chain in which no entry can be changed, left out or moved unnoticed.

use chrono::{DateTime, SecondsFormat, Utc};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use crate::domain::{AccountId, AgentId, AuditId, ConversationId, canonical_json};

/// What is to be kept of something that was done.
#[derive(Debug, Clone, PartialEq)]
pub struct AuditNote {
    /// The entry's id.
    pub id: AuditId,
    /// When it was done.
    pub at: DateTime<Utc>,
    /// Who did it: the id of an API key, or of an agent.
    pub actor: String,
    /// What was done: the operation's name in the API, or `toolCall`.
    pub action: String,
    /// The id of what it was done to.
    pub subject: Option<String>,
    /// The agent it is about.
    pub agent: Option<AgentId>,
    /// The conversation it happened in.
    pub conversation: Option<ConversationId>,
    /// The rest, an object; never a secret or what somebody said.
    pub detail: Value,
}

/// An entry of an account's audit log.
#[derive(Debug, Clone, PartialEq)]
pub struct AuditEntry {
    /// The account.
    pub account: AccountId,
    /// Its place in the account's log, from 1, without gaps.
    pub sequence: i64,
    /// What was done.
    pub note: AuditNote,
    /// The hash of the entry before it; zeros for the first.
    pub previous_hash: [u8; 32],
    /// The hash of this entry.
    pub hash: [u8; 32],
}

impl AuditEntry {
    /// The entry that follows the one at `sequence - 1` with that hash.
    pub fn chained(
        account: AccountId,
        sequence: i64,
        previous_hash: [u8; 32],
        note: AuditNote,
    ) -> Self {
        let hash = hash(account, sequence, previous_hash, &note);
        Self {
            account,
            sequence,
            note,
            previous_hash,
            hash,
        }
    }

    /// Whether its hash is that of what it says.
    pub fn is_intact(&self) -> bool {
        self.hash == hash(self.account, self.sequence, self.previous_hash, &self.note)
    }
}

/// SHA-256 over the canonical entry and the hash before it.
fn hash(account: AccountId, sequence: i64, previous_hash: [u8; 32], note: &AuditNote) -> [u8; 32] {
    let entry = json!({
        "account": account.to_string(),
        "sequence": sequence,
        "previousHash": data_encoding::HEXLOWER.encode(&previous_hash),
        "id": note.id.to_string(),
        // as precise as every database keeps it
        "at": note.at.to_rfc3339_opts(SecondsFormat::Micros, true),
        "actor": note.actor,
        "action": note.action,
        "subject": note.subject,
        "agent": note.agent.map(|id| id.to_string()),
        "conversation": note.conversation.map(|id| id.to_string()),
        "detail": note.detail,
    });
    Sha256::digest(canonical_json(&entry)).into()
}

/// Which entries are asked for; everything that is set must hold.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct AuditFilter {
    /// Who did it.
    pub actor: Option<String>,
    /// What was done.
    pub action: Option<String>,
    /// The id of what it was done to.
    pub subject: Option<String>,
    /// The agent it is about.
    pub agent: Option<AgentId>,
    /// The conversation it happened in.
    pub conversation: Option<ConversationId>,
    /// Not before.
    pub from: Option<DateTime<Utc>>,
    /// Before.
    pub to: Option<DateTime<Utc>>,
}
