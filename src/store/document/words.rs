//! The words of documents, and the version of an agent's knowledge.

use entity::{agent, document, document_words};
use sea_orm::{
    ActiveValue::Set,
    ColumnTrait, EntityTrait, ExprTrait, QueryFilter, QueryOrder, QuerySelect,
    sea_query::{Expr, OnConflict},
};
use uuid::Uuid;

use crate::{
    domain::{AgentId, DocumentId},
    error::Result,
    store::{TenantStore, connection::Transaction},
};

/// The number of documents that are listed at a time.
const LISTED: u64 = 10_000;

impl TenantStore {
    /// A number that grows with each change of what is searchable of an agent's documents; 0 before the first one.
    pub async fn knowledge_version(&self, agent: AgentId) -> Result<i64> {
        let version = self
            .rows::<agent::Entity>()
            .filter(agent::Column::Id.eq(agent.uuid()))
            .select_only()
            .column(agent::Column::KnowledgeVersion)
            .into_tuple()
            .one(self.database.primary())
            .await?;
        Ok(version.unwrap_or_default())
    }

    /// The documents of an agent that are searchable, with their revisions.
    pub async fn served_revisions(&self, agent: AgentId) -> Result<Vec<(DocumentId, i32)>> {
        let mut served: Vec<(DocumentId, i32)> = Vec::new();
        loop {
            let mut documents = self
                .documents_of(agent)
                .filter(document::Column::Revision.gt(0))
                .order_by_asc(document::Column::Id)
                .limit(LISTED);
            if let Some((last, _)) = served.last() {
                documents = documents.filter(document::Column::Id.gt(last.uuid()));
            }
            let rows: Vec<(Uuid, i32)> = documents
                .select_only()
                .columns([document::Column::Id, document::Column::Revision])
                .into_tuple()
                .all(self.database.primary())
                .await?;
            if rows.is_empty() {
                return Ok(served);
            }
            let rows = rows.into_iter();
            served.extend(rows.map(|(id, revision)| (DocumentId::from_uuid(id), revision)));
        }
    }

    /// The stored words of all revisions of these documents.
    pub async fn document_words(
        &self,
        documents: &[DocumentId],
    ) -> Result<Vec<(DocumentId, i32, Vec<u8>)>> {
        let ids = documents.iter().map(|id| id.uuid());
        let rows = self
            .rows::<document_words::Entity>()
            .filter(document_words::Column::DocumentId.is_in(ids))
            .all(self.database.primary())
            .await?;
        let row = |row: document_words::Model| {
            (
                DocumentId::from_uuid(row.document_id),
                row.revision,
                row.words,
            )
        };
        Ok(rows.into_iter().map(row).collect())
    }

    /// Stores the words of a revision of a document, if it still exists, in place of those that are stored.
    pub async fn replace_document_words(
        &self,
        document: DocumentId,
        revision: i32,
        words: Vec<u8>,
    ) -> Result<()> {
        let transaction = self.database.begin().await?;
        let held = self
            .rows::<document::Entity>()
            .filter(document::Column::Id.eq(document.uuid()))
            .lock(sea_orm::sea_query::LockType::KeyShare)
            .one(&*transaction)
            .await?;
        if held.is_some() {
            self.put_document_words(document, revision, words, &transaction)
                .await?;
        }
        transaction.commit().await?;
        Ok(())
    }

    /// Stores the words of a revision of a document that exists until the transaction ends.
    pub(super) async fn put_document_words(
        &self,
        document: DocumentId,
        revision: i32,
        words: Vec<u8>,
        transaction: &Transaction,
    ) -> Result<()> {
        use document_words::Column;
        let row = document_words::ActiveModel {
            document_id: Set(document.uuid()),
            revision: Set(revision),
            account_id: Set(self.account.uuid()),
            words: Set(words),
        };
        let replace = OnConflict::columns([Column::DocumentId, Column::Revision])
            .update_column(Column::Words)
            .to_owned();
        document_words::Entity::insert(row)
            .on_conflict(replace)
            .exec_without_returning(&**transaction)
            .await?;
        Ok(())
    }

    /// Deletes the words of all revisions of a document but this one.
    pub(super) async fn delete_other_words(
        &self,
        document: DocumentId,
        revision: i32,
        transaction: &Transaction,
    ) -> Result<()> {
        self.delete::<document_words::Entity>()
            .filter(document_words::Column::DocumentId.eq(document.uuid()))
            .filter(document_words::Column::Revision.ne(revision))
            .exec(&**transaction)
            .await?;
        Ok(())
    }

    /// Notes that what is searchable of an agent's documents has changed: every process reads its words anew.
    pub(super) async fn raise_knowledge_version(
        &self,
        agent: AgentId,
        transaction: &Transaction,
    ) -> Result<()> {
        let raised = Expr::col(agent::Column::KnowledgeVersion).add(1);
        self.change::<agent::Entity>()
            .filter(agent::Column::Id.eq(agent.uuid()))
            .col_expr(agent::Column::KnowledgeVersion, raised)
            .exec(&**transaction)
            .await?;
        Ok(())
    }
}
