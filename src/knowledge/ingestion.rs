//! Ingests a document: makes its content searchable.
//!
//! Steps: read → split → embed and upsert, batch by batch → serve → remove the previous revision. The tables record the
//! last completed step; each step may be repeated.

use std::sync::Arc;

use super::{
    collections::Collections, document_notices::DocumentNotices, passage_embedder::PassageEmbedder,
    reader::DocumentReader,
};
use crate::{
    domain::DocumentId,
    error::{Error, Result},
    jobs::{JobProgress, JobRetry},
    metrics::JobMetrics,
    port::Clock,
    store::{DocumentWork, ServeOutcome, TenantStore},
};

/// The number of stale passages that are removed at a time.
const PART: u64 = 100;
/// The number of processes that may end, one after the other, while they read a document; then it is not read again.
const MOST_DEATHS: i32 = 2;
/// The error of such a document.
const ENDED_TWICE: &str = "the process that read it ended twice while it did; it is not read again, split it or ingest another file";
/// The number of an agent's passages from which a job optimizes the vector store.
const LARGE: i64 = 2_000;

/// Makes documents searchable.
#[derive(Clone)]
pub(super) struct Ingestion {
    pub(super) collections: Collections,
    pub(super) reader: DocumentReader,
    pub(super) embedder: PassageEmbedder,
    pub(super) notices: DocumentNotices,
    pub(super) clock: Arc<dyn Clock>,
    pub(super) metrics: Arc<JobMetrics>,
}

impl Ingestion {
    /// Makes the wanted revision of a document searchable.
    pub(super) async fn ingest(
        &self,
        tenant: &TenantStore,
        id: DocumentId,
        progress: &JobProgress,
    ) -> Result<()> {
        // newer content may arrive at any time and is ingested next
        while let Some(work) = tenant.document_work(id).await? {
            if work.document.revision != work.wanted
                && !self.advance(tenant, work, progress).await?
            {
                continue;
            }
            return self.clear_away(tenant, id, progress).await;
        }
        Ok(())
    }

    /// Records that the document cannot be read, with the reason.
    pub(super) async fn fail(
        &self,
        tenant: &TenantStore,
        id: DocumentId,
        error: &Error,
    ) -> Result<()> {
        if let Some(work) = tenant.document_work(id).await? {
            let why = public_reason(error);
            let attempts = work.document.attempts + 1;
            tenant
                .fail_document(&work, &why, attempts, self.clock.now())
                .await?;
            self.metrics.document("failed");
            self.notices.publish(&work.document);
        }
        Ok(())
    }

    /// Records why an attempt failed, and when the next one starts.
    pub(super) async fn note_retry(
        &self,
        tenant: &TenantStore,
        id: DocumentId,
        error: &Error,
        retry: JobRetry,
    ) -> Result<()> {
        let Some(work) = tenant.document_work(id).await? else {
            return Ok(());
        };
        let (why, seconds) = (public_reason(error), retry.pause.num_seconds().max(1));
        let why = format!("{why}; it is tried again in about {seconds} s");
        let attempts = retry.attempts;
        tenant
            .note_failed_attempt(&work, &why, attempts, self.clock.now())
            .await?;
        self.notices.publish(&work.document);
        Ok(())
    }

    /// Ingests one revision; returns false when newer content has arrived meanwhile.
    async fn advance(
        &self,
        tenant: &TenantStore,
        mut work: DocumentWork,
        progress: &JobProgress,
    ) -> Result<bool> {
        if work.passages == 0 {
            if progress.deaths() >= MOST_DEATHS {
                return Err(Error::bad_input("content", ENDED_TWICE));
            }
            if !tenant.begin_document(&work, self.clock.now()).await? {
                return Ok(false);
            }
            self.notices.publish(&work.document);
            let Some(given) = self.reader.given_content(tenant, &work).await? else {
                let is_kept = tenant.keep_document(&work, self.clock.now()).await?;
                self.notices.publish(&work.document);
                return Ok(is_kept);
            };
            // an unreadable document fails here, whether or not the embedding model is loaded
            let read = progress.at_risk(self.reader.read(given)).await??;
            let content = self.reader.split(&work.document, read).await?;
            let now = self.clock.now();
            if !tenant.insert_passages(&work, &content, now).await? {
                return Ok(false);
            }
            work.passages = i32::try_from(content.passages.len()).unwrap_or(i32::MAX);
            work.embedded = 0;
            self.notices.publish(&work.document);
            progress.made().await?;
        }
        loop {
            let Some(covered) = self.embedder.embed_all(tenant, &mut work, progress).await? else {
                return Ok(false);
            };
            match tenant
                .serve_document(&work, &covered, self.clock.now())
                .await?
            {
                ServeOutcome::Yes => {
                    self.metrics.document("served");
                    self.notices.publish(&work.document);
                    self.settle_if_large(tenant, &work).await?;
                    return Ok(true);
                }
                ServeOutcome::Superseded => return Ok(false),
                // a move has ended meanwhile: all passages are embedded again, for the collection that is searched now
                ServeOutcome::Moved => work.embedded = 0,
            }
        }
    }

    /// Removes the passages of earlier revisions, and their vectors.
    async fn clear_away(
        &self,
        tenant: &TenantStore,
        id: DocumentId,
        progress: &JobProgress,
    ) -> Result<()> {
        let Some(work) = tenant.document_work(id).await? else {
            return Ok(());
        };
        loop {
            let stale = tenant.stale_passages(id, PART).await?;
            if stale.is_empty() {
                return Ok(());
            }
            for handle in self
                .collections
                .of_agent(work.document.account, work.document.agent)
                .await?
            {
                handle.store.delete(&handle.collection, &stale).await?;
            }
            tenant.delete_passages(&stale).await?;
            progress.made().await?;
        }
    }

    async fn settle_if_large(&self, tenant: &TenantStore, work: &DocumentWork) -> Result<()> {
        let agent = work.document.agent;
        let passages = tenant.knowledge_size(agent).await?.passages;
        if passages >= LARGE {
            tenant.want_settled(agent, self.clock.now()).await?;
        }
        Ok(())
    }
}

/// The reason of a failure for the document's users; details of an internal error go to the log only.
fn public_reason(error: &Error) -> String {
    use crate::error::Kind;
    match error.kind() {
        Kind::BadInput(problems) => problems.first().map_or_else(
            || error.message().to_owned(),
            |problem| problem.message.clone(),
        ),
        Kind::Internal => {
            "could not be ingested because of an internal error; ingest it again".to_owned()
        }
        _ => error.message().to_owned(),
    }
}
