//! Creates background jobs.

use sea_orm_migration::{
    prelude::{
        DbErr, DeriveMigrationName, MigrationTrait, SchemaManager, TableCreateStatement,
        async_trait,
    },
    schema::{big_integer, integer, json_binary_null, string, text_null, uuid, uuid_null},
};

use crate::table::{create, drop, index, moment, moment_null, tenant_table};

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        create(
            manager,
            vec![jobs()],
            vec![
                index("jobs", &["kind", "subject"]).unique().take(),
                index("jobs", &["status", "due_at"]),
            ],
        )
        .await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        drop(manager, &["jobs"]).await
    }

    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }
}

/// `deaths` is the number of consecutive processes that died in a step of the job that may kill a process.
fn jobs() -> TableCreateStatement {
    tenant_table("jobs")
        .col(string("kind"))
        .col(uuid("subject"))
        .col(json_binary_null("payload"))
        .col(string("status"))
        .col(big_integer("wanted"))
        .col(big_integer("epoch"))
        .col(integer("attempts"))
        .col(integer("deaths").default(0))
        .col(moment("due_at"))
        .col(uuid_null("lease_owner"))
        .col(moment_null("lease_expires_at"))
        .col(text_null("error"))
        .col(moment("created_at"))
        .col(moment("updated_at"))
        .take()
}
