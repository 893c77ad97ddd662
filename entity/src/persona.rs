//! The personas of digital experts: one row per agent.

use sea_orm::entity::prelude::*;

#[sea_orm::model]
#[derive(Debug, Clone, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "personas")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub account_id: Uuid,
    #[sea_orm(primary_key, auto_increment = false)]
    pub agent_id: Uuid,
    /// Grows by one with each change of the profile.
    pub version: i32,
    #[sea_orm(column_type = "JsonBinary")]
    pub profile: Json,
    pub state: PersonaState,
    #[sea_orm(column_type = "Text", nullable)]
    pub problem: Option<String>,
    /// Grows with each request to read every document again.
    pub round: i32,
    /// The first request for a build that has not begun; null once it has.
    pub requested_at: Option<DateTimeUtc>,
    pub built_at: Option<DateTimeUtc>,
    pub edited_at: Option<DateTimeUtc>,
    #[sea_orm(belongs_to, from = "(account_id, agent_id)", to = "(account_id, id)")]
    pub agent: BelongsTo<super::agent::Entity>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, EnumIter, DeriveActiveEnum)]
#[sea_orm(
    rs_type = "String",
    db_type = "String(StringLen::None)",
    rename_all = "SCREAMING_SNAKE_CASE"
)]
pub enum PersonaState {
    /// A build is due or running.
    Building,
    /// The profile is built from the documents as they are.
    Ready,
    /// The last build failed.
    Failed,
}

impl ActiveModelBehavior for ActiveModel {}
