//! Sums over runs by hour and by day, agent and template version. They hold no person, and nothing is subtracted when a
//! run is deleted.

use sea_orm::entity::prelude::*;

#[sea_orm::model]
#[derive(Debug, Clone, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "run_sums")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub account_id: Uuid,
    #[sea_orm(primary_key, auto_increment = false)]
    pub span: Span,
    /// The start of the hour or of the day (UTC).
    #[sea_orm(primary_key, auto_increment = false)]
    pub starts_at: DateTimeUtc,
    /// The nil UUID for none.
    #[sea_orm(primary_key, auto_increment = false)]
    pub agent_id: Uuid,
    /// The nil UUID for none.
    #[sea_orm(primary_key, auto_increment = false)]
    pub template_id: Uuid,
    pub runs: i64,
    pub failed: i64,
    pub tool_calls: i64,
    pub tool_failures: i64,
    pub rated_up: i64,
    pub rated_down: i64,
    pub route_refused: i64,
    pub attempts: i64,
    pub input_tokens: i64,
    pub output_tokens: i64,
    pub cost_usd: f64,
    /// Runs by the code of their failure.
    #[sea_orm(column_type = "Json")]
    pub failures: Json,
    /// Decisions for this agent by their reason.
    #[sea_orm(column_type = "Json")]
    pub routes: Json,
    /// Runs by the bucket of the time to the first token.
    #[sea_orm(column_type = "Json")]
    pub first_token: Json,
    /// Runs by the bucket of the duration.
    #[sea_orm(column_type = "Json")]
    pub duration: Json,
    #[sea_orm(belongs_to, from = "account_id", to = "id")]
    pub account: BelongsTo<super::account::Entity>,
}

/// The length of the time that a row is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, EnumIter, DeriveActiveEnum)]
#[sea_orm(
    rs_type = "String",
    db_type = "String(StringLen::None)",
    rename_all = "SCREAMING_SNAKE_CASE"
)]
pub enum Span {
    Day,
    Hour,
}

impl ActiveModelBehavior for ActiveModel {}
