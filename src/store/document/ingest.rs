//! The ingestion of a document, from its content to searchable passages, step by step; each step may be repeated.

use chrono::{DateTime, Utc};
use entity::{document, document_content, passage};
use sea_orm::{
    ActiveValue::Set, ColumnTrait, EntityTrait, QueryFilter, QuerySelect, sea_query::LockType,
};

use crate::{
    domain::{ContentType, Document, DocumentId, Passage},
    error::Result,
    store::{
        TenantStore,
        document::{document_of, passage::passage_row, warnings_column},
        quota::DocumentGrowth,
        vector_config::note_change,
    },
};

/// SQLite binds at most 32,766 values in a statement, and a passage has nine.
const MOST_ROWS: usize = 2_000;

/// A document with the state of its ingestion.
#[derive(Debug, Clone, PartialEq)]
pub struct DocumentWork {
    /// The document that is ingested.
    pub document: Document,
    /// The revision to make searchable.
    pub wanted: i32,
    /// The URL that the content is fetched from.
    pub url: Option<String>,
    /// The number of passages of the wanted revision; 0 until it is split.
    pub passages: i32,
    /// The number of those passages that are embedded.
    pub embedded: i32,
}

/// The result of splitting a document's content.
#[derive(Debug, Clone, PartialEq)]
pub struct SplitContent {
    /// The media type that was found.
    pub media_type: ContentType,
    /// The SHA-256 of the content.
    pub hash: Vec<u8>,
    /// The size of the content in bytes.
    pub bytes: i64,
    /// What could not be read, in sentences for people.
    pub warnings: Vec<String>,
    /// The passages, in order.
    pub passages: Vec<Passage>,
    /// Their words, for the search by words.
    pub words: Vec<u8>,
}

/// The result of [`TenantStore::serve_document`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ServeOutcome {
    /// The revision is searched now.
    Yes,
    /// The document has a newer content, or is deleted.
    Superseded,
    /// The agent's vectors are in another location now: the document's vectors have to be written there first.
    Moved,
}

impl TenantStore {
    /// The state of a document's ingestion; none when the document is deleted.
    pub async fn document_work(&self, id: DocumentId) -> Result<Option<DocumentWork>> {
        let row = self
            .rows::<document::Entity>()
            .filter(document::Column::Id.eq(id.uuid()))
            .one(self.database.primary())
            .await?;
        Ok(row.map(|row| DocumentWork {
            wanted: row.wanted_revision,
            url: row.url.clone(),
            passages: row.progress_total,
            embedded: row.progress_done,
            document: document_of(row),
        }))
    }

    /// The content that the caller gave; it is stored until it is split.
    pub async fn document_content(&self, id: DocumentId) -> Result<Option<Vec<u8>>> {
        let content = self
            .rows::<document_content::Entity>()
            .filter(document_content::Column::DocumentId.eq(id.uuid()))
            .one(self.database.primary())
            .await?;
        Ok(content.map(|row| row.content))
    }

    /// Marks a document as being ingested. False when it has a newer content.
    pub async fn begin_document(&self, work: &DocumentWork, at: DateTime<Utc>) -> Result<bool> {
        self.change_work(
            work,
            document::ActiveModel {
                status: Set(document::DocumentStatus::Embedding),
                updated_at: Set(at),
                ..Default::default()
            },
        )
        .await
    }

    /// Marks a document as ready because the fetched content is the one that is already searched. False when it has a
    /// newer content.
    pub async fn keep_document(&self, work: &DocumentWork, at: DateTime<Utc>) -> Result<bool> {
        self.change_work(
            work,
            document::ActiveModel {
                status: Set(document::DocumentStatus::Ready),
                wanted_revision: Set(work.document.revision),
                error: Set(None),
                updated_at: Set(at),
                ..Default::default()
            },
        )
        .await
    }

    /// Stores why a document could not be ingested; its previous revision stays searchable. False when it has a newer
    /// content.
    pub async fn fail_document(
        &self,
        work: &DocumentWork,
        why: &str,
        attempts: i32,
        at: DateTime<Utc>,
    ) -> Result<bool> {
        self.change_work(
            work,
            document::ActiveModel {
                status: Set(document::DocumentStatus::Failed),
                error: Set(Some(why.to_owned())),
                attempts: Set(attempts),
                progress_done: Set(0),
                progress_total: Set(0),
                updated_at: Set(at),
                ..Default::default()
            },
        )
        .await
    }

    /// Stores why an attempt failed after which there is another one. False when the document has a newer content.
    pub async fn note_failed_attempt(
        &self,
        work: &DocumentWork,
        why: &str,
        attempts: i32,
        at: DateTime<Utc>,
    ) -> Result<bool> {
        self.change_work(
            work,
            document::ActiveModel {
                error: Set(Some(why.to_owned())),
                attempts: Set(attempts),
                updated_at: Set(at),
                ..Default::default()
            },
        )
        .await
    }

