//! Brings a document's content to where it is searched.
//!
//! Steps: read → split → embed and upsert, batch by batch → serve → clear away what was before. The tables say after
//! which one the last owner was; each may be repeated.

use sha2::{Digest, Sha256};

use super::{Knowledge, collections::Rack};
use crate::{
    domain::{DocumentId, Passage, PassageId, SplitLimits, split},
    error::{Error, Result},
    jobs::Progress,
    port::Section,
    store::{DocumentWork, Served, SplitContent, TenantStore},
};

/// So many stale passages are removed at once.
const PART: u64 = 100;
/// A document has at most so many passages.
const MOST_PASSAGES: usize = 200_000;
/// A piece shares about so many tokens with the one before.
const OVERLAP: usize = 24;
/// More tokens in one piece blur what it is about.
const LONGEST_PIECE: usize = 220;
/// From so many passages on, a store may search faster after some care.
const LARGE: i64 = 2_000;

impl Knowledge {
    /// Brings the wanted revision of a document to where it is searched.
    pub(super) async fn ingest(
        &self,
        tenant: &TenantStore,
        id: DocumentId,
        progress: &Progress,
    ) -> Result<()> {
        // a newer content may come at any time: then it is that one's turn
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

    /// It cannot be read; whoever asks learns why.
    pub(super) async fn fail_ingest(
        &self,
        tenant: &TenantStore,
        id: DocumentId,
        error: &Error,
    ) -> Result<()> {
        if let Some(work) = tenant.document_work(id).await? {
            let why = public_reason(error);
            tenant
                .fail_document(&work, &why, self.parts.clock.now())
                .await?;
        }
        Ok(())
    }

    /// One revision's way. False when another content has come meanwhile.
    async fn advance(
        &self,
        tenant: &TenantStore,
        mut work: DocumentWork,
        progress: &Progress,
    ) -> Result<bool> {
        if work.passages == 0 {
            if !tenant.begin_document(&work, self.parts.clock.now()).await? {
                return Ok(false);
            }
            let Some(content) = self.read(tenant, &work).await? else {
                return tenant.keep_document(&work, self.parts.clock.now()).await;
            };
            let now = self.parts.clock.now();
            if !tenant.insert_passages(&work, &content, now).await? {
                return Ok(false);
            }
            work.passages = i32::try_from(content.passages.len()).unwrap_or(i32::MAX);
            work.embedded = 0;
            progress.made().await?;
        }
        loop {
            let Some(covered) = self.embed_all(tenant, &mut work, progress).await? else {
                return Ok(false);
            };
            match tenant
                .serve_document(&work, &covered, self.parts.clock.now())
                .await?
            {
                Served::Yes => {
                    self.settle_if_large(tenant, &work).await?;
                    return Ok(true);
                }
                Served::Superseded => return Ok(false),
                // all over again, where they are searched now
                Served::Moved => work.embedded = 0,
            }
        }
    }

    /// The content, as passages; none when it was fetched and is what is searched already.
    async fn read(
        &self,
        tenant: &TenantStore,
        work: &DocumentWork,
    ) -> Result<Option<SplitContent>> {
        let document = &work.document;
        let parts = &self.parts;
        let (bytes, told, name) = if let Some(url) = &work.url {
            let fetched = parts.fetcher.fetch(url, parts.largest_document).await?;
            (fetched.content, fetched.media_type, fetched.name)
        } else {
            let content = tenant.document_content(document.id).await?;
            let content = content.ok_or_else(|| Error::internal("find a document's content"))?;
            let told = document.media_type.map(|known| known.name().to_owned());
            (content, told, String::new())
        };
        let hash = Sha256::digest(&bytes).to_vec();
        let size = i64::try_from(bytes.len()).unwrap_or(i64::MAX);
        if work.url.is_some() && document.revision > 0 && hash == document.content_hash {
            return Ok(None);
        }
        let media_type = parts
            .extractor
            .media_type("content", &bytes, told.as_deref(), &name)?;
        let sections = parts.extractor.extract(bytes, media_type).await?;
        let passages = self.split(document.id, sections).await?;
        if passages.is_empty() {
            return Err(Error::bad_input("content", "has no text"));
        }
        if passages.len() > MOST_PASSAGES {
            let found = passages.len();
            return Err(Error::bad_input(
                "content",
                format!("{found} passages, at most {MOST_PASSAGES}; split the document"),
            ));
        }
        Ok(Some(SplitContent {
            media_type,
            hash,
            bytes: size,
            passages,
        }))
    }

    /// Splits on a thread of its own: a book takes seconds.
    async fn split(&self, document: DocumentId, sections: Vec<Section>) -> Result<Vec<Passage>> {
        let parts = std::sync::Arc::clone(&self.parts);
        // until a model is loaded, its tokens are only guessed, and pieces may be longer than it reads
        parts.embedder.dimensions().await?;
        let split = tokio::task::spawn_blocking(move || {
            let embedder = parts.embedder.as_ref();
            let limits = SplitLimits {
                longest: embedder.longest_text().min(LONGEST_PIECE),
                overlap: OVERLAP,
            };
            let pieces = split(&sections, limits, |text| embedder.count_tokens(text));
            pieces
                .into_iter()
                .zip(0..)
                .map(|(piece, position)| Passage {
                    id: PassageId::new(parts.clock.as_ref()),
                    document,
                    position,
                    headings: piece.headings,
                    text: piece.text,
                    tokens: i32::try_from(piece.tokens).unwrap_or(i32::MAX),
                })
                .collect()
        });
        split
            .await
            .map_err(|cause| Error::internal("split a document").because(cause))
    }

    /// Removes vectors that were written for a document that has gone meanwhile.
    pub(super) async fn take_back(
        &self,
        tenant: &TenantStore,
        work: &DocumentWork,
        racks: &[Rack],
    ) -> Result<()> {
        let id = work.document.id;
        if tenant.document_work(id).await?.is_some() {
            return Ok(());
        }
        for rack in racks {
            rack.store.delete_document(&rack.collection, id).await?;
        }
        Ok(())
    }

    /// Removes passages that are not searched any more, and their vectors.
    async fn clear_away(
        &self,
        tenant: &TenantStore,
        id: DocumentId,
        progress: &Progress,
    ) -> Result<()> {
        let Some(work) = tenant.document_work(id).await? else {
            return Ok(());
        };
        loop {
            let stale = tenant.stale_passages(id, PART).await?;
            if stale.is_empty() {
                return Ok(());
            }
            for rack in self
                .racks(work.document.account, work.document.agent)
                .await?
            {
                rack.store.delete(&rack.collection, &stale).await?;
            }
            tenant.delete_passages(&stale).await?;
            progress.made().await?;
        }
    }

    async fn settle_if_large(&self, tenant: &TenantStore, work: &DocumentWork) -> Result<()> {
        let agent = work.document.agent;
        let (_, passages, _) = tenant.knowledge_of(agent).await?;
        if passages >= LARGE {
            tenant.want_settled(agent, self.parts.clock.now()).await?;
        }
        Ok(())
    }
}

/// What went wrong, for whoever gave the document: never what only the log may know.
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
