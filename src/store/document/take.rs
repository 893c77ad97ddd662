//! Storing new documents, and new contents of existing ones.

use chrono::{DateTime, Utc};
use entity::{document, document_content};
use sea_orm::{
    ActiveValue::Set, ColumnTrait, EntityTrait, QueryFilter, QuerySelect, sea_query::LockType,
};

use crate::{
    domain::{AgentId, AuditNote, ContentType, Document, DocumentId, JobKind},
    error::{Error, Kind, Result},
    store::{
        TenantStore, connection::Transaction, document::document_of, error::is_taken,
        job::JobRequest, quota::DocumentGrowth,
    },
};

/// A document that is given to an agent.
#[derive(Debug, Clone, PartialEq)]
pub struct NewDocument {
    /// The id of the document, unless one with this source exists.
    pub id: DocumentId,
    /// The agent that the document belongs to.
    pub agent: AgentId,
    /// The title that is shown to people.
    pub title: String,
    /// The origin that the caller gave.
    pub source: Option<String>,
    /// The identity of the document within its agent: its source, or the hash of its content.
    pub source_key: String,
    /// The URL that the content is fetched from.
    pub url: Option<String>,
    /// The media type, where the caller gave one.
    pub media_type: Option<ContentType>,
    /// The content; none when it has to be fetched.
    pub content: Option<Vec<u8>>,
    /// The SHA-256 of the content; empty when it has to be fetched.
    pub content_hash: Vec<u8>,
    /// When the document was given.
    pub at: DateTime<Utc>,
    /// The maximum number of documents of the agent; none if only the account's quota holds.
    pub most_of_agent: Option<u64>,
}

impl TenantStore {
    /// Stores a document or its new content, writes an audit entry, and queues the ingestion. An unchanged content
    /// changes only the title. `NOT_FOUND` when the agent does not exist; `QUOTA_EXCEEDED` when the account or the agent has
    /// no room for the document.
    pub async fn ingest(&self, new: &NewDocument, note: AuditNote) -> Result<Document> {
        match self.ingest_once(new, note.clone()).await {
            // another caller has inserted the same source at the same time: now it exists
            Err(error) if *error.kind() == Kind::Conflict => self.ingest_once(new, note).await,
            ingested => ingested,
        }
    }

    async fn ingest_once(&self, new: &NewDocument, note: AuditNote) -> Result<Document> {
        let transaction = self.database.begin().await?;
        if !self.hold_agent(new.agent, &transaction).await? {
            return Err(Error::not_found("agent"));
        }
        let known = self
            .documents_of(new.agent)
            .filter(document::Column::SourceKey.eq(new.source_key.as_str()))
            .lock(LockType::NoKeyUpdate)
            .one(&*transaction)
            .await?;
        let growth = growth(known.as_ref(), new);
        self.foresee_growth(growth, &transaction).await?;
        let row = match known {
            Some(row) if is_known(&row, new) => self.retitle(row, new, &transaction).await?,
            Some(row) => self.replace(row, new, &transaction).await?,
            None => self.insert_document(new, &transaction).await?,
        };
        self.grow(growth, &transaction).await?;
        if let Some(most) = new.most_of_agent.filter(|_| growth.documents > 0) {
            self.check_documents_of(new.agent, most, &transaction)
                .await?;
        }
        let document = document_of(row);
        let note = AuditNote {
            subject: Some(document.id.to_string()),
            ..note
        };
        self.note(vec![note], &transaction).await?;
        transaction.commit().await?;
        Ok(document)
    }

    async fn retitle(
        &self,
        mut row: document::Model,
        new: &NewDocument,
        transaction: &Transaction,
    ) -> Result<document::Model> {
        if row.title != new.title {
            row.title.clone_from(&new.title);
            row.updated_at = new.at;
            self.change::<document::Entity>()
                .filter(document::Column::Id.eq(row.id))
                .set(document::ActiveModel {
                    title: Set(new.title.clone()),
                    updated_at: Set(new.at),
                    ..Default::default()
                })
                .exec(&**transaction)
                .await?;
        }
        Ok(row)
    }

