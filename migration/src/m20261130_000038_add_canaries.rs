//! The trial of another template version, with the agent that it belongs to.

use sea_orm_migration::{
    prelude::{DbErr, DeriveMigrationName, MigrationTrait, SchemaManager, Table, async_trait},
    schema::json_binary_null,
};

use crate::table::execute;

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let canary = Table::alter()
            .table("agent_instances")
            .add_column(json_binary_null("canary"))
            .take();
        manager.alter_table(canary).await?;
        execute(manager, RUNNING_INDEX, RUNNING_INDEX).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let index = &["DROP INDEX agent_instances_running_canary_idx"];
        execute(manager, index, index).await?;
        let canary = Table::alter()
            .table("agent_instances")
            .drop_column("canary")
            .take();
        manager.alter_table(canary).await
    }

    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }
}

/// Few rows: every process looks for running canaries again and again.
const RUNNING_INDEX: &[&str] = &[
    "CREATE INDEX agent_instances_running_canary_idx ON agent_instances (id) \
     WHERE (canary ->> 'state') = 'RUNNING'",
];
