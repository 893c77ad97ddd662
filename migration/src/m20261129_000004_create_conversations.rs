//! Creates conversations, the context that each agent has of them, and the states of workflows.

use sea_orm_migration::{
    prelude::{
        DbErr, DeriveMigrationName, Index, MigrationTrait, SchemaManager, Table,
        TableCreateStatement, async_trait,
    },
    schema::{boolean, integer, json_binary, string_null, text, uuid, uuid_null},
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
            vec![conversations(), conversation_contexts(), workflow_states()],
            vec![
                index("conversations", &["account_id", "updated_at", "id"]),
                index(
                    "conversations",
                    &["account_id", "agent_id", "updated_at", "id"],
                ),
                index(
                    "conversations",
                    &["account_id", "end_user", "updated_at", "id"],
                ),
                index("conversation_contexts", &["account_id", "agent_id"]),
                index("workflow_states", &["account_id", "agent_id"]),
            ],
        )
        .await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let tables = ["workflow_states", "conversation_contexts", "conversations"];
        drop(manager, &tables).await
    }

    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }
}

fn conversations() -> TableCreateStatement {
    tenant_table("conversations")
        .col(string_null("end_user"))
        .col(uuid_null("agent_id"))
        .col(json_binary("context"))
        .col(string_null("title"))
        .col(string_null("made_title"))
        .col(text("folded_title"))
        .col(json_binary("metadata"))
        .col(moment_null("archived_at"))
        .col(boolean("unread"))
        .col(integer("message_count"))
        .col(uuid_null("last_message_id"))
        .col(uuid_null("head_run_id"))
        .col(uuid_null("previous_head_run_id"))
        .col(moment("created_at"))
        .col(moment("updated_at"))
        .foreign_key(&mut to_neighbour(
            "conversations",
            "agent_id",
            "agent_instances",
        ))
        .take()
}

/// The context of a conversation that an agent works with, kept while another agent answers.
fn conversation_contexts() -> TableCreateStatement {
    Table::create()
        .table("conversation_contexts")
        .col(uuid("conversation_id"))
        .col(uuid("agent_id"))
        .col(uuid("account_id"))
        .col(json_binary("context"))
        .col(moment("updated_at"))
        .primary_key(Index::create().col("conversation_id").col("agent_id"))
        .foreign_key(&mut to_owner(
            "conversation_contexts",
            "conversation_id",
            "conversations",
        ))
        .foreign_key(&mut to_owner(
            "conversation_contexts",
            "agent_id",
            "agent_instances",
        ))
        .take()
}

/// The states that agents' workflows keep of a conversation, one per run that changed it. The table is older than the
/// table of runs, so the runs are referred to without a foreign key; the states are deleted with the conversation.
fn workflow_states() -> TableCreateStatement {
    Table::create()
        .table("workflow_states")
        .col(uuid("conversation_id"))
        .col(uuid("agent_id"))
        .col(uuid("account_id"))
        .col(uuid("run_id"))
        .col(json_binary("state"))
        .col(boolean("private"))
        .col(moment("updated_at"))
        .primary_key(
            Index::create()
                .col("conversation_id")
                .col("agent_id")
                .col("run_id"),
        )
        .foreign_key(&mut to_owner(
            "workflow_states",
            "conversation_id",
            "conversations",
        ))
        .foreign_key(&mut to_owner(
            "workflow_states",
            "agent_id",
            "agent_instances",
        ))
        .take()
}
