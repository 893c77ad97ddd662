//! Adds revisions of passages, so that a document's content is replaced as a whole: the document's row names the
//! searchable revision. Creates background jobs.

use sea_orm_migration::{
    prelude::{
        ColumnDef, DbErr, DeriveMigrationName, Index, MigrationTrait, SchemaManager, Table,
        TableCreateStatement, async_trait,
    },
    schema::{
        big_integer, big_integer_null, double, integer, json_binary_null, string, string_null,
        text, text_null, uuid, uuid_null,
    },
};

use crate::table::{create, drop, index, moment, moment_null, tenant_table, to_account, to_owner};

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

/// With defaults, so that the previous version can insert rows while both versions run.
fn new_columns() -> Vec<(&'static str, ColumnDef)> {
    vec![
        ("documents", string_null("source_key")),
        ("documents", text_null("url")),
        ("documents", integer("revision").default(0).take()),
        ("documents", integer("wanted_revision").default(0).take()),
        ("documents", integer("progress_done").default(0).take()),
        ("documents", integer("progress_total").default(0).take()),
        ("passages", integer("revision").default(0).take()),
        ("passages", json_binary_null("headings")),
        ("passages", big_integer_null("search_key")),
        ("vector_db_configs", integer("generation").default(1).take()),
        ("vector_db_configs", string("embedder").default("").take()),
    ]
}

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for (table, mut column) in new_columns() {
            let add = Table::alter().table(table).add_column(&mut column).take();
            manager.alter_table(add).await?;
        }
        drop_index(manager, "passages_account_id_document_id_position_idx").await?;
        create(
            manager,
            vec![document_contents(), citations(), jobs()],
            vec![
                index(
                    "passages",
                    &["account_id", "document_id", "revision", "position"],
                )
                .unique()
                .take(),
                index("documents", &["account_id", "agent_id", "source_key"])
                    .unique()
                    .take(),
                index("passages", &["search_key"]).unique().take(),
                index("citations", &["account_id", "document_id"]),
                index("jobs", &["kind", "subject"]).unique().take(),
                index("jobs", &["status", "due_at"]),
            ],
        )
        .await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        drop(manager, &["jobs", "citations", "document_contents"]).await?;
        drop_index(manager, "passages_search_key_idx").await?;
        drop_index(manager, "documents_account_id_agent_id_source_key_idx").await?;
        drop_index(
            manager,
            "passages_account_id_document_id_revision_position_idx",
        )
        .await?;
        for (table, column) in new_columns().into_iter().rev() {
            let drop = Table::alter()
                .table(table)
                .drop_column(column.get_column_name())
                .take();
            manager.alter_table(drop).await?;
        }
        manager
            .create_index(
                index("passages", &["account_id", "document_id", "position"])
                    .unique()
                    .take(),
            )
            .await
    }

    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }
}

async fn drop_index(manager: &SchemaManager<'_>, name: &'static str) -> Result<(), DbErr> {
    manager
        .drop_index(Index::drop().name(name).to_owned())
        .await
}

/// The given content of a document, until it is split.
fn document_contents() -> TableCreateStatement {
    Table::create()
        .table("document_contents")
        .col(uuid("document_id").primary_key())
        .col(uuid("account_id"))
        .col(sea_orm_migration::schema::blob("content"))
        .foreign_key(&mut to_account("document_contents"))
        .foreign_key(&mut to_owner(
            "document_contents",
            "document_id",
            "documents",
        ))
        .take()
}

/// The passages that an answer cites; they are deleted with their document.
fn citations() -> TableCreateStatement {
    tenant_table("citations")
        .col(uuid("message_id"))
        .col(uuid("document_id"))
        .col(integer("rank"))
        .col(integer("position"))
        .col(text("text"))
        .col(json_binary_null("headings"))
        .col(double("score"))
        .foreign_key(&mut to_owner("citations", "message_id", "messages"))
        .foreign_key(&mut to_owner("citations", "document_id", "documents"))
        .index(
            Index::create()
                .unique()
                .name("citations_message_id_rank_key")
                .col("message_id")
                .col("rank"),
        )
        .take()
}

fn jobs() -> TableCreateStatement {
    tenant_table("jobs")
        .col(string("kind"))
        .col(uuid("subject"))
        .col(json_binary_null("payload"))
        .col(string("status"))
        .col(big_integer("wanted"))
        .col(big_integer("epoch"))
        .col(integer("attempts"))
        .col(moment("due_at"))
        .col(uuid_null("lease_owner"))
        .col(moment_null("lease_expires_at"))
        .col(text_null("error"))
        .col(moment("created_at"))
        .col(moment("updated_at"))
        .take()
}
