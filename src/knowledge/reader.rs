//! Turns a document's content into passages. Work whose duration depends on the size of the content runs in another
//! process or on a blocking thread, never on the threads that serve requests.

use std::sync::Arc;

use documents::{DocumentLabel, DocumentText, Section, SplitLimits, split};
use sha2::{Digest, Sha256};

use super::words::WordSegment;
use crate::{
    domain::{ContentType, Document, DocumentId, Passage, PassageId},
    error::{Error, Result},
    port::{Clock, Embedder, TextExtractor, WebFetcher},
    store::{DocumentWork, SplitContent, TenantStore},
};

/// The maximum number of passages of a document.
const MOST_PASSAGES: usize = 200_000;
/// The approximate number of tokens that a passage shares with the one before.
const OVERLAP: usize = 24;
/// The maximum number of tokens in a passage; a longer passage would mix subjects.
const LONGEST_PIECE: usize = 220;

/// The unparsed content of a document.
pub(super) struct GivenContent {
    bytes: Vec<u8>,
    hash: Vec<u8>,
    media_type: ContentType,
}

/// The text of a document.
pub(super) struct ReadContent {
    text: DocumentText,
    bytes: i64,
    hash: Vec<u8>,
    media_type: ContentType,
}

/// Fetches documents, and reads them as passages.
#[derive(Clone)]
pub struct DocumentReader {
    pub(super) extractor: Arc<dyn TextExtractor>,
    pub(super) fetcher: Arc<dyn WebFetcher>,
    /// Counts tokens.
    pub(super) embedder: Arc<dyn Embedder>,
    pub(super) clock: Arc<dyn Clock>,
    /// The maximum number of bytes of a document that is fetched.
    pub(super) largest_document: usize,
}

impl DocumentReader {
    /// Refuses a URL that may not be fetched; `field` names it in the error.
    pub fn check_url(&self, field: &str, url: &str) -> Result<()> {
        self.fetcher.check(field, url)
    }

    /// The media type of a file by its bytes and its label; `field` names it in the error.
    pub fn media_type(
        &self,
        field: &str,
        bytes: &[u8],
        label: DocumentLabel<'_>,
    ) -> Result<ContentType> {
        self.extractor.media_type(field, bytes, label)
    }

    /// The document's content; `None` when it was fetched and equals the revision that is searched.
    pub(super) async fn given_content(
        &self,
        tenant: &TenantStore,
        work: &DocumentWork,
    ) -> Result<Option<GivenContent>> {
        let document = &work.document;
        let (bytes, told, name) = if let Some(url) = &work.url {
            let fetched = self.fetcher.fetch(url, self.largest_document).await?;
            (fetched.content, fetched.media_type, fetched.name)
        } else {
            let content = tenant.document_content(document.id).await?;
            let content = content.ok_or_else(|| Error::internal("find a document's content"))?;
            let told = document.media_type.map(ContentType::name);
            (content, told, String::new())
        };
        let extractor = Arc::clone(&self.extractor);
        let is_served = work.url.is_some();
        let inspected = tokio::task::spawn_blocking(move || {
            let hash = Sha256::digest(&bytes).to_vec();
            let label = DocumentLabel {
                media_type: told.as_deref(),
                name: &name,
                is_served,
            };
            let kind = extractor.media_type("content", &bytes, label);
            (bytes, hash, kind)
        });
        let (bytes, hash, kind) = inspected
            .await
            .map_err(|cause| Error::internal("look at a document").with_source(cause))?;
        if work.url.is_some() && document.revision > 0 && hash == document.content_hash {
            return Ok(None);
        }
        Ok(Some(GivenContent {
            bytes,
            hash,
            media_type: kind?,
        }))
    }

    /// Reads the content in a child process.
    pub(super) async fn read(&self, given: GivenContent) -> Result<ReadContent> {
        let bytes = i64::try_from(given.bytes.len()).unwrap_or(i64::MAX);
        let extractor = &self.extractor;
        Ok(ReadContent {
            text: extractor.extract(given.bytes, given.media_type).await?,
            bytes,
            hash: given.hash,
            media_type: given.media_type,
        })
    }

    /// Splits what was read into passages, once the embedding model is loaded: until then its tokens are estimates, and
    /// pieces may be longer than it accepts.
    pub(super) async fn split(
        &self,
        document: &Document,
        read: ReadContent,
    ) -> Result<SplitContent> {
        self.embedder.dimensions().await?;
        let (passages, words) = self.passages(document.id, read.text.sections).await?;
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
        Ok(SplitContent {
            media_type: read.media_type,
            hash: read.hash,
            bytes: read.bytes,
            warnings: read.text.warnings,
            passages,
            words,
        })
    }

    /// The passages of these sections, and their words. Splits on a blocking thread: a book takes seconds.
    async fn passages(
        &self,
        document: DocumentId,
        sections: Vec<Section>,
    ) -> Result<(Vec<Passage>, Vec<u8>)> {
        let (embedder, clock) = (Arc::clone(&self.embedder), Arc::clone(&self.clock));
        let split = tokio::task::spawn_blocking(move || {
            let limits = SplitLimits {
                longest: embedder.longest_text().min(LONGEST_PIECE),
                overlap: OVERLAP,
            };
            let pieces = split(&sections, limits, |text| embedder.count_tokens(text));
            drop(sections);
            let passages: Vec<Passage> = pieces
                .into_iter()
                .zip(0..)
                .map(|(piece, position)| Passage {
                    id: PassageId::new(clock.as_ref()),
                    document,
                    position,
                    headings: piece.headings,
                    text: piece.text,
                    tokens: i32::try_from(piece.tokens).unwrap_or(i32::MAX),
                })
                .collect();
            let words = WordSegment::of(&passages).to_bytes();
            (passages, words)
        });
        split
            .await
            .map_err(|cause| Error::internal("split a document").with_source(cause))
    }
}
