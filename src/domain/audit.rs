//! The audit log: who did what in an account, as a hash chain that reveals any changed, removed or moved entry.

use chrono::{DateTime, SecondsFormat, Utc};
use serde_json::{Value, json};

use crate::domain::{
    AccountId, AgentId, AuditHead, AuditId, AuditKey, AuditKeys, ConversationId, EndUserId,
    ErasureId, audit_key::hash_under, canonical_json,
};

/// The actor of an entry whose actor was erased.
const ERASED_ACTOR: &str = "erased";

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
    /// The hash of what an erasure left of the entry; none for an entry as it was written.
    pub tombstone: Option<[u8; 32]>,
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
            tombstone: None,
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

    /// The entry without what it says of a person. Its place and its hash stay, so that the entries after it still
    /// follow it; the tombstone vouches, under `key`, that a holder of the key removed the content.
    #[must_use]
    pub fn redacted(mut self, erasure: ErasureId, key: Option<&AuditKey>) -> Self {
        let note = &mut self.note;
        if EndUserId::parse("actor", &note.actor).is_ok() {
            ERASED_ACTOR.clone_into(&mut note.actor);
        }
        note.subject = None;
        note.conversation = None;
        note.detail = json!({"erasure": erasure.to_string(), "key": key.map(AuditKey::id)});
        self.tombstone = Some(hash_under(key, self.remainder().as_bytes()));
        self
    }

    /// Whether the hash, or the tombstone of a redacted entry, matches the content.
    pub fn integrity(&self, keys: &AuditKeys) -> Integrity {
        if let Some(tombstone) = self.tombstone {
            return self.integrity_of_remainder(tombstone, keys);
        }
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

    fn integrity_of_remainder(&self, tombstone: [u8; 32], keys: &AuditKeys) -> Integrity {
        let key = match self.note.detail.get("key") {
            // what was written under a key can only be redacted under a key
            Some(Value::Null) if self.key.is_none() => None,
            Some(Value::String(id)) => match keys.find(id) {
                None => return Integrity::UnknownKey,
                key => key,
            },
            _ => return Integrity::Altered,
        };
        if tombstone == hash_under(key, self.remainder().as_bytes()) {
            Integrity::Intact
        } else {
            Integrity::Altered
        }
    }

    /// The text that a tombstone hashes: what is left of the entry, with the hash of its content.
    fn remainder(&self) -> String {
        let hash = data_encoding::HEXLOWER.encode(&self.hash);
        canonical_json(&json!({"redacted": self.canonical(), "hash": hash}))
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