    async fn replace(
        &self,
        mut row: document::Model,
        new: &NewDocument,
        transaction: &Transaction,
    ) -> Result<document::Model> {
        row.title.clone_from(&new.title);
        row.source.clone_from(&new.source);
        row.url.clone_from(&new.url);
        row.status = document::DocumentStatus::Pending;
        row.error = None;
        row.warnings = None;
        row.attempts = 0;
        row.wanted_revision += 1;
        row.progress_done = 0;
        row.progress_total = 0;
        row.updated_at = new.at;
        row.content_bytes = new.content_bytes().or(row.content_bytes).or(Some(0));
        if new.content.is_some() {
            row.content_hash.clone_from(&new.content_hash);
            row.media_type = media_type_name(new.media_type);
        }
        self.change::<document::Entity>()
            .filter(document::Column::Id.eq(row.id))
            .set(document::ActiveModel {
                title: Set(row.title.clone()),
                source: Set(row.source.clone()),
                url: Set(row.url.clone()),
                status: Set(row.status),
                error: Set(None),
                warnings: Set(None),
                attempts: Set(0),
                wanted_revision: Set(row.wanted_revision),
                progress_done: Set(0),
                progress_total: Set(0),
                content_hash: Set(row.content_hash.clone()),
                media_type: Set(row.media_type.clone()),
                content_bytes: Set(row.content_bytes),
                updated_at: Set(new.at),
                ..Default::default()
            })
            .exec(&**transaction)
            .await?;
        self.keep_content(&row, new, transaction).await?;
        Ok(row)
    }

    async fn insert_document(
        &self,
        new: &NewDocument,
        transaction: &Transaction,
    ) -> Result<document::Model> {
        let row = document::Model {
            id: new.id.uuid(),
            account_id: self.account.uuid(),
            agent_id: new.agent.uuid(),
            title: new.title.clone(),
            source: new.source.clone(),
            media_type: media_type_name(new.media_type),
            content_hash: new.content_hash.clone(),
            status: document::DocumentStatus::Pending,
            passages: 0,
            error: None,
            warnings: None,
            attempts: 0,
            source_key: Some(new.source_key.clone()),
            url: new.url.clone(),
            revision: 0,
            wanted_revision: 1,
            progress_done: 0,
            progress_total: 0,
            content_bytes: Some(new.content_bytes().unwrap_or(0)),
            created_at: new.at,
            updated_at: new.at,
        };
        let inserted = document::Entity::insert(document::ActiveModel::from(row.clone()))
            .exec_without_returning(&**transaction)
            .await;
        match inserted {
            Ok(_) => {}
            Err(cause) if is_taken(&cause) => {
                return Err(Error::conflict("this source is being ingested").with_source(cause));
            }
            Err(cause) => return Err(cause.into()),
        }
        self.keep_content(&row, new, transaction).await?;
        Ok(row)
    }

    /// Stores the given content until it is split, and queues the ingestion.
    async fn keep_content(
        &self,
        row: &document::Model,
        new: &NewDocument,
        transaction: &Transaction,
    ) -> Result<()> {
        self.delete::<document_content::Entity>()
            .filter(document_content::Column::DocumentId.eq(row.id))
            .exec(&**transaction)
            .await?;
        if let Some(content) = &new.content {
            let content = document_content::ActiveModel {
                document_id: Set(row.id),
                account_id: Set(self.account.uuid()),
                content: Set(content.clone()),
            };
            document_content::Entity::insert(content)
                .exec_without_returning(&**transaction)
                .await?;
        }
        self.want_job(
            JobRequest::new(JobKind::IngestDocument, row.id),
            new.at,
            transaction,
        )
        .await
    }
}

impl NewDocument {
    fn content_bytes(&self) -> Option<i64> {
        let content = self.content.as_ref()?;
        Some(i64::try_from(content.len()).unwrap_or(i64::MAX))
    }
}

/// What a document adds to the account's counters: nothing when it is unchanged, the difference in size when it
/// replaces another content.
fn growth(known: Option<&document::Model>, new: &NewDocument) -> DocumentGrowth {
    use document::DocumentStatus::{Embedding, Pending};
    if known.is_some_and(|row| is_known(row, new)) {
        return DocumentGrowth::default();
    }
    let waits = known.is_some_and(|row| matches!(row.status, Pending | Embedding));
    let id = known.map_or_else(|| new.id.uuid(), |row| row.id);
    DocumentGrowth {
        waiting: (!waits).then_some(id),
        ..DocumentGrowth::of_content(known, new.content_bytes())
    }
}

/// Whether this content is already searchable or being ingested. Bytes of another type or charset are read anew.
fn is_known(row: &document::Model, new: &NewDocument) -> bool {
    new.content.is_some()
        && row.media_type == media_type_name(new.media_type)
        && row.content_hash == new.content_hash
        && row.status != document::DocumentStatus::Failed
}

/// The column is never null; it is empty until a fetched document's type is known.
fn media_type_name(media_type: Option<ContentType>) -> String {
    media_type.map_or_else(String::new, ContentType::name)
}
