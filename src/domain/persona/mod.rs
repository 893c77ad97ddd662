//! The persona of a digital expert: what its documents show of the expert's topics, words, tone and positions.

mod change;
mod profile;
#[cfg(test)]
mod tests;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

pub use change::{NewPersonaItem, PersonaChange, PersonaItemText};
pub use profile::{PersonaDraft, RemovedItem};

use crate::domain::{AgentId, DocumentId, PersonaItemId};

/// The persona of an agent, in its current version.
#[derive(Debug, Clone, PartialEq)]
pub struct Persona {
    /// The agent that speaks for the expert.
    pub agent: AgentId,
    /// Grows by one with each change of the profile; 0 before the first.
    pub version: i32,
    /// Whether a build is due or running, or how the last one ended.
    pub state: PersonaState,
    /// Why the last build failed.
    pub problem: Option<String>,
    /// The profile itself.
    pub profile: PersonaProfile,
    /// Grows with each request to read every document again; a document is read once per round.
    pub round: i32,
    /// The end of the last build that succeeded.
    pub built_at: Option<DateTime<Utc>>,
    /// The last change by a person.
    pub edited_at: Option<DateTime<Utc>>,
}

/// The items, figures and sources of a persona.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct PersonaProfile {
    /// The items, by kind, the most important first.
    pub items: Vec<PersonaItem>,
    /// The figures of the expert's style; none without documents.
    pub style: Option<PersonaStyle>,
    /// The documents that the profile was built from.
    pub documents: Vec<PersonaDocument>,
    /// The items that a person removed or rewrote; builds do not add them again.
    pub removed: Vec<RemovedItem>,
    /// The round in which the documents were read.
    pub round: i32,
}

/// An earlier or the current version of a profile.
#[derive(Debug, Clone, PartialEq)]
pub struct PersonaVersion {
    /// The version's number.
    pub version: i32,
    /// The profile in this version.
    pub profile: PersonaProfile,
    /// The time at which the version was written.
    pub created_at: DateTime<Utc>,
}

/// The state of a persona.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PersonaState {
    /// A build is due or running; the profile is the one before it.
    Building,
    /// The profile is built from the documents as they are.
    Ready,
    /// The last build failed; the profile is the one before it.
    Failed,
}

/// One statement of a profile.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct PersonaItem {
    /// The item's id; a rebuild that finds the same item keeps it.
    pub id: PersonaItemId,
    /// The kind of the item.
    pub kind: PersonaItemKind,
    /// The topic, the term, the trait, or the statement.
    pub text: String,
    /// How much of the expert's texts the item makes up: of a topic, relative to the first one; of a term, its share of
    /// all words. None for items that are not counted.
    pub weight: Option<f64>,
    /// The evidence; may be empty for an item that a person wrote.
    pub sources: Vec<PersonaSource>,
    /// The author of the item.
    pub origin: PersonaOrigin,
}

/// The kind of an item of a profile.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum PersonaItemKind {
    /// Something that the expert writes about.
    Topic,
    /// A word that is typical of the expert.
    Term,
    /// A trait of the expert's voice.
    Tone,
    /// Something that the expert holds.
    Position,
    /// Something that the expert reports as a fact.
    Fact,
}

impl PersonaItemKind {
    /// Every kind, in the order in which a profile shows them.
    pub const ALL: [Self; 5] = [
        Self::Topic,
        Self::Term,
        Self::Tone,
        Self::Position,
        Self::Fact,
    ];

    /// The maximum number of items of this kind in a profile.
    pub fn most(self) -> usize {
        match self {
            Self::Topic | Self::Position => 20,
            Self::Term | Self::Fact => 30,
            Self::Tone => 8,
        }
    }

    /// The maximum length of such an item's text, in characters.
    pub fn longest(self) -> usize {
        match self {
            Self::Topic | Self::Term | Self::Tone => 120,
            Self::Position | Self::Fact => 400,
        }
    }
}

/// The author of an item.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum PersonaOrigin {
    /// A build found the item in the documents; the next build may change it.
    Built,
    /// A person wrote or changed the item; builds keep it.
    Edited,
}

/// A place in a document that shows an item.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct PersonaSource {
    /// The document.
    pub document: DocumentId,
    /// The revision of the document that has the quote.
    pub revision: i32,
    /// The index of the passage in the document, from 0.
    pub position: i32,
    /// A text that stands in the passage, apart from white space.
    pub quote: String,
}

/// A document that a profile was built from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct PersonaDocument {
    /// The document.
    pub document: DocumentId,
    /// The revision that was read.
    pub revision: i32,
    /// The model that extracted tone, positions and facts from the document; none when no model did.
    pub model: Option<String>,
}

/// Figures of how the expert writes, measured in the documents.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct PersonaStyle {
    /// The number of words that were measured.
    pub words: i64,
    /// The mean number of words of a sentence.
    pub words_per_sentence: f64,
    /// The share of sentences that are questions, 0 to 1.
    pub question_share: f64,
    /// The share of sentences that are exclamations, 0 to 1.
    pub exclamation_share: f64,
    /// The share of sentences in the first person, 0 to 1.
    pub first_person_share: f64,
    /// The number of different words, relative to the number of words.
    pub different_word_share: f64,
}
