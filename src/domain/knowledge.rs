//! An agent's knowledge: documents, and the passages they are split into.

use chrono::{DateTime, Utc};
pub use documents::{ContentType, MediaType};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use uuid::Builder;

use crate::domain::{AccountId, AgentId, DocumentId, PassageId};

/// A document of an agent's knowledge.
#[derive(Debug, Clone, PartialEq)]
pub struct Document {
    /// The document's id; stays the same when the same source is ingested again with other content.
    pub id: DocumentId,
    /// The account that owns the document.
    pub account: AccountId,
    /// The agent that uses the document.
    pub agent: AgentId,
    /// The display title.
    pub title: String,
    /// The origin of the content; ingesting the same source again replaces the content.
    pub source: Option<String>,
    /// The media type, with the declared charset; none while a URL has not been fetched.
    pub media_type: Option<ContentType>,
    /// SHA-256 of the content; empty while a URL has not been fetched.
    pub content_hash: Vec<u8>,
    /// The state of the ingestion.
    pub status: DocumentStatus,
    /// The revision that searches use; 0 before the first. Passages of other revisions are not served.
    pub revision: i32,
    /// The number of passages that searches use.
    pub passages: i32,
    /// During ingestion: the number of passages of the new content, and how many of them are embedded.
    pub progress: Option<(i32, i32)>,
    /// The reason of a failed ingestion.
    pub error: Option<String>,
    /// What could not be read of the content, in sentences for people.
    pub warnings: Vec<String>,
    /// The number of failed attempts since the content was given.
    pub attempts: i32,
    /// The time of the first ingestion.
    pub created_at: DateTime<Utc>,
    /// The time of the last change.
    pub updated_at: DateTime<Utc>,
}

/// The state of a document's ingestion.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum DocumentStatus {
    /// The document waits for its ingestion.
    Pending,
    /// The document is being read, split and embedded.
    Embedding,
    /// The document can be searched.
    Ready,
    /// The document could not be read; its earlier content is still searched.
    Failed,
}

/// A part of a document that fits into one input of an embedding model.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Passage {
    /// The passage's id.
    pub id: PassageId,
    /// The document that contains the passage.
    pub document: DocumentId,
    /// The index of the passage in its document, from 0.
    pub position: i32,
    /// The headings above the passage, the outermost first.
    pub headings: Vec<String>,
    /// The text without the headings.
    pub text: String,
    /// The number of tokens, as the embedding model counts.
    pub tokens: i32,
}

/// A search result: a passage, or several neighbouring ones merged.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ScoredPassage {
    /// The document that contains the passage.
    pub document: DocumentId,
    /// The index of the first passage in its document, from 0.
    pub position: i32,
    /// The headings above the passage, the outermost first.
    pub headings: Vec<String>,
    /// The text of the passage or passages.
    pub text: String,
    /// The relevance, 0 to 1.
    pub score: f64,
}

impl ScoredPassage {
    /// The id of the passage as it was found. It is made from all that was found, because neighbours are merged and the
    /// relevance differs between queries, and a client's cache keeps one object for each id.
    pub fn id(&self) -> PassageId {
        let mut hash = Sha256::new();
        hash.update(self.document.uuid());
        hash.update(self.position.to_be_bytes());
        hash.update(self.score.to_bits().to_be_bytes());
        for heading in &self.headings {
            hash.update(heading.len().to_be_bytes());
            hash.update(heading);
        }
        hash.update(&self.text);
        let mut bytes = [0; 16];
        for (byte, hashed) in bytes.iter_mut().zip(hash.finalize()) {
            *byte = hashed;
        }
        PassageId::from_uuid(Builder::from_custom_bytes(bytes).into_uuid())
    }
}

/// A passage with the number under which a model was given it, from 1.
#[derive(Debug, Clone, PartialEq)]
pub struct NumberedPassage {
    /// The number, by which the text of the answer refers to the passage.
    pub number: i32,
    /// The passage.
    pub passage: ScoredPassage,
}

impl NumberedPassage {
    /// Numbers passages in their order.
    pub fn all(passages: impl IntoIterator<Item = ScoredPassage>) -> Vec<Self> {
        let numbered = passages.into_iter().zip(1..);
        numbered
            .map(|(passage, number)| Self { number, passage })
            .collect()
    }
}
