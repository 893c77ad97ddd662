//! Creates the end users of accounts, and the sessions in which their browsers act.

use sea_orm_migration::{
    prelude::{
        DbErr, DeriveMigrationName, MigrationTrait, SchemaManager, TableCreateStatement,
        async_trait,
    },
    schema::{
        big_integer_null, integer, json_binary, json_binary_null, string, string_null, text, uuid,
        uuid_null, var_binary,
    },
};

use crate::table::{create, drop, index, moment, moment_null, tenant_table, to_owner};

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        create(
            manager,
            vec![end_users(), sessions()],
            vec![
                index("end_users", &["account_id", "external_id"])
                    .unique()
                    .take(),
                index("sessions", &["hash"]).unique().take(),
                index("sessions", &["account_id", "end_user_id"]),
                index("sessions", &["account_id", "expires_at"]),
            ],
        )
        .await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        drop(manager, &["sessions", "end_users"]).await
    }

    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }
}

fn end_users() -> TableCreateStatement {
    tenant_table("end_users")
        .col(string("external_id"))
        .col(string_null("display_name"))
        .col(text("folded"))
        .col(moment("created_at"))
        .col(moment_null("last_seen_at"))
        .take()
}

fn sessions() -> TableCreateStatement {
    tenant_table("sessions")
        .col(uuid("end_user_id"))
        .col(var_binary("hash", 32))
        .col(json_binary_null("agents"))
        .col(json_binary("origins"))
        .col(integer("messages_per_minute"))
        .col(big_integer_null("tokens"))
        .col(moment("created_at"))
        .col(moment("expires_at"))
        .col(moment_null("revoked_at"))
        .col(uuid_null("renewed_by"))
        .foreign_key(&mut to_owner("sessions", "end_user_id", "end_users"))
        .take()
}