    /// Stores the passages of the wanted revision in place of those of an earlier attempt, and deletes the stored
    /// content. Returns false when the document has a newer content; `QUOTA_EXCEEDED` when the account has no room for
    /// the fetched content.
    pub async fn insert_passages(
        &self,
        work: &DocumentWork,
        content: &SplitContent,
        at: DateTime<Utc>,
    ) -> Result<bool> {
        let id = work.document.id.uuid();
        let transaction = self.database.begin().await?;
        // the deletion of an agent subtracts its documents from the counters itself
        if !self.hold_agent(work.document.agent, &transaction).await? {
            return Ok(false);
        }
        let held = self
            .rows::<document::Entity>()
            .filter(document::Column::Id.eq(id))
            .lock(LockType::NoKeyUpdate)
            .one(&*transaction)
            .await?;
        let Some(before) = held else {
            return Ok(false);
        };
        let changed = self
            .change::<document::Entity>()
            .filter(document::Column::Id.eq(id))
            .filter(document::Column::WantedRevision.eq(work.wanted))
            .set(document::ActiveModel {
                media_type: Set(content.media_type.name()),
                warnings: Set(warnings_column(&content.warnings)),
                content_bytes: Set(Some(content.bytes)),
                content_hash: Set(content.hash.clone()),
                progress_done: Set(0),
                progress_total: Set(i32::try_from(content.passages.len()).unwrap_or(i32::MAX)),
                updated_at: Set(at),
                ..Default::default()
            })
            .exec(&*transaction)
            .await?;
        if changed.rows_affected == 0 {
            return Ok(false);
        }
        self.delete::<passage::Entity>()
            .filter(passage::Column::DocumentId.eq(id))
            .filter(passage::Column::Revision.eq(work.wanted))
            .exec(&*transaction)
            .await?;
        for part in content.passages.chunks(MOST_ROWS) {
            let rows = part
                .iter()
                .map(|passage| passage_row(self.account, &work.document, work.wanted, passage));
            passage::Entity::insert_many(rows)
                .exec_without_returning(&*transaction)
                .await?;
        }
        let words = content.words.clone();
        self.put_document_words(work.document.id, work.wanted, words, &transaction)
            .await?;
        self.delete::<document_content::Entity>()
            .filter(document_content::Column::DocumentId.eq(id))
            .exec(&*transaction)
            .await?;
        let growth = DocumentGrowth::of_content(Some(&before), Some(content.bytes));
        self.grow(growth, &transaction).await?;
        transaction.commit().await?;
        Ok(true)
    }

    /// Stores how many passages of the wanted revision are embedded. Returns false when the document has a newer
    /// content.
    pub async fn note_embedded(
        &self,
        work: &DocumentWork,
        embedded: i32,
        at: DateTime<Utc>,
    ) -> Result<bool> {
        self.change_work(
            work,
            document::ActiveModel {
                progress_done: Set(embedded),
                updated_at: Set(at),
                ..Default::default()
            },
        )
        .await
    }

    /// Makes the wanted revision searchable, if its vectors are in the location that is searched now. `covered` lists
    /// the generations that have all of its vectors.
    pub async fn serve_document(
        &self,
        work: &DocumentWork,
        covered: &[i32],
        at: DateTime<Utc>,
    ) -> Result<ServeOutcome> {
        let agent = work.document.agent;
        let transaction = self.database.begin().await?;
        if !self.hold_agent(agent, &transaction).await? {
            return Ok(ServeOutcome::Superseded);
        }
        // a move that begins or ends waits for this lock, or holds it first
        let configs = self.hold_vector_configs(agent, &transaction).await?;
        let Some(serving) = configs.iter().find(|config| config.is_serving()) else {
            return Ok(ServeOutcome::Moved);
        };
        if !covered.contains(&serving.generation) {
            return Ok(ServeOutcome::Moved);
        }
        for target in configs.iter().filter(|config| !config.is_serving()) {
            if !covered.contains(&target.generation) {
                note_change(self, target, at, &transaction).await?;
            }
        }
        let served = self
            .change::<document::Entity>()
            .filter(document::Column::Id.eq(work.document.id.uuid()))
            .filter(document::Column::WantedRevision.eq(work.wanted))
            .set(document::ActiveModel {
                revision: Set(work.wanted),
                status: Set(document::DocumentStatus::Ready),
                passages: Set(work.passages),
                error: Set(None),
                updated_at: Set(at),
                ..Default::default()
            })
            .exec(&*transaction)
            .await?;
        if served.rows_affected == 0 {
            return Ok(ServeOutcome::Superseded);
        }
        self.delete_other_words(work.document.id, work.wanted, &transaction)
            .await?;
        self.want_persona(agent, at, &transaction).await?;
        self.raise_knowledge_version(agent, &transaction).await?;
        transaction.commit().await?;
        Ok(ServeOutcome::Yes)
    }

    /// Changes a document while it has no newer content; returns whether it did.
    async fn change_work(
        &self,
        work: &DocumentWork,
        change: document::ActiveModel,
    ) -> Result<bool> {
        let writer = self.database.writer().await;
        let changed = self
            .change::<document::Entity>()
            .filter(document::Column::Id.eq(work.document.id.uuid()))
            .filter(document::Column::WantedRevision.eq(work.wanted))
            .set(change)
            .exec(&*writer)
            .await?;
        Ok(changed.rows_affected > 0)
    }
}
