//! Documents and their passages.
//!
//! A document's row names its searchable revision; passages of other revisions are being made, or wait to be deleted.
//! So a new content replaces the old one in one statement.

mod ingest;
mod passage;
mod take;
mod words;

use std::collections::HashSet;

use chrono::{DateTime, Utc};
use entity::document;
use sea_orm::{
    ColumnTrait, ExprTrait, PaginatorTrait, QueryFilter, QueryOrder, QuerySelect, Select,
    sea_query::{CaseStatement, Expr, LockType, SimpleExpr},
};
use serde_json::json;

pub use ingest::{DocumentWork, ServeOutcome, SplitContent};
pub use take::NewDocument;

use serde_json::Value;

use crate::{
    domain::{
        AccountId, AgentId, AuditNote, ContentType, Document, DocumentId, DocumentStatus, JobKind,
        Page, PageRequest, ScoredPassage,
    },
    error::Result,
    store::{
        TenantStore, connection::Transaction, job::JobRequest, page::Listing,
        quota::DocumentGrowth, row::same_variants,
    },
};

/// The size of an agent's searchable knowledge.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct KnowledgeSize {
    /// The number of its documents.
    pub documents: i64,
    /// The number of their passages.
    pub passages: i64,
    /// When one of the documents last changed.
    pub updated_at: Option<DateTime<Utc>>,
    /// The number of documents whose content, or new content, is not searchable yet.
    pub being_read: i64,
    /// When the ingestion of one of these last made progress.
    pub read_at: Option<DateTime<Utc>>,
}

impl TenantStore {
    /// An agent's documents, newest first.
    pub async fn documents(&self, agent: AgentId, request: &PageRequest) -> Result<Page<Document>> {
        Listing::newest_first(document::Column::Id)
            .page(
                self.documents_of(agent),
                request,
                self.database.replica(),
                |row| Ok(document_of(row)),
            )
            .await
    }

    /// The number of an agent's documents.
    pub async fn count_documents(&self, agent: AgentId) -> Result<u64> {
        let documents = self.documents_of(agent);
        Ok(documents.count(self.database.replica()).await?)
    }

    /// The documents with these ids that exist, in no particular order.
    pub async fn documents_by_ids(&self, ids: &[DocumentId]) -> Result<Vec<Document>> {
        let rows = self
            .rows::<document::Entity>()
            .filter(document::Column::Id.is_in(ids.iter().map(|id| id.uuid())))
            .all(self.database.primary())
            .await?;
        Ok(rows.into_iter().map(document_of).collect())
    }

    /// At most `most` documents of an agent whose content, or new content, is not searchable yet, the oldest first.
    pub async fn unfinished_documents(&self, agent: AgentId, most: u64) -> Result<Vec<Document>> {
        let rows = self
            .documents_of(agent)
            .filter(being_read())
            .order_by_asc(document::Column::Id)
            .limit(most)
            .all(self.database.primary())
            .await?;
        Ok(rows.into_iter().map(document_of).collect())
    }

    /// At most `most` documents of an agent that can be searched, the newest first.
    pub async fn served_documents(&self, agent: AgentId, most: u64) -> Result<Vec<Document>> {
        let rows = self
            .documents_of(agent)
            .filter(document::Column::Revision.gt(0))
            .order_by_desc(document::Column::Id)
            .limit(most)
            .all(self.database.primary())
            .await?;
        Ok(rows.into_iter().map(document_of).collect())
    }

    /// The size of an agent's knowledge.
    pub async fn knowledge_size(&self, agent: AgentId) -> Result<KnowledgeSize> {
        type Time = Option<DateTime<Utc>>;
        let served = || document::Column::Revision.gt(0);
        let found: Option<(i64, Option<i64>, Time, i64, Time)> = self
            .documents_of(agent)
            .select_only()
            .column_as(only(served(), document::Column::Id).count(), "documents")
            .column_as(only(served(), document::Column::Passages).sum(), "passages")
            .column_as(
                only(served(), document::Column::UpdatedAt).max(),
                "updated_at",
            )
            .column_as(
                only(being_read(), document::Column::Id).count(),
                "being_read",
            )
            .column_as(
                only(being_read(), document::Column::UpdatedAt).max(),
                "read_at",
            )
            .into_tuple()
            .one(self.database.primary())
            .await?;
        let (documents, passages, updated_at, being_read, read_at) = found.unwrap_or_default();
        Ok(KnowledgeSize {
            documents,
            passages: passages.unwrap_or_default(),
            updated_at,
            being_read,
            read_at,
        })
    }

