//! An account's configured instances of a template.

use sea_orm::entity::prelude::*;

#[sea_orm::model]
#[derive(Debug, Clone, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "agent_instances")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    pub account_id: Uuid,
    pub template_id: Uuid,
    /// Unique in the account.
    pub slug: String,
    pub name: String,
    /// The name in lower case, so that every database sorts and searches it the same way.
    pub folded_name: String,
    pub tier: String,
    #[sea_orm(column_type = "JsonBinary")]
    pub configuration: Json,
    pub status: AgentStatus,
    pub fallback_id: Option<Uuid>,
    /// The last trial of another template version. It names versions without a foreign key: they are never deleted.
    #[sea_orm(column_type = "JsonBinary", nullable)]
    pub canary: Option<Json>,
    /// Grows with each change of what is searchable of the agent's documents; 0 before the first one.
    pub knowledge_version: i64,
    pub created_at: DateTimeUtc,
    pub updated_at: DateTimeUtc,
    #[sea_orm(belongs_to, from = "account_id", to = "id")]
    pub account: BelongsTo<super::account::Entity>,
    #[sea_orm(belongs_to, from = "template_id", to = "id")]
    pub template: BelongsTo<super::template::Entity>,
}

/// The status of an agent; only an ACTIVE agent answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, EnumIter, DeriveActiveEnum)]
#[sea_orm(
    rs_type = "String",
    db_type = "String(StringLen::None)",
    rename_all = "SCREAMING_SNAKE_CASE"
)]
pub enum AgentStatus {
    Configuring,
    Active,
    Suspended,
}

impl ActiveModelBehavior for ActiveModel {}
