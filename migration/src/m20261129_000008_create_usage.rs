//! Creates usage records.

use sea_orm_migration::{
    prelude::{
        DbErr, DeriveMigrationName, MigrationTrait, SchemaManager, Table, TableCreateStatement,
        async_trait,
    },
    schema::{big_integer, double, pk_uuid, string_null, uuid, uuid_null},
};

use crate::table::{create, drop, index, moment, to_account};

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        create(
            manager,
            vec![usage_records()],
            vec![
                index("usage_records", &["account_id", "at"]),
                index("usage_records", &["account_id", "agent_id", "at"]),
            ],
        )
        .await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        drop(manager, &["usage_records"]).await
    }

    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }
}

/// Usage records outlive what they refer to: no foreign key but the account's.
fn usage_records() -> TableCreateStatement {
    Table::create()
        .table("usage_records")
        .col(pk_uuid("id"))
        .col(uuid("account_id"))
        .col(uuid_null("run_id"))
        .col(uuid_null("conversation_id"))
        .col(uuid_null("agent_id"))
        .col(string_null("model"))
        .col(big_integer("input_tokens"))
        .col(big_integer("output_tokens"))
        .col(double("cost_usd"))
        .col(moment("at"))
        .foreign_key(&mut to_account("usage_records"))
        .take()
}
