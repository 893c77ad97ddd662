//! Leads: contacts' interest in what an account sells.

use sea_orm::entity::prelude::*;

#[sea_orm::model]
#[derive(Debug, Clone, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "leads")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    pub account_id: Uuid,
    pub contact_id: Uuid,
    pub title: String,
    pub source: Option<String>,
    pub stage: LeadStage,
    /// The answer and a note for each criterion, by the criterion's name.
    #[sea_orm(column_type = "JsonBinary")]
    pub criteria: Json,
    pub score: Option<i32>,
    #[sea_orm(column_type = "Text", nullable)]
    pub reason: Option<String>,
    /// In the smallest unit of the currency.
    pub value: Option<i64>,
    pub currency: Option<String>,
    pub qualified_at: Option<DateTimeUtc>,
    pub created_at: DateTimeUtc,
    pub updated_at: DateTimeUtc,
    #[sea_orm(belongs_to, from = "(account_id, contact_id)", to = "(account_id, id)")]
    pub contact: BelongsTo<super::contact::Entity>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, EnumIter, DeriveActiveEnum)]
#[sea_orm(
    rs_type = "String",
    db_type = "String(StringLen::None)",
    rename_all = "SCREAMING_SNAKE_CASE"
)]
pub enum LeadStage {
    New,
    Working,
    Qualified,
    Disqualified,
    Converted,
}

impl ActiveModelBehavior for ActiveModel {}
