//! The one row that `/readyz` writes to check that the database can be written.

use sea_orm::entity::prelude::*;

#[sea_orm::model]
#[derive(Debug, Clone, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "health_probes")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    pub probed_at: DateTimeUtc,
}

impl ActiveModelBehavior for ActiveModel {}
