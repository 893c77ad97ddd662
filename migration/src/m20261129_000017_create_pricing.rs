//! Creates the tables of the built-in server `pricing`: price lists with their items, quotes with their lines.

use sea_orm_migration::{
    prelude::{
        DbErr, DeriveMigrationName, Index, MigrationTrait, SchemaManager, Table,
        TableCreateStatement, async_trait,
    },
    schema::{
        big_integer, date_null, integer, json_binary, string, text, text_null, uuid, uuid_null,
    },
};

use crate::table::{create, drop, index, moment, tenant_table, to_account, to_neighbour, to_owner};

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        create(
            manager,
            vec![price_lists(), price_items(), quotes(), quote_lines()],
            vec![
                index("price_lists", &["account_id", "folded_name"])
                    .unique()
                    .take(),
                index("price_items", &["account_id", "price_list_id", "sku"])
                    .unique()
                    .take(),
                index("quotes", &["account_id", "number"]).unique().take(),
                index("quotes", &["account_id", "contact_id"]),
            ],
        )
        .await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        drop(
            manager,
            &["quote_lines", "quotes", "price_items", "price_lists"],
        )
        .await
    }

    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }
}

fn price_lists() -> TableCreateStatement {
    tenant_table("price_lists")
        .col(string("name"))
        .col(string("folded_name"))
        .col(text_null("description"))
        .col(string("currency"))
        .col(moment("created_at"))
        .col(moment("updated_at"))
        .take()
}

fn price_items() -> TableCreateStatement {
    tenant_table("price_items")
        .col(uuid("price_list_id"))
        .col(string("sku"))
        .col(string("name"))
        .col(text_null("description"))
        .col(string("unit"))
        .col(big_integer("unit_price"))
        .col(json_binary("volume_prices"))
        .col(text("folded"))
        .col(moment("created_at"))
        .col(moment("updated_at"))
        .foreign_key(&mut to_owner("price_items", "price_list_id", "price_lists"))
        .take()
}

fn quotes() -> TableCreateStatement {
    tenant_table("quotes")
        .col(big_integer("number"))
        .col(string("customer"))
        .col(string("folded_customer"))
        .col(uuid_null("contact_id"))
        .col(string("status"))
        .col(string("currency"))
        .col(big_integer("discount_rate"))
        .col(big_integer("tax_rate"))
        .col(big_integer("subtotal"))
        .col(big_integer("discount"))
        .col(big_integer("tax"))
        .col(big_integer("total"))
        .col(date_null("valid_until"))
        .col(text_null("note"))
        .col(moment("created_at"))
        .col(moment("updated_at"))
        .foreign_key(&mut to_neighbour("quotes", "contact_id", "contacts"))
        .take()
}

fn quote_lines() -> TableCreateStatement {
    Table::create()
        .table("quote_lines")
        .col(uuid("quote_id"))
        .col(integer("position"))
        .col(uuid("account_id"))
        .primary_key(Index::create().col("quote_id").col("position"))
        .col(string("sku"))
        .col(string("name"))
        .col(string("unit"))
        .col(big_integer("quantity"))
        .col(big_integer("unit_price"))
        .col(big_integer("discount_rate"))
        .col(big_integer("net"))
        .foreign_key(&mut to_account("quote_lines"))
        .foreign_key(&mut to_owner("quote_lines", "quote_id", "quotes"))
        .take()
}
