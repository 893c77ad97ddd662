//! Corrections of the router, at most one per run.

use sea_orm::entity::prelude::*;

#[sea_orm::model]
#[derive(Debug, Clone, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "route_corrections")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    pub account_id: Uuid,
    /// The run whose agent was the wrong choice; unique.
    pub run_id: Uuid,
    /// The agent that the router chose.
    pub agent_id: Uuid,
    /// The agent that should have been chosen.
    pub wanted_agent_id: Option<Uuid>,
    pub cause: RouteCorrectionCause,
    pub status: RouteCorrectionStatus,
    /// The id of the skill in the template of the wanted agent; set while the correction is accepted.
    pub skill: Option<String>,
    pub created_at: DateTimeUtc,
    pub resolved_at: Option<DateTimeUtc>,
    /// The id of the key that decided.
    pub resolved_by: Option<String>,
    #[sea_orm(belongs_to, from = "(account_id, run_id)", to = "(account_id, id)")]
    pub run: BelongsTo<super::run::Entity>,
}

/// What a person did to correct the router.
#[derive(Debug, Clone, Copy, PartialEq, Eq, EnumIter, DeriveActiveEnum)]
#[sea_orm(
    rs_type = "String",
    db_type = "String(StringLen::None)",
    rename_all = "SCREAMING_SNAKE_CASE"
)]
pub enum RouteCorrectionCause {
    Asked,
    HandedOff,
    Rated,
}

/// What an administrator decided about a correction.
#[derive(Debug, Clone, Copy, PartialEq, Eq, EnumIter, DeriveActiveEnum)]
#[sea_orm(
    rs_type = "String",
    db_type = "String(StringLen::None)",
    rename_all = "SCREAMING_SNAKE_CASE"
)]
pub enum RouteCorrectionStatus {
    Pending,
    Accepted,
    Dismissed,
}

impl ActiveModelBehavior for ActiveModel {}
