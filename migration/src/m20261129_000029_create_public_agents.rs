//! Creates what a browser without a key needs: agents that are public, people without a name, and the operations that
//! accounts register for their end users.

use sea_orm_migration::{
    prelude::{
        DbErr, DeriveMigrationName, Index, MigrationTrait, SchemaManager, Table,
        TableCreateStatement, async_trait,
    },
    schema::{big_integer, boolean, integer, string, text, uuid, var_binary},
};

use crate::table::{create, drop, index, moment, moment_null, tenant_table, to_owner};

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        // SQLite adds one column at a time
        for (table, column) in [
            ("end_users", boolean("anonymous").default(false).take()),
            ("end_users", moment_null("unused_until")),
            (
                "accounts",
                string("end_user_operations").default("ANY").take(),
            ),
        ] {
            let column = Table::alter().table(table).add_column(column).take();
            manager.alter_table(column).await?;
        }
        create(
            manager,
            vec![public_agents(), public_origins(), registered_operations()],
            vec![
                index("public_agents", &["agent_id"]).unique().take(),
                index("public_origins", &["agent_id", "origin"])
                    .unique()
                    .take(),
                index("public_origins", &["origin"]),
                index("registered_operations", &["account_id", "hash"])
                    .unique()
                    .take(),
                index("end_users", &["unused_until"]),
            ],
        )
        .await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let unused = Index::drop()
            .name("end_users_unused_until_idx")
            .table("end_users")
            .to_owned();
        manager.drop_index(unused).await?;
        drop(
            manager,
            &["registered_operations", "public_origins", "public_agents"],
        )
        .await?;
        for (table, column) in [
            ("accounts", "end_user_operations"),
            ("end_users", "unused_until"),
            ("end_users", "anonymous"),
        ] {
            let column = Table::alter().table(table).drop_column(column).take();
            manager.alter_table(column).await?;
        }
        Ok(())
    }

    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }
}

fn public_agents() -> TableCreateStatement {
    tenant_table("public_agents")
        .col(uuid("agent_id"))
        .col(integer("messages_per_minute"))
        .col(big_integer("tokens"))
        .col(big_integer("expires_in_seconds"))
        .col(moment("updated_at"))
        .foreign_key(&mut to_owner(
            "public_agents",
            "agent_id",
            "agent_instances",
        ))
        .take()
}

fn public_origins() -> TableCreateStatement {
    tenant_table("public_origins")
        .col(uuid("agent_id"))
        .col(string("origin"))
        .foreign_key(&mut to_owner(
            "public_origins",
            "agent_id",
            "agent_instances",
        ))
        .take()
}

fn registered_operations() -> TableCreateStatement {
    tenant_table("registered_operations")
        .col(string("name"))
        .col(var_binary("hash", 32))
        .col(text("document"))
        .col(moment("created_at"))
        .take()
}
