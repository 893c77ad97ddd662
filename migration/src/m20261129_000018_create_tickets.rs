//! Creates the tables of the built-in server `tickets`: tickets and their comments.

use sea_orm_migration::{
    prelude::{
        DbErr, DeriveMigrationName, MigrationTrait, SchemaManager, TableCreateStatement,
        async_trait,
    },
    schema::{big_integer, boolean, json_binary, string, string_null, text, text_null, uuid},
};

use crate::table::{create, drop, index, moment, moment_null, tenant_table, to_owner};

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        create(
            manager,
            vec![tickets(), ticket_comments()],
            vec![
                index("tickets", &["account_id", "number"]).unique().take(),
                index("tickets", &["account_id", "state", "id"]),
                index("ticket_comments", &["account_id", "ticket_id", "id"]),
            ],
        )
        .await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        drop(manager, &["ticket_comments", "tickets"]).await
    }

    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }
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
