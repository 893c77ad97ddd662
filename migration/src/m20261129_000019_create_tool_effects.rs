//! Creates the record of each call of a built-in tool that had its effect, so that a repeated call has none.

use sea_orm_migration::{
    prelude::{
        DbErr, DeriveMigrationName, MigrationTrait, SchemaManager, TableCreateStatement,
        async_trait,
    },
    schema::{string, uuid},
};

use crate::table::{create, drop, index, moment, tenant_table};

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        create(
            manager,
            vec![tool_effects()],
            vec![
                index("tool_effects", &["account_id", "key"])
                    .unique()
                    .take(),
                index("tool_effects", &["account_id", "created_at"]),
            ],
        )
        .await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        drop(manager, &["tool_effects"]).await
    }

    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }
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
