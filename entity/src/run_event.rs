//! The durable log of a run's events, numbered.

use sea_orm::entity::prelude::*;

#[sea_orm::model]
#[derive(Debug, Clone, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "run_events")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub run_id: Uuid,
    /// The number of the row's last event in its run; the first event is 1.
    #[sea_orm(primary_key, auto_increment = false)]
    pub sequence: i64,
    pub account_id: Uuid,
    pub at: DateTimeUtc,
    #[sea_orm(column_type = "JsonBinary")]
    pub body: Json,
    #[sea_orm(belongs_to, from = "(account_id, run_id)", to = "(account_id, id)")]
    pub run: BelongsTo<super::run::Entity>,
}

impl ActiveModelBehavior for ActiveModel {}
