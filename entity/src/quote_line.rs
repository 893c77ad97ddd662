//! The lines of a quote, with prices as they were when the quote was made.

use sea_orm::entity::prelude::*;

#[sea_orm::model]
#[derive(Debug, Clone, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "quote_lines")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub quote_id: Uuid,
    /// The position in the quote, from 0.
    #[sea_orm(primary_key, auto_increment = false)]
    pub position: i32,
    pub account_id: Uuid,
    pub sku: String,
    pub name: String,
    pub unit: String,
    /// In thousandths.
    pub quantity: i64,
    pub unit_price: i64,
    /// In thousandths of a percent.
    pub discount_rate: i64,
    pub net: i64,
    #[sea_orm(belongs_to, from = "(account_id, quote_id)", to = "(account_id, id)")]
    pub quote: BelongsTo<super::quote::Entity>,
}

impl ActiveModelBehavior for ActiveModel {}
