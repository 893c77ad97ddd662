//! What an agent knows: documents, and the passages they were split into.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use crate::domain::{AccountId, AgentId, DocumentId, PassageId};

/// Something that an agent was given to know.
#[derive(Debug, Clone, PartialEq)]
pub struct Document {
    /// Its id; it stays when the same source comes again with another content.
    pub id: DocumentId,
    /// The account it belongs to.
    pub account: AccountId,
    /// The agent that knows it.
    pub agent: AgentId,
    /// Its title, for people.
    pub title: String,
    /// Where it came from; the same source again replaces its content.
    pub source: Option<String>,
    /// What kind of text it is; none until something that was fetched has said so.
    pub media_type: Option<MediaType>,
    /// SHA-256 of the content; empty until it was fetched.
    pub content_hash: Vec<u8>,
    /// How far it is.
    pub status: DocumentStatus,
    /// The revision that is searched; 0 for none yet. Passages of any other one are not served.
    pub revision: i32,
    /// How many passages it has that are searched.
    pub passages: i32,
    /// How many passages the content that is being worked on has, and how many of them are embedded.
    pub progress: Option<(i32, i32)>,
    /// Why it failed.
    pub error: Option<String>,
    /// When it was first given.
    pub created_at: DateTime<Utc>,
    /// When it last changed.
    pub updated_at: DateTime<Utc>,
}

/// How far a document is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DocumentStatus {
    /// Waits for its turn.
    Pending,
    /// Is being read, split and embedded.
    Embedding,
    /// Is searched.
    Ready,
    /// Could not be read; an earlier content of it is still searched.
    Failed,
}

/// The kinds of text that are taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum MediaType {
    /// `text/plain`
    Text,
    /// `text/markdown`
    Markdown,
    /// `text/html`
    Html,
    /// `application/pdf`
    Pdf,
}

impl MediaType {
    /// Every one.
    pub const ALL: [Self; 4] = [Self::Text, Self::Markdown, Self::Html, Self::Pdf];

    /// Its name, as RFC 6838 writes it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Text => "text/plain",
            Self::Markdown => "text/markdown",
            Self::Html => "text/html",
            Self::Pdf => "application/pdf",
        }
    }

    /// The one of that name; parameters such as a charset do not count.
    pub fn parse(name: &str) -> Option<Self> {
        let name = name.split(';').next().unwrap_or_default().trim();
        match name.to_ascii_lowercase().as_str() {
            "text/x-markdown" => Some(Self::Markdown),
            "application/xhtml+xml" => Some(Self::Html),
            "application/x-pdf" => Some(Self::Pdf),
            name => Self::ALL.into_iter().find(|known| known.name() == name),
        }
    }
}

/// A run of paragraphs under the same headings.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Section {
    /// The headings that it stands under, the outermost first.
    pub headings: Vec<String>,
    /// Its paragraphs, lists, tables and pieces of code, in order; none is blank.
    pub blocks: Vec<String>,
}

/// A piece of a document, as long as an embedding model reads at once.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Passage {
    /// Its id.
    pub id: PassageId,
    /// The document it is of.
    pub document: DocumentId,
    /// Its place in the document, from 0.
    pub position: i32,
    /// The headings that it stands under, the outermost first.
    pub headings: Vec<String>,
    /// Its text, without the headings.
    pub text: String,
    /// Its length, as the embedding model counts.
    pub tokens: i32,
}

/// A passage that was found, or several neighbouring ones as one.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ScoredPassage {
    /// The document it is of.
    pub document: DocumentId,
    /// The place of the first one in the document, from 0.
    pub position: i32,
    /// The headings that it stands under, the outermost first.
    pub headings: Vec<String>,
    /// Its text.
    pub text: String,
    /// How well it fits, 0 to 1.
    pub score: f64,
}
