//! Creates handoffs of conversations between agents.

use sea_orm_migration::{
    prelude::{
        DbErr, DeriveMigrationName, MigrationTrait, SchemaManager, TableCreateStatement,
        async_trait,
    },
    schema::{integer_null, json_binary, string, text, uuid, uuid_null},
};

use crate::table::{
    create, drop, index, moment, moment_null, tenant_table, to_neighbour, to_owner,
};

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        create(
            manager,
            vec![handoffs()],
            vec![
                index("handoffs", &["account_id", "conversation_id", "id"]),
                index("handoffs", &["account_id", "run_id"]),
                index("handoffs", &["account_id", "from_agent_id"]),
                index("handoffs", &["account_id", "to_agent_id"]),
            ],
        )
        .await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        drop(manager, &["handoffs"]).await
    }

    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }
}

fn handoffs() -> TableCreateStatement {
    tenant_table("handoffs")
        .col(uuid("conversation_id"))
        .col(uuid_null("run_id"))
        .col(integer_null("step"))
        .col(uuid_null("after_run_id"))
        .col(uuid_null("from_agent_id"))
        .col(uuid_null("to_agent_id"))
        .col(text("reason"))
        .col(string("initiator"))
        .col(string("policy"))
        .col(json_binary("carried"))
        .col(json_binary("dropped"))
        .col(string("outcome"))
        .col(moment("created_at"))
        .col(moment_null("ended_at"))
        .foreign_key(&mut to_owner(
            "handoffs",
            "conversation_id",
            "conversations",
        ))
        .foreign_key(&mut to_owner("handoffs", "run_id", "runs"))
        .foreign_key(&mut to_neighbour(
            "handoffs",
            "from_agent_id",
            "agent_instances",
        ))
        .foreign_key(&mut to_neighbour(
            "handoffs",
            "to_agent_id",
            "agent_instances",
        ))
        .take()
}
