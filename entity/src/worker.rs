//! Worker processes: each renews its row while it is alive.

use sea_orm::entity::prelude::*;

#[sea_orm::model]
#[derive(Debug, Clone, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "workers")]
pub struct Model {
    /// The id with which the process owns runs.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    /// The time from which the process counts as dead.
    pub expires_at: DateTimeUtc,
}

impl ActiveModelBehavior for ActiveModel {}
