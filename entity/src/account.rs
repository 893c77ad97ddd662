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
    /// Settings for all agents of the account.
    #[sea_orm(column_type = "JsonBinary")]
    pub configuration: Json,
    /// Whether a model may decide between agents whose skills fit a message about equally well.
    pub routes_by_model: bool,
    /// The documents that end users may execute.
    pub end_user_operations: EndUserOperations,
    /// The number of entries in the account's audit log.
    pub audit_length: i64,
    /// The id of the key of `audit_mac`.
    pub audit_key: Option<String>,
    /// HMAC-SHA256 over the account, the log's length and its last hash.
    pub audit_mac: Option<Vec<u8>>,
    /// The number of documents; changed in the transaction that changes the documents.
    pub document_count: i64,
    /// The bytes of the documents' contents; changed in the same transaction.
    pub document_bytes: i64,
    /// The operator's limit on tokens per month, which applies whatever the account's own budget is.
    pub ceiling_tokens: Option<i64>,
    /// The operator's limit on US dollars per month, which applies whatever the account's own budget is.
    pub ceiling_cost_usd: Option<f64>,
    /// The time at which an operator suspended the account; none while it may be used.
    pub suspended_at: Option<DateTimeUtc>,
    /// Since when the account consents to the export of rated conversations; null without its consent.
    pub training_consent_at: Option<DateTimeUtc>,
    pub created_at: DateTimeUtc,
}

/// The documents that the end users of an account may execute.
#[derive(Debug, Clone, Copy, PartialEq, Eq, EnumIter, DeriveActiveEnum)]
#[sea_orm(
    rs_type = "String",
    db_type = "String(StringLen::None)",
    rename_all = "SCREAMING_SNAKE_CASE"
)]
pub enum EndUserOperations {
    Any,
    Registered,
}

/// The tier that an account pays for.
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