    /// Deletes a document with its passages, also those that answers were given, and queues the removal of its vectors. Returns false when it
    /// does not exist.
    pub async fn delete_document(&self, id: DocumentId, note: AuditNote) -> Result<bool> {
        let transaction = self.database.begin().await?;
        let this = || {
            self.rows::<document::Entity>()
                .filter(document::Column::Id.eq(id.uuid()))
        };
        let Some(row) = this().one(&*transaction).await? else {
            return Ok(false);
        };
        // the deletion of an agent subtracts its documents from the counters itself
        if !self
            .hold_agent(AgentId::from_uuid(row.agent_id), &transaction)
            .await?
        {
            return Ok(false);
        }
        let held = this().lock(LockType::Update).one(&*transaction).await?;
        let Some(row) = held else {
            return Ok(false);
        };
        self.delete::<document::Entity>()
            .filter(document::Column::Id.eq(id.uuid()))
            .exec(&*transaction)
            .await?;
        let payload = json!({"agent": row.agent_id});
        let job = JobRequest {
            payload: Some(payload),
            ..JobRequest::new(JobKind::RemoveVectors, id.uuid())
        };
        self.want_job(job, note.at, &transaction).await?;
        let agent = AgentId::from_uuid(row.agent_id);
        self.want_persona(agent, note.at, &transaction).await?;
        self.raise_knowledge_version(agent, &transaction).await?;
        let note = AuditNote {
            agent: Some(agent),
            ..note
        };
        self.grow(DocumentGrowth::without(&row), &transaction)
            .await?;
        self.note(vec![note], &transaction).await?;
        transaction.commit().await?;
        Ok(true)
    }

    pub(super) fn documents_of(&self, agent: AgentId) -> Select<document::Entity> {
        self.rows::<document::Entity>()
            .filter(document::Column::AgentId.eq(agent.uuid()))
    }
}

/// The documents of these passages that exist, locked against deletion until the transaction ends.
pub(super) async fn documents_that_exist(
    store: &TenantStore,
    passages: impl Iterator<Item = &ScoredPassage>,
    transaction: &Transaction,
) -> Result<HashSet<DocumentId>> {
    let ids = passages.map(|passage| passage.document.uuid());
    let rows = store
        .rows::<document::Entity>()
        .filter(document::Column::Id.is_in(ids))
        .lock(LockType::KeyShare)
        .all(&**transaction)
        .await?;
    Ok(rows
        .into_iter()
        .map(|row| DocumentId::from_uuid(row.id))
        .collect())
}

/// Whether a document's content, or new content, is not searchable yet.
fn being_read() -> SimpleExpr {
    document::Column::Status.is_in([
        document::DocumentStatus::Pending,
        document::DocumentStatus::Embedding,
    ])
}

/// A column in the rows where a condition holds, NULL in the others.
fn only(condition: SimpleExpr, column: document::Column) -> SimpleExpr {
    CaseStatement::new()
        .case(condition, Expr::col(column))
        .into()
}

fn document_of(row: document::Model) -> Document {
    let is_worked_on = row.status == document::DocumentStatus::Embedding && row.progress_total > 0;
    Document {
        id: DocumentId::from_uuid(row.id),
        account: AccountId::from_uuid(row.account_id),
        agent: AgentId::from_uuid(row.agent_id),
        title: row.title,
        source: row.source,
        media_type: ContentType::parse(&row.media_type),
        content_hash: row.content_hash,
        status: row.status.into(),
        revision: row.revision,
        passages: row.passages,
        progress: is_worked_on.then_some((row.progress_done, row.progress_total)),
        error: row.error,
        warnings: warnings_of(row.warnings),
        attempts: row.attempts,
        created_at: row.created_at,
        updated_at: row.updated_at,
    }
}

/// The column of warnings; null for none.
fn warnings_column(warnings: &[String]) -> Option<Value> {
    (!warnings.is_empty()).then(|| Value::from(warnings.to_vec()))
}

fn warnings_of(column: Option<Value>) -> Vec<String> {
    let warnings = column.map(serde_json::from_value);
    warnings
        .and_then(std::result::Result::ok)
        .unwrap_or_default()
}

same_variants!(document::DocumentStatus, DocumentStatus: Pending, Embedding, Ready, Failed);
