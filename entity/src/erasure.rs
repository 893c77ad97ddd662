//! Erasures of end users: the work that is left, and afterwards the evidence of what was removed.

use sea_orm::entity::prelude::*;

#[sea_orm::model]
#[derive(Debug, Clone, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "erasures")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    pub account_id: Uuid,
    /// The account's own id of the person; null once the person's rows are removed.
    pub end_user: Option<String>,
    /// A one-way function of the id, by which an administrator who knows the id finds the erasure.
    pub fingerprint: Vec<u8>,
    /// The number of removed rows by kind.
    #[sea_orm(column_type = "JsonBinary")]
    pub removed: Json,
    /// The models and tool servers that were sent what the person wrote.
    #[sea_orm(column_type = "JsonBinary")]
    pub sent_to: Json,
    pub requested_at: DateTimeUtc,
    pub finished_at: Option<DateTimeUtc>,
    #[sea_orm(belongs_to, from = "account_id", to = "id")]
    pub account: BelongsTo<super::account::Entity>,
}

impl ActiveModelBehavior for ActiveModel {}
