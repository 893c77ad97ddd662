//! Creates templates and agents.

use sea_orm_migration::{
    prelude::{
        ColumnDef, DbErr, DeriveMigrationName, ForeignKey, MigrationTrait, SchemaManager,
        TableCreateStatement, async_trait,
    },
    schema::{json_binary, string, text, uuid, uuid_null},
    sea_orm::DbBackend,
};

use crate::table::{
    create, drop, index, moment, moment_null, platform_table, tenant_table, to_neighbour,
};

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let backend = manager.get_database_backend();
        create(
            manager,
            vec![agent_templates(), agent_instances(backend)],
            vec![
                index("agent_templates", &["name", "version"])
                    .unique()
                    .take(),
                index("agent_instances", &["account_id", "slug"])
                    .unique()
                    .take(),
                index("agent_instances", &["account_id", "folded_name", "id"]),
                index("agent_instances", &["account_id", "created_at", "id"]),
                index("agent_instances", &["account_id", "updated_at", "id"]),
                index("agent_instances", &["account_id", "fallback_id"]),
                index("agent_instances", &["template_id"]),
            ],
        )
        .await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        drop(manager, &["agent_instances", "agent_templates"]).await
    }

    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }
}

fn agent_templates() -> TableCreateStatement {
    platform_table("agent_templates")
        .col(string("name"))
        .col(string("version"))
        .col(string("workflow_class"))
        .col(text("description"))
        .col(string("latency_class"))
        .col(json_binary("config_schema"))
        .col(json_binary("context_schema"))
        .col(json_binary("configuration"))
        .col(json_binary("pricing_tiers"))
        .col(json_binary("skills"))
        .col(json_binary("prompts"))
        .col(moment("created_at"))
        .col(moment_null("deprecated_at"))
        .take()
}

fn agent_instances(backend: DbBackend) -> TableCreateStatement {
    tenant_table("agent_instances")
        .col(uuid("template_id"))
        .col(string("slug"))
        .col(string("name"))
        .col(by_bytes("folded_name", backend))
        .col(string("tier"))
        .col(json_binary("configuration"))
        .col(string("status"))
        .col(uuid_null("fallback_id"))
        .col(moment("created_at"))
        .col(moment("updated_at"))
        .foreign_key(
            ForeignKey::create()
                .name("agent_instances_template_id_fkey")
                .from("agent_instances", "template_id")
                .to("agent_templates", "id"),
        )
        .foreign_key(&mut to_neighbour(
            "agent_instances",
            "fallback_id",
            "agent_instances",
        ))
        .take()
}

/// A text column that every database sorts by bytes, whatever its locale.
fn by_bytes(name: &'static str, backend: DbBackend) -> ColumnDef {
    match backend {
        DbBackend::Postgres => string(name).extra("COLLATE \"C\"").take(),
        _ => string(name).extra("COLLATE BINARY").take(),
    }
}
