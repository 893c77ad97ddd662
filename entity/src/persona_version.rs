//! The last versions of each persona's profile, the current one among them.

use sea_orm::entity::prelude::*;

#[sea_orm::model]
#[derive(Debug, Clone, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "persona_versions")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub account_id: Uuid,
    #[sea_orm(primary_key, auto_increment = false)]
    pub agent_id: Uuid,
    #[sea_orm(primary_key, auto_increment = false)]
    pub version: i32,
    #[sea_orm(column_type = "JsonBinary")]
    pub profile: Json,
    pub created_at: DateTimeUtc,
    #[sea_orm(belongs_to, from = "(account_id, agent_id)", to = "(account_id, id)")]
    pub agent: BelongsTo<super::agent::Entity>,
}

impl ActiveModelBehavior for ActiveModel {}
