//! Quotes; all amounts are in the smallest unit of the quote's currency.

use sea_orm::entity::prelude::*;

#[sea_orm::model]
#[derive(Debug, Clone, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "quotes")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    pub account_id: Uuid,
    /// The number in the account, from 1.
    pub number: i64,
    pub customer: String,
    /// The customer's name in lower case, for the search.
    pub folded_customer: String,
    pub contact_id: Option<Uuid>,
    pub status: QuoteStatus,
    pub currency: String,
    /// In thousandths of a percent, like every rate.
    pub discount_rate: i64,
    pub tax_rate: i64,
    pub subtotal: i64,
    pub discount: i64,
    pub tax: i64,
    pub total: i64,
    pub valid_until: Option<Date>,
    #[sea_orm(column_type = "Text", nullable)]
    pub note: Option<String>,
    pub created_at: DateTimeUtc,
    pub updated_at: DateTimeUtc,
    #[sea_orm(belongs_to, from = "(account_id, contact_id)", to = "(account_id, id)")]
    pub contact: BelongsTo<Option<super::contact::Entity>>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, EnumIter, DeriveActiveEnum)]
#[sea_orm(
    rs_type = "String",
    db_type = "String(StringLen::None)",
    rename_all = "SCREAMING_SNAKE_CASE"
)]
pub enum QuoteStatus {
    Draft,
    Sent,
    Accepted,
    Declined,
    Cancelled,
}

impl ActiveModelBehavior for ActiveModel {}
