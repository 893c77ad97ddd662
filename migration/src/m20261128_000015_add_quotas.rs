//! Adds counters of an account's documents and their bytes, maintained in the transaction that changes them, and the
//! operator's ceilings beside the account's own budgets. Adds indexes for what is counted on additions.

use sea_orm_migration::{
    prelude::{
        ColumnDef, ConditionalStatement, DbErr, DeriveMigrationName, Expr, ExprTrait, Index,
        MigrationTrait, SchemaManager, Table, async_trait,
    },
    schema::{big_integer, big_integer_null, double_null},
    sea_orm::{ConnectionTrait, DbBackend},
};

use crate::table::{create, index};

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

/// With defaults, so that the previous version can insert rows while both versions run. A document without
/// `content_bytes` was inserted by the previous version meanwhile, and is not counted.
fn new_columns() -> Vec<(&'static str, ColumnDef)> {
    vec![
        ("accounts", big_integer("document_count").default(0).take()),
        ("accounts", big_integer("document_bytes").default(0).take()),
        ("accounts", big_integer_null("ceiling_tokens")),
        ("accounts", double_null("ceiling_cost_usd")),
        ("documents", big_integer_null("content_bytes")),
    ]
}

/// The content is deleted once it is split: the text of the passages is the best estimate of its size.
const SIZES: &str = "UPDATE documents SET content_bytes = COALESCE(\
     (SELECT {length}(content) FROM document_contents WHERE document_contents.document_id = documents.id), \
     (SELECT SUM({length}({text})) FROM passages WHERE passages.account_id = documents.account_id \
      AND passages.document_id = documents.id AND passages.revision = documents.revision), 0)";
const COUNTS: &str = "UPDATE accounts SET \
     document_count = (SELECT COUNT(*) FROM documents WHERE documents.account_id = accounts.id), \
     document_bytes = (SELECT COALESCE(SUM(content_bytes), 0) FROM documents WHERE documents.account_id = accounts.id)";

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for (table, mut column) in new_columns() {
            let add = Table::alter().table(table).add_column(&mut column).take();
            manager.alter_table(add).await?;
        }
        let connection = manager.get_connection();
        let (length, text) = match connection.get_database_backend() {
            DbBackend::Postgres => ("octet_length", "text"),
            _ => ("length", "CAST(text AS BLOB)"),
        };
        let sizes = SIZES.replace("{length}", length).replace("{text}", text);
        connection.execute_unprepared(&sizes).await?;
        connection.execute_unprepared(COUNTS).await?;
        create(
            manager,
            Vec::new(),
            vec![
                index("documents", &["account_id", "status"])
                    .and_where(Expr::col("status").is_in(["PENDING", "EMBEDDING"]))
                    .take(),
                index("api_keys", &["account_id", "expires_at"])
                    .and_where(Expr::col("revoked_at").is_null())
                    .take(),
            ],
        )
        .await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for (table, name) in [
            ("api_keys", "api_keys_account_id_expires_at_idx"),
            ("documents", "documents_account_id_status_idx"),
        ] {
            manager
                .drop_index(Index::drop().name(name).table(table).to_owned())
                .await?;
        }
        for (table, column) in new_columns().into_iter().rev() {
            let drop = Table::alter()
                .table(table)
                .drop_column(column.get_column_name())
                .take();
            manager.alter_table(drop).await?;
        }
        Ok(())
    }

    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }
}
