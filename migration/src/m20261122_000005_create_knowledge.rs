//! Creates documents, their passages, and the places of the vectors.

use sea_orm_migration::{
    prelude::{
        DbErr, DeriveMigrationName, MigrationTrait, SchemaManager, TableCreateStatement,
        async_trait,
    },
    schema::{
        blob_null, integer, json_binary_null, string, string_null, text, text_null, uuid,
        var_binary,
    },
};

use crate::table::{create, drop, index, moment, tenant_table, to_owner};

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        create(
            manager,
            vec![vector_db_configs(), documents(), passages()],
            vec![
                index(
                    "vector_db_configs",
                    &["account_id", "agent_instance_id", "role"],
                )
                .unique()
                .take(),
                index("documents", &["account_id", "agent_id", "id"]),
                index("documents", &["status", "id"]),
                index("passages", &["account_id", "document_id", "position"])
                    .unique()
                    .take(),
                index("passages", &["account_id", "agent_id", "id"]),
            ],
        )
        .await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        drop(manager, &["passages", "documents", "vector_db_configs"]).await
    }

    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }
}

fn vector_db_configs() -> TableCreateStatement {
    tenant_table("vector_db_configs")
        .col(uuid("agent_instance_id"))
        .col(string("type"))
        .col(string("role"))
        .col(blob_null("connection_details"))
        .col(string_null("namespace"))
        .col(string_null("index_name"))
        .col(integer("dimensions"))
        .col(json_binary_null("migration"))
        .col(moment("created_at"))
        .col(moment("updated_at"))
        .foreign_key(&mut to_owner(
            "vector_db_configs",
            "agent_instance_id",
            "agent_instances",
        ))
        .take()
}

fn documents() -> TableCreateStatement {
    tenant_table("documents")
        .col(uuid("agent_id"))
        .col(string("title"))
        .col(text_null("source"))
        .col(string("media_type"))
        .col(var_binary("content_hash", 32))
        .col(string("status"))
        .col(integer("passages"))
        .col(text_null("error"))
        .col(moment("created_at"))
        .col(moment("updated_at"))
        .foreign_key(&mut to_owner("documents", "agent_id", "agent_instances"))
        .take()
}

fn passages() -> TableCreateStatement {
    tenant_table("passages")
        .col(uuid("agent_id"))
        .col(uuid("document_id"))
        .col(integer("position"))
        .col(text("text"))
        .col(integer("tokens"))
        .col(blob_null("embedding"))
        .foreign_key(&mut to_owner("passages", "agent_id", "agent_instances"))
        .foreign_key(&mut to_owner("passages", "document_id", "documents"))
        .take()
}
