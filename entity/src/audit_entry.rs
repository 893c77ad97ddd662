//! The audit log: an append-only chain of hashes per account.

use sea_orm::entity::prelude::*;

#[sea_orm::model]
#[derive(Debug, Clone, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "audit_entries")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    pub account_id: Uuid,
    /// The entry's number in the account, from 1, without gaps.
    pub sequence: i64,
    pub at: DateTimeUtc,
    pub actor: String,
    pub action: String,
    pub subject: Option<String>,
    /// Without a foreign key: an entry outlives what it describes.
    pub agent_id: Option<Uuid>,
    pub conversation_id: Option<Uuid>,
    #[sea_orm(column_type = "JsonBinary")]
    pub detail: Json,
    pub previous_hash: Vec<u8>,
    /// HMAC-SHA256, or SHA-256 without a key, over the canonical entry and the previous hash.
    pub hash: Vec<u8>,
    /// The id of the key of `hash`; null for SHA-256.
    pub hash_key: Option<String>,
    /// HMAC-SHA256, or SHA-256 without a key, over what an erasure left of the entry; null for an entry as it was
    /// written.
    pub tombstone: Option<Vec<u8>>,
    #[sea_orm(belongs_to, from = "account_id", to = "id")]
    pub account: BelongsTo<super::account::Entity>,
}

impl ActiveModelBehavior for ActiveModel {}
