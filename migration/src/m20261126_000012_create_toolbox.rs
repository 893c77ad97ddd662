//! Creates the tables of the built-in MCP servers: contacts, leads, deals and activities, prices and quotes, tickets.
//! `tool_effects` records each call that had its effect, so that a repeated call has none.

use sea_orm_migration::{
    prelude::{
        DbErr, DeriveMigrationName, Index, MigrationTrait, SchemaManager, Table,
        TableCreateStatement, async_trait,
    },
    schema::{
        big_integer, big_integer_null, boolean, date_null, integer, integer_null, json_binary,
        string, string_null, text, text_null, uuid, uuid_null,
    },
};

use crate::table::{
    create, drop, index, moment, moment_null, tenant_table, to_account, to_neighbour, to_owner,
};

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let tables = vec![
            contacts(),
            leads(),
            deals(),
            activities(),
            price_lists(),
            price_items(),
            quotes(),
            quote_lines(),
            tickets(),
            ticket_comments(),
            tool_effects(),
        ];
        let indexes = vec![
            index("contacts", &["account_id", "email"]).unique().take(),
            index("leads", &["account_id", "contact_id"]),
            index("deals", &["account_id", "contact_id"]),
            index("deals", &["account_id", "lead_id"]),
            index("activities", &["account_id", "contact_id", "id"]),
            index("activities", &["account_id", "lead_id"]),
            index("activities", &["account_id", "deal_id"]),
            index("price_lists", &["account_id", "folded_name"])
                .unique()
                .take(),
            index("price_items", &["account_id", "price_list_id", "sku"])
                .unique()
                .take(),
            index("quotes", &["account_id", "number"]).unique().take(),
            index("quotes", &["account_id", "contact_id"]),
            index("tickets", &["account_id", "number"]).unique().take(),
            index("tickets", &["account_id", "state", "id"]),
            index("ticket_comments", &["account_id", "ticket_id", "id"]),
            index("tool_effects", &["account_id", "key"])
                .unique()
                .take(),
            index("tool_effects", &["account_id", "created_at"]),
        ];
        create(manager, tables, indexes).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        drop(
            manager,
            &[
                "tool_effects",
                "ticket_comments",
                "tickets",
                "quote_lines",
                "quotes",
                "price_items",
                "price_lists",
                "activities",
                "deals",
                "leads",
                "contacts",
            ],
        )
        .await
    }

    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }
}

fn contacts() -> TableCreateStatement {
    tenant_table("contacts")
        .col(string("name"))
        .col(string_null("email"))
        .col(string_null("phone"))
        .col(string_null("company"))
        .col(string_null("job_title"))
        .col(text_null("notes"))
        .col(text("folded"))
        .col(moment("created_at"))
        .col(moment("updated_at"))
        .take()
}

fn leads() -> TableCreateStatement {
    tenant_table("leads")
        .col(uuid("contact_id"))
        .col(string("title"))
        .col(string_null("source"))
        .col(string("stage"))
        .col(json_binary("criteria"))
        .col(integer_null("score"))
        .col(text_null("reason"))
        .col(big_integer_null("value"))
        .col(string_null("currency"))
        .col(moment_null("qualified_at"))
        .col(moment("created_at"))
        .col(moment("updated_at"))
        .foreign_key(&mut to_owner("leads", "contact_id", "contacts"))
        .take()
}

fn deals() -> TableCreateStatement {
    tenant_table("deals")
        .col(uuid("contact_id"))
        .col(uuid_null("lead_id"))
        .col(string("name"))
        .col(string("stage"))
        .col(big_integer_null("value"))
        .col(string_null("currency"))
        .col(date_null("expected_close"))
        .col(text_null("lost_reason"))
        .col(moment_null("closed_at"))
        .col(moment("created_at"))
        .col(moment("updated_at"))
        .foreign_key(&mut to_owner("deals", "contact_id", "contacts"))
        .foreign_key(&mut to_neighbour("deals", "lead_id", "leads"))
        .take()
}

fn activities() -> TableCreateStatement {
    tenant_table("activities")
        .col(uuid("contact_id"))
        .col(uuid_null("lead_id"))
        .col(uuid_null("deal_id"))
        .col(string("kind"))
        .col(text("text"))
        .col(moment("happened_at"))
        .col(moment("created_at"))
        .foreign_key(&mut to_owner("activities", "contact_id", "contacts"))
        .foreign_key(&mut to_neighbour("activities", "lead_id", "leads"))
        .foreign_key(&mut to_neighbour("activities", "deal_id", "deals"))
        .take()
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

fn tickets() -> TableCreateStatement {
    tenant_table("tickets")
        .col(big_integer("number"))
        .col(string("subject"))
        .col(text("description"))
        .col(text("folded"))
        .col(string("priority"))
        .col(string("state"))
        .col(string_null("requester"))
        .col(string_null("requester_email"))
        .col(string_null("assignee"))
        .col(string_null("folded_assignee"))
        .col(json_binary("tags"))
        .col(text_null("resolution"))
        .col(moment_null("resolved_at"))
        .col(moment("created_at"))
        .col(moment("updated_at"))
        .take()
}

fn ticket_comments() -> TableCreateStatement {
    tenant_table("ticket_comments")
        .col(uuid("ticket_id"))
        .col(string("author"))
        .col(text("text"))
        .col(boolean("internal"))
        .col(moment("created_at"))
        .foreign_key(&mut to_owner("ticket_comments", "ticket_id", "tickets"))
        .take()
}

fn tool_effects() -> TableCreateStatement {
    tenant_table("tool_effects")
        .col(string("key"))
        .col(string("tool"))
        .col(string("digest"))
        .col(uuid("subject"))
        .col(moment("created_at"))
        .take()
}
