//! The audit log: who did what in an account, as a hash chain that reveals any changed, removed or moved entry.

use chrono::{DateTime, SecondsFormat, Utc};
use serde_json::{Value, json};

use crate::domain::{
    AccountId, AgentId, AuditHead, AuditId, AuditKey, AuditKeys, ConversationId,
    audit_key::hash_under, canonical_json,
};

/// An action to record in the audit log.
#[derive(Debug, Clone, PartialEq)]
pub struct AuditNote {
    /// The entry's id.
    pub id: AuditId,
    /// The time of the action.
    pub at: DateTime<Utc>,
    /// The id of the API key or agent that acted.
    pub actor: String,
    /// The operation's name in the API, or `toolCall`.
    pub action: String,
    /// The id of the item that was acted on.
    pub subject: Option<String>,
    /// The agent that the action concerns.
    pub agent: Option<AgentId>,
    /// The conversation in which the action happened.
    pub conversation: Option<ConversationId>,
    /// Further details, an object; never a secret or the text of a message.
    pub detail: Value,
}

/// An entry of an account's audit log.
#[derive(Debug, Clone, PartialEq)]
pub struct AuditEntry {
    /// The account that owns the log.
    pub account: AccountId,
    /// The entry's position in the account's log, from 1, without gaps.
    pub sequence: i64,
    /// The recorded action.
    pub note: AuditNote,
    /// The hash of the previous entry; zeros for the first.
    pub previous_hash: [u8; 32],
    /// The hash of this entry.
    pub hash: [u8; 32],
    /// The id of the key of the hash (HMAC-SHA256); none for a plain SHA-256.
    pub key: Option<String>,
}

/// Whether an entry is unchanged since it was written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Integrity {
    /// The hash matches the content.
    Intact,
    /// The hash does not match the content.
    Altered,
    /// The key is not in the key ring, so the hash cannot be checked.
    UnknownKey,
}

impl AuditEntry {
    /// The entry at `sequence`, whose predecessor has `previous_hash`. The hash uses `key` if there is one.
    pub fn chained(
        account: AccountId,
        sequence: i64,
        previous_hash: [u8; 32],
        note: AuditNote,
        key: Option<&AuditKey>,
    ) -> Self {
        let mut entry = Self {
            account,
            sequence,
            note,
            previous_hash,
            hash: [0; 32],
            key: key.map(|key| key.id().to_owned()),
        };
        entry.hash = hash_under(key, entry.canonical().as_bytes());
        entry
    }

    /// The head of a log whose last entry is this one.
    pub fn head(&self) -> AuditHead {
        AuditHead {
            length: self.sequence,
            hash: self.hash,
        }
    }

    /// Whether the hash matches the content.
    pub fn integrity(&self, keys: &AuditKeys) -> Integrity {
        let key = self.key.as_deref().map(|id| keys.find(id));
        if key.is_some_and(|key| key.is_none()) {
            return Integrity::UnknownKey;
        }
        if self.hash == hash_under(key.flatten(), self.canonical().as_bytes()) {
            Integrity::Intact
        } else {
            Integrity::Altered
        }
    }

    /// The text to hash: the whole entry with the previous hash and the key's id, so that none of them can be
    /// exchanged. Without a key, the text is the same as before keys were introduced.
    fn canonical(&self) -> String {
        let note = &self.note;
        let mut entry = json!({
        "account": self.account.to_string(),
        "sequence": self.sequence,
        "previousHash": data_encoding::HEXLOWER.encode(&self.previous_hash),
        "id": note.id.to_string(),
        // microseconds, the precision of every database
        "at": note.at.to_rfc3339_opts(SecondsFormat::Micros, true),
        "actor": note.actor,
        "action": note.action,
        "subject": note.subject,
        "agent": note.agent.map(|id| id.to_string()),
        "conversation": note.conversation.map(|id| id.to_string()),
        "detail": note.detail,
        });
        if let (Some(key), Some(entry)) = (&self.key, entry.as_object_mut()) {
            entry.insert("key".to_owned(), Value::from(key.as_str()));
        }
        canonical_json(&entry)
    }
}

/// A filter of audit entries; all conditions that are set must hold.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct AuditFilter {
    /// The id of the API key or agent that acted.
    pub actor: Option<String>,
    /// The operation's name, or `toolCall`.
    pub action: Option<String>,
    /// The id of the item that was acted on.
    pub subject: Option<String>,
    /// The agent that the action concerns.
    pub agent: Option<AgentId>,
    /// The conversation in which the action happened.
    pub conversation: Option<ConversationId>,
    /// The earliest time, inclusive.
    pub from: Option<DateTime<Utc>>,
    /// The latest time, exclusive.
    pub to: Option<DateTime<Utc>>,
}
