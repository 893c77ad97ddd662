//! Accounts, the tenants.

use sea_orm::entity::prelude::*;

#[sea_orm::model]
#[derive(Debug, Clone, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "accounts")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    pub name: String,
    pub tier: AccountTier,
    #[sea_orm(column_type = "JsonBinary")]
    pub billing_settings: Json,
    /// Settings for all of its agents.
    #[sea_orm(column_type = "JsonBinary")]
    pub configuration: Json,
    /// How many entries its audit log has.
    pub audit_length: i64,
    /// The id of the key of `audit_mac`.
    pub audit_key: Option<String>,
    /// HMAC-SHA256 over the account, the log's length and its last hash.
    pub audit_mac: Option<Vec<u8>>,
    /// How many documents it has; kept in the transaction that changes them.
    pub document_count: i64,
    /// How many bytes the contents of its documents have; kept likewise.
    pub document_bytes: i64,
    /// Tokens a month, whatever its own budget says; the operator's.
    pub ceiling_tokens: Option<i64>,
    /// US dollars a month, whatever its own budget says; the operator's.
    pub ceiling_cost_usd: Option<f64>,
    pub created_at: DateTimeUtc,
}

/// What an account pays for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, EnumIter, DeriveActiveEnum)]
#[sea_orm(
    rs_type = "String",
    db_type = "String(StringLen::None)",
    rename_all = "SCREAMING_SNAKE_CASE"
)]
pub enum AccountTier {
    Entry,
    Standard,
    Premium,
}

impl ActiveModelBehavior for ActiveModel {}
