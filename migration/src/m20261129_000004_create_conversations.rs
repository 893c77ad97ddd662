//! Creates conversations.

use sea_orm_migration::{
    prelude::{
        DbErr, DeriveMigrationName, MigrationTrait, SchemaManager, TableCreateStatement,
        async_trait,
    },
    schema::{json_binary, string_null, uuid_null},
};

use crate::table::{create, drop, index, moment, tenant_table, to_neighbour};

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        create(
            manager,
            vec![conversations()],
            vec![
                index("conversations", &["account_id", "agent_id", "id"]),
                index("conversations", &["account_id", "end_user", "id"]),
            ],
        )
        .await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        drop(manager, &["conversations"]).await
    }

    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }
}

fn conversations() -> TableCreateStatement {
    tenant_table("conversations")
        .col(string_null("end_user"))
        .col(uuid_null("agent_id"))
        .col(json_binary("context"))
        .col(moment("created_at"))
        .col(moment("updated_at"))
        .foreign_key(&mut to_neighbour(
            "conversations",
            "agent_id",
            "agent_instances",
        ))
        .take()
}
