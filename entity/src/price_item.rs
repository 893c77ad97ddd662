//! Items of price lists.

use sea_orm::entity::prelude::*;

#[sea_orm::model]
#[derive(Debug, Clone, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "price_items")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    pub account_id: Uuid,
    pub price_list_id: Uuid,
    pub sku: String,
    pub name: String,
    #[sea_orm(column_type = "Text", nullable)]
    pub description: Option<String>,
    pub unit: String,
    /// In the smallest unit of the list's currency.
    pub unit_price: i64,
    /// An array of quantities in thousandths, each with the price from that quantity on.
    #[sea_orm(column_type = "JsonBinary")]
    pub volume_prices: Json,
    /// SKU, name and description in lower case, for the search.
    #[sea_orm(column_type = "Text")]
    pub folded: String,
    pub created_at: DateTimeUtc,
    pub updated_at: DateTimeUtc,
    #[sea_orm(
        belongs_to,
        from = "(account_id, price_list_id)",
        to = "(account_id, id)"
    )]
    pub price_list: BelongsTo<super::price_list::Entity>,
}

impl ActiveModelBehavior for ActiveModel {}
