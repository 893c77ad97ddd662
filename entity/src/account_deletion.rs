//! Deletions of accounts: the work that is left, and afterwards the evidence of what was removed. A row belongs to the
//! platform, and stays when its account is gone.

use sea_orm::entity::prelude::*;

#[sea_orm::model]
#[derive(Debug, Clone, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "account_deletions")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub account_id: Uuid,
    /// The number of rows by kind; null until they are counted.
    #[sea_orm(column_type = "JsonBinary", nullable)]
    pub removed: Option<Json>,
    /// The models and tool servers that were sent what the account's end users wrote.
    #[sea_orm(column_type = "JsonBinary")]
    pub sent_to: Json,
    /// What could not be removed outside of the database, and why.
    #[sea_orm(column_type = "JsonBinary")]
    pub remains: Json,
    pub requested_at: DateTimeUtc,
    pub finished_at: Option<DateTimeUtc>,
}

impl ActiveModelBehavior for ActiveModel {}
