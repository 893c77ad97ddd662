//! Creates messages and their ratings.

use sea_orm_migration::{
    prelude::{
        DbErr, DeriveMigrationName, MigrationTrait, SchemaManager, Table, TableCreateStatement,
        async_trait,
    },
    schema::{
        boolean, integer, json_binary_null, pk_uuid, string, string_null, text, text_null, uuid,
        uuid_null,
    },
};

use crate::table::{create, drop, index, moment, tenant_table, to_neighbour, to_owner};

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        create(
            manager,
            vec![messages(), ratings()],
            vec![
                index(
                    "messages",
                    &["account_id", "conversation_id", "selected", "id"],
                ),
                index("messages", &["account_id", "run_id"]),
                index("messages", &["account_id", "agent_id"]),
            ],
        )
        .await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        drop(manager, &["ratings", "messages"]).await
    }

    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }
}

fn messages() -> TableCreateStatement {
    tenant_table("messages")
        .col(uuid("conversation_id"))
        .col(uuid("run_id"))
        .col(string("role"))
        .col(text("text"))
        .col(text("folded"))
        .col(boolean("selected"))
        .col(string_null("finish_reason"))
        .col(json_binary_null("parts"))
        .col(json_binary_null("citations"))
        .col(uuid_null("agent_id"))
        .col(boolean("demo_quality"))
        .col(boolean("private"))
        .col(json_binary_null("sections"))
        .col(moment("created_at"))
        .foreign_key(&mut to_owner(
            "messages",
            "conversation_id",
            "conversations",
        ))
        .foreign_key(&mut to_owner("messages", "run_id", "runs"))
        .foreign_key(&mut to_neighbour("messages", "agent_id", "agent_instances"))
        .take()
}

fn ratings() -> TableCreateStatement {
    Table::create()
        .table("ratings")
        .col(pk_uuid("message_id"))
        .col(uuid("account_id"))
        .col(integer("score"))
        .col(text_null("comment"))
        .col(moment("created_at"))
        .foreign_key(&mut to_owner("ratings", "message_id", "messages"))
        .take()
}
