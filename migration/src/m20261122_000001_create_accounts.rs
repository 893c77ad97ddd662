//! Creates accounts, API keys and the audit log.

use sea_orm_migration::{
    prelude::{
        DbErr, DeriveMigrationName, MigrationTrait, SchemaManager, TableCreateStatement,
        async_trait,
    },
    schema::{big_integer, json_binary, string, string_null, uuid_null, var_binary},
};

use crate::table::{create, drop, index, moment, moment_null, platform_table, tenant_table};

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        create(
            manager,
            vec![accounts(), api_keys(), audit_entries()],
            vec![
                index("api_keys", &["hash"]).unique().take(),
                index("audit_entries", &["account_id", "sequence"])
                    .unique()
                    .take(),
                index("audit_entries", &["account_id", "agent_id"]),
                index("audit_entries", &["account_id", "conversation_id"]),
            ],
        )
        .await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        drop(manager, &["audit_entries", "api_keys", "accounts"]).await
    }

    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }
}

fn accounts() -> TableCreateStatement {
    platform_table("accounts")
        .col(string("name"))
        .col(string("tier"))
        .col(json_binary("billing_settings"))
        .col(json_binary("configuration"))
        .col(moment("created_at"))
        .take()
}

fn api_keys() -> TableCreateStatement {
    tenant_table("api_keys")
        .col(string("name"))
        .col(string("prefix"))
        .col(var_binary("hash", 32))
        .col(string("role"))
        .col(moment("created_at"))
        .col(moment_null("last_used_at"))
        .col(moment_null("expires_at"))
        .col(moment_null("revoked_at"))
        .take()
}

fn audit_entries() -> TableCreateStatement {
    tenant_table("audit_entries")
        .col(big_integer("sequence"))
        .col(moment("at"))
        .col(string("actor"))
        .col(string("action"))
        .col(string_null("subject"))
        .col(uuid_null("agent_id"))
        .col(uuid_null("conversation_id"))
        .col(json_binary("detail"))
        .col(var_binary("previous_hash", 32))
        .col(var_binary("hash", 32))
        .take()
}
