//! Effects of built-in tools, by the idempotency key under which each must not be repeated.

use sea_orm::entity::prelude::*;

#[sea_orm::model]
#[derive(Debug, Clone, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "tool_effects")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    pub account_id: Uuid,
    /// Unique in the account.
    pub key: String,
    pub tool: String,
    /// SHA-256 of the arguments, in hexadecimal.
    pub digest: String,
    /// The row that was inserted or changed; the tool determines its table.
    pub subject: Uuid,
    pub created_at: DateTimeUtc,
    #[sea_orm(belongs_to, from = "account_id", to = "id")]
    pub account: BelongsTo<super::account::Entity>,
}

impl ActiveModelBehavior for ActiveModel {}
