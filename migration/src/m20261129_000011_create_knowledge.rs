//! Creates documents, their contents, their passages, and the passages that answers were given.

use sea_orm_migration::{
    prelude::{
        ConditionalStatement, DbErr, DeriveMigrationName, Expr, ExprTrait, Index, MigrationTrait,
        SchemaManager, Table, TableCreateStatement, async_trait,
    },
    schema::{
        big_integer_null, blob, blob_null, double, integer, json_binary_null, string, string_null,
        text, text_null, uuid, var_binary,
    },
};

use crate::table::{create, drop, index, moment, tenant_table, to_account, to_owner};

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        create(
            manager,
            vec![
                documents(),
                document_contents(),
                passages(),
                message_sources(),
            ],
            vec![
                index("documents", &["account_id", "agent_id", "id"]),
                index("documents", &["status", "id"]),
                index("documents", &["account_id", "agent_id", "source_key"])
                    .unique()
                    .take(),
                // documents that are not ready yet, counted on additions
                index("documents", &["account_id", "status"])
                    .and_where(Expr::col("status").is_in(["PENDING", "EMBEDDING"]))
                    .take(),
                index(
                    "passages",
                    &["account_id", "document_id", "revision", "position"],
                )
                .unique()
                .take(),
                index("passages", &["account_id", "agent_id", "id"]),
                index("passages", &["search_key"]).unique().take(),
                index("message_sources", &["account_id", "document_id"]),
            ],
        )
        .await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        drop(
            manager,
            &[
                "message_sources",
                "passages",
                "document_contents",
                "documents",
            ],
        )
        .await
    }

    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }
}

/// Each revision of a document has its own passages, so that the content is replaced as a whole: the row names the
/// searchable revision.
fn documents() -> TableCreateStatement {
    tenant_table("documents")
        .col(uuid("agent_id"))
        .col(string("title"))
        .col(text_null("source"))
        .col(string_null("source_key"))
        .col(text_null("url"))
        .col(string("media_type"))
        .col(var_binary("content_hash", 32))
        .col(string("status"))
        .col(integer("passages"))
        .col(integer("revision").default(0))
        .col(integer("wanted_revision").default(0))
        .col(integer("progress_done").default(0))
        .col(integer("progress_total").default(0))
        .col(big_integer_null("content_bytes"))
        .col(text_null("error"))
        .col(integer("attempts"))
        .col(moment("created_at"))
        .col(moment("updated_at"))
        .foreign_key(&mut to_owner("documents", "agent_id", "agent_instances"))
        .take()
}

/// The given content of a document, until it is split.
fn document_contents() -> TableCreateStatement {
    Table::create()
        .table("document_contents")
        .col(uuid("document_id").primary_key())
        .col(uuid("account_id"))
        .col(blob("content"))
        .foreign_key(&mut to_account("document_contents"))
        .foreign_key(&mut to_owner(
            "document_contents",
            "document_id",
            "documents",
        ))
        .take()
}

fn passages() -> TableCreateStatement {
    tenant_table("passages")
        .col(uuid("agent_id"))
        .col(uuid("document_id"))
        .col(integer("revision").default(0))
        .col(integer("position"))
        .col(text("text"))
        .col(json_binary_null("headings"))
        .col(integer("tokens"))
        .col(blob_null("embedding"))
        .col(big_integer_null("search_key"))
        .foreign_key(&mut to_owner("passages", "agent_id", "agent_instances"))
        .foreign_key(&mut to_owner("passages", "document_id", "documents"))
        .take()
}

/// The passages that an answer cites; they are deleted with their document.
fn message_sources() -> TableCreateStatement {
    tenant_table("message_sources")
        .col(uuid("message_id"))
        .col(uuid("document_id"))
        .col(integer("number"))
        .col(integer("position"))
        .col(text("text"))
        .col(json_binary_null("headings"))
        .col(double("score"))
        .foreign_key(&mut to_owner("message_sources", "message_id", "messages"))
        .foreign_key(&mut to_owner("message_sources", "document_id", "documents"))
        .index(
            Index::create()
                .unique()
                .name("message_sources_message_id_number_key")
                .col("message_id")
                .col("number"),
        )
        .take()
}
