//! The audit log: who did what in an account, as a chain in which no entry can be changed, left out or moved unnoticed.

use chrono::{DateTime, SecondsFormat, Utc};
use serde_json::{Value, json};

use crate::domain::{
    AccountId, AgentId, AuditHead, AuditId, AuditKey, AuditKeys, ConversationId,
    audit_key::hash_under, canonical_json,
};

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
    /// The id of the key that the hash was made under; none for a plain one.
    pub key: Option<String>,
}

/// Whether an entry is as it was written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Integrity {
    /// Its hash is that of what it says.
    Intact,
    /// Its hash is that of something else.
    Altered,
    /// Its key is not known here, so it cannot be checked.
    UnknownKey,
}

impl AuditEntry {
    /// The entry that follows the one at `sequence - 1` with that hash, under a key where there is one.
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

    /// The head of a log that ends with it.
    pub fn head(&self) -> AuditHead {
        AuditHead {
            length: self.sequence,
            hash: self.hash,
        }
    }

    /// Whether its hash is that of what it says.
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

    /// What is hashed: all of the entry, the hash before it and the key's id, so that none of them can be another one. An
    /// entry without a key is as it was before there were keys.
    fn canonical(&self) -> String {
        let note = &self.note;
        let mut entry = json!({
        "account": self.account.to_string(),
        "sequence": self.sequence,
        "previousHash": data_encoding::HEXLOWER.encode(&self.previous_hash),
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
        if let (Some(key), Some(entry)) = (&self.key, entry.as_object_mut()) {
            entry.insert("key".to_owned(), Value::from(key.as_str()));
        }
        canonical_json(&entry)
    }
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
