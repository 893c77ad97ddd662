//! Creates the corrections of the router.

use sea_orm_migration::{
    prelude::{
        DbErr, DeriveMigrationName, MigrationTrait, SchemaManager, TableCreateStatement,
        async_trait,
    },
    schema::{string, string_null, uuid, uuid_null},
};

use crate::table::{create, drop, index, moment, moment_null, tenant_table, to_owner};

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        create(
            manager,
            vec![route_corrections()],
            vec![
                index("route_corrections", &["account_id", "run_id"])
                    .unique()
                    .take(),
                index("route_corrections", &["account_id", "status", "id"]),
                index("route_corrections", &["account_id", "agent_id"]),
                index("route_corrections", &["account_id", "wanted_agent_id"]),
            ],
        )
        .await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        drop(manager, &["route_corrections"]).await
    }

    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }
}

/// A correction is deleted with its run, and with each of its agents.
fn route_corrections() -> TableCreateStatement {
    tenant_table("route_corrections")
        .col(uuid("run_id"))
        .col(uuid("agent_id"))
        .col(uuid_null("wanted_agent_id"))
        .col(string("cause"))
        .col(string("status"))
        .col(string_null("skill"))
        .col(moment("created_at"))
        .col(moment_null("resolved_at"))
        .col(string_null("resolved_by"))
        .foreign_key(&mut to_owner("route_corrections", "run_id", "runs"))
        .foreign_key(&mut to_owner(
            "route_corrections",
            "agent_id",
            "agent_instances",
        ))
        .foreign_key(&mut to_owner(
            "route_corrections",
            "wanted_agent_id",
            "agent_instances",
        ))
        .take()
}
