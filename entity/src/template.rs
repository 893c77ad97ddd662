//! Published versions of agent types; they belong to the platform, not to an account.

use sea_orm::entity::prelude::*;

#[sea_orm::model]
#[derive(Debug, Clone, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "agent_templates")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    pub name: String,
    pub version: String,
    pub workflow_class: String,
    #[sea_orm(column_type = "Text")]
    pub description: String,
    pub latency_class: LatencyClass,
    #[sea_orm(column_type = "JsonBinary")]
    pub config_schema: Json,
    #[sea_orm(column_type = "JsonBinary")]
    pub context_schema: Json,
    #[sea_orm(column_type = "JsonBinary")]
    pub configuration: Json,
    #[sea_orm(column_type = "JsonBinary")]
    pub pricing_tiers: Json,
    #[sea_orm(column_type = "JsonBinary")]
    pub skills: Json,
    #[sea_orm(column_type = "JsonBinary")]
    pub prompts: Json,
    pub created_at: DateTimeUtc,
    pub deprecated_at: Option<DateTimeUtc>,
}

/// Whether a run starts at once or from the queue.
#[derive(Debug, Clone, Copy, PartialEq, Eq, EnumIter, DeriveActiveEnum)]
#[sea_orm(
    rs_type = "String",
    db_type = "String(StringLen::None)",
    rename_all = "SCREAMING_SNAKE_CASE"
)]
pub enum LatencyClass {
    Interactive,
    Deep,
}

impl ActiveModelBehavior for ActiveModel {}
