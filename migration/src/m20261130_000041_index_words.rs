//! The words of documents as the program itself analyses them, so that both databases find and rank alike.
//!
//! Expands only: the indexes of words that the databases made stay for the version of before, and get no new passages.

use sea_orm_migration::{
    prelude::{
        DbErr, DeriveMigrationName, Index, MigrationTrait, SchemaManager, Table,
        TableCreateStatement, async_trait,
    },
    schema::{big_integer, blob, integer, uuid},
};

use crate::table::{create, drop, execute, to_account, to_owner};

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        create(manager, vec![document_words()], Vec::new()).await?;
        let version = Table::alter()
            .table("agent_instances")
            .add_column(big_integer("knowledge_version").default(0))
            .take();
        manager.alter_table(version).await?;
        execute(manager, BEGIN, BEGIN).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let version = Table::alter()
            .table("agent_instances")
            .drop_column("knowledge_version")
            .take();
        manager.alter_table(version).await?;
        drop(manager, &["document_words"]).await
    }

    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }
}

fn document_words() -> TableCreateStatement {
    Table::create()
        .table("document_words")
        .col(uuid("document_id"))
        .col(integer("revision"))
        .col(uuid("account_id"))
        .col(blob("words"))
        .primary_key(Index::create().col("document_id").col("revision"))
        .foreign_key(&mut to_account("document_words"))
        .foreign_key(&mut to_owner("document_words", "document_id", "documents"))
        .take()
}

/// Zero is the version of an agent that never had a searchable document.
const BEGIN: &[&str] = &["UPDATE agent_instances SET knowledge_version = 1 \
     WHERE id IN (SELECT agent_id FROM documents WHERE revision > 0)"];
