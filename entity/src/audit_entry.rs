//! Who did what: a chain of hashes per account, only ever added to.

use sea_orm::entity::prelude::*;

#[sea_orm::model]
#[derive(Debug, Clone, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "audit_entries")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    pub account_id: Uuid,
    /// In the account, from 1, without gaps.
    pub sequence: i64,
    pub at: DateTimeUtc,
    pub actor: String,
    pub action: String,
    pub subject: Option<String>,
    /// No foreign key: an entry outlives what it tells of.
    pub agent_id: Option<Uuid>,
    pub conversation_id: Option<Uuid>,
    #[sea_orm(column_type = "JsonBinary")]
    pub detail: Json,
    pub previous_hash: Vec<u8>,
    /// HMAC-SHA256, or SHA-256 where there is no key, over the canonical entry and the hash before it.
    pub hash: Vec<u8>,
    /// The id of the key of the hash.
    pub hash_key: Option<String>,
    #[sea_orm(belongs_to, from = "account_id", to = "id")]
    pub account: BelongsTo<super::account::Entity>,
}

impl ActiveModelBehavior for ActiveModel {}
