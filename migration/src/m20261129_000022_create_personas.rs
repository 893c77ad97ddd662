//! Creates the personas of digital experts, and their last versions.

use sea_orm_migration::{
    prelude::{
        DbErr, DeriveMigrationName, Index, MigrationTrait, SchemaManager, Table,
        TableCreateStatement, async_trait,
    },
    schema::{integer, json_binary, string, text_null, uuid},
};

use crate::table::{create, drop, moment, moment_null, to_account, to_owner};

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        create(manager, vec![personas(), versions()], Vec::new()).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        drop(manager, &["persona_versions", "personas"]).await
    }

    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }
}

fn personas() -> TableCreateStatement {
    Table::create()
        .table("personas")
        .col(uuid("account_id"))
        .col(uuid("agent_id"))
        .col(integer("version"))
        .col(json_binary("profile"))
        .col(string("state"))
        .col(text_null("problem"))
        .col(integer("round"))
        .col(moment_null("requested_at"))
        .col(moment_null("built_at"))
        .col(moment_null("edited_at"))
        .primary_key(Index::create().col("account_id").col("agent_id"))
        .foreign_key(&mut to_account("personas"))
        .foreign_key(&mut to_owner("personas", "agent_id", "agent_instances"))
        .take()
}

fn versions() -> TableCreateStatement {
    Table::create()
        .table("persona_versions")
        .col(uuid("account_id"))
        .col(uuid("agent_id"))
        .col(integer("version"))
        .col(json_binary("profile"))
        .col(moment("created_at"))
        .primary_key(
            Index::create()
                .col("account_id")
                .col("agent_id")
                .col("version"),
        )
        .foreign_key(&mut to_account("persona_versions"))
        .foreign_key(&mut to_owner(
            "persona_versions",
            "agent_id",
            "agent_instances",
        ))
        .take()
}
