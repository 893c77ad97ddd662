//! Deals: possible sales, from discovery to won or lost.

use sea_orm::entity::prelude::*;

#[sea_orm::model]
#[derive(Debug, Clone, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "deals")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    pub account_id: Uuid,
    pub contact_id: Uuid,
    pub lead_id: Option<Uuid>,
    pub name: String,
    pub stage: DealStage,
    /// In the smallest unit of the currency.
    pub value: Option<i64>,
    pub currency: Option<String>,
    pub expected_close: Option<Date>,
    #[sea_orm(column_type = "Text", nullable)]
    pub lost_reason: Option<String>,
    pub closed_at: Option<DateTimeUtc>,
    pub created_at: DateTimeUtc,
    pub updated_at: DateTimeUtc,
    #[sea_orm(belongs_to, from = "(account_id, contact_id)", to = "(account_id, id)")]
    pub contact: BelongsTo<super::contact::Entity>,
    #[sea_orm(belongs_to, from = "(account_id, lead_id)", to = "(account_id, id)")]
    pub lead: BelongsTo<Option<super::lead::Entity>>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, EnumIter, DeriveActiveEnum)]
#[sea_orm(
    rs_type = "String",
    db_type = "String(StringLen::None)",
    rename_all = "SCREAMING_SNAKE_CASE"
)]
pub enum DealStage {
    Discovery,
    Proposal,
    Negotiation,
    Won,
    Lost,
}

impl ActiveModelBehavior for ActiveModel {}
