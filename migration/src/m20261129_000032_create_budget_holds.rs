//! What model calls in progress may cost, reserved against the budgets of their account and session.

use sea_orm_migration::{
    prelude::{
        DbErr, DeriveMigrationName, MigrationTrait, SchemaManager, TableCreateStatement,
        async_trait,
    },
    schema::{big_integer, big_integer_null, boolean, double, string, uuid_null},
};

use crate::table::{create, drop, index, moment, tenant_table, to_owner};

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        create(
            manager,
            vec![budget_holds()],
            vec![
                index("budget_holds", &["account_id", "run_id"]),
                index("budget_holds", &["account_id", "session_id"]),
            ],
        )
        .await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        drop(manager, &["budget_holds"]).await
    }

    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }
}

/// A hold of a run goes with the run; one without a run expires.
fn budget_holds() -> TableCreateStatement {
    tenant_table("budget_holds")
        .col(uuid_null("run_id"))
        .col(big_integer_null("epoch"))
        .col(uuid_null("session_id"))
        .col(uuid_null("agent_id"))
        .col(string("model"))
        .col(big_integer("input_tokens"))
        .col(double("input_usd"))
        .col(big_integer("tokens"))
        .col(double("cost_usd"))
        .col(boolean("settled"))
        .col(moment("expires_at"))
        .foreign_key(&mut to_owner("budget_holds", "run_id", "runs"))
        .take()
}
