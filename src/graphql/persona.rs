//! The personas of digital experts in the API.

use std::{collections::HashMap, sync::Arc};

use async_graphql::{Context, Enum, ID, InputObject, Object, SimpleObject};
use chrono::{DateTime, Utc};

use super::{context::ContextExt, document::Document, error::Result};
use crate::{
    domain::{self, AgentId, DocumentId, PersonaItemId, PersonaItemText},
    service::{PersonaInput, PersonaVersionView, PersonaView},
};

/// The persona of a digital expert: what its documents show of the expert.
pub(super) struct Persona(pub(super) PersonaView);

impl Persona {
    fn items(&self, kind: domain::PersonaItemKind) -> Vec<PersonaItem> {
        items(&self.0.persona.profile, kind, &self.0.documents)
    }
}

/// The persona of a digital expert: what its documents show of the expert.
#[Object]
impl Persona {
    /// The version of the profile, which grows by one with each change; 0 before the first.
    async fn version(&self) -> i32 {
        self.0.persona.version
    }

    /// The state of the profile.
    async fn state(&self) -> PersonaState {
        self.0.persona.state.into()
    }

    /// Why the last build failed, or what it could not read.
    async fn problem(&self) -> Option<&str> {
        self.0.persona.problem.as_deref()
    }

    /// What the expert writes about, the most important topic first; at most 20.
    async fn topics(&self) -> Vec<PersonaItem> {
        self.items(domain::PersonaItemKind::Topic)
    }

    /// The words that are typical of the expert, the most frequent first; at most 30.
    async fn vocabulary(&self) -> Vec<PersonaItem> {
        self.items(domain::PersonaItemKind::Term)
    }

    /// The traits of the expert's voice; at most 8. They need a model that is not for demonstrations only.
    async fn tone(&self) -> Vec<PersonaItem> {
        self.items(domain::PersonaItemKind::Tone)
    }

    /// What the expert holds; at most 20.
    async fn positions(&self) -> Vec<PersonaItem> {
        self.items(domain::PersonaItemKind::Position)
    }

    /// What the expert reports as facts; at most 30. They need a model that is not for demonstrations only.
    async fn facts(&self) -> Vec<PersonaItem> {
        self.items(domain::PersonaItemKind::Fact)
    }

    /// Figures of how the expert writes; null without documents.
    async fn style(&self) -> Option<PersonaStyle> {
        self.0.persona.profile.style.map(PersonaStyle::of)
    }

    /// The documents that the profile was built from, as they still are; at most 200.
    async fn documents(&self) -> Vec<Document> {
        let read = self.0.persona.profile.documents.iter();
        read.filter_map(|read| self.0.documents.get(&read.document))
            .cloned()
            .map(Document)
            .collect()
    }

    /// The end of the last build that succeeded.
    async fn built_at(&self) -> Option<DateTime<Utc>> {
        self.0.persona.built_at
    }

    /// The time of the last change by a person.
    async fn edited_at(&self) -> Option<DateTime<Utc>> {
        self.0.persona.edited_at
    }
}

/// A version of a persona's profile.
pub(super) struct PersonaVersion(PersonaVersionView);

/// A version of a persona's profile.
#[Object]
impl PersonaVersion {
    /// The number of the version.
    async fn version(&self) -> i32 {
        self.0.version.version
    }

    /// The items of the profile in this version, with the sources that still stand; at most 108.
    async fn items(&self) -> Vec<PersonaItem> {
        let kinds = domain::PersonaItemKind::ALL.into_iter();
        kinds
            .flat_map(|kind| items(&self.0.version.profile, kind, &self.0.documents))
            .collect()
    }

    /// The time at which the version was written.
    async fn created_at(&self) -> DateTime<Utc> {
        self.0.version.created_at
    }
}

/// The last versions of an agent's persona, the newest first.
pub(super) async fn persona_versions(
    ctx: &Context<'_>,
    agent: &domain::Agent,
) -> Result<Vec<PersonaVersion>> {
    let personas = &ctx.services()?.personas;
    let versions = personas.versions(ctx.actor()?, agent).await?;
    Ok(versions.into_iter().map(PersonaVersion).collect())
}

fn items(
    profile: &domain::PersonaProfile,
    kind: domain::PersonaItemKind,
    documents: &Arc<HashMap<DocumentId, domain::Document>>,
) -> Vec<PersonaItem> {
    let item = |item: &domain::PersonaItem| PersonaItem {
        item: item.clone(),
        documents: Arc::clone(documents),
    };
    profile.items_of(kind).map(item).collect()
}

/// An item of a persona.
pub(super) struct PersonaItem {
    item: domain::PersonaItem,
    documents: Arc<HashMap<DocumentId, domain::Document>>,
}

/// An item of a persona.
#[Object]
impl PersonaItem {
    /// The id of the item, `personaitem_…`; a build that finds the item again keeps it.
    async fn id(&self) -> ID {
        self.item.id.to_string().into()
    }

    /// The kind of the item.
    async fn kind(&self) -> PersonaItemKind {
        self.item.kind.into()
    }

    /// The topic, the term, the trait or the statement.
    async fn text(&self) -> &str {
        &self.item.text
    }

    /// Of a topic, its importance relative to the first one; of a term, its share of all words; null for other items and
    /// for those of a person.
    async fn weight(&self) -> Option<f64> {
        self.item.weight
    }

    /// The author of the item.
    async fn origin(&self) -> PersonaOrigin {
        self.item.origin.into()
    }

    /// The evidence in the documents, at most 3; may be empty for an item of a person.
    async fn sources(&self) -> Vec<PersonaSource> {
        let sources = self.item.sources.iter().filter_map(|source| {
            Some(PersonaSource {
                document: Document(self.documents.get(&source.document)?.clone()),
                quote: source.quote.clone(),
                position: source.position,
            })
        });
        sources.collect()
    }
}

/// A place in a document that shows an item of a persona.
#[derive(SimpleObject)]
pub(super) struct PersonaSource {
    /// The document.
    document: Document,
    /// A text that stands in the document, apart from white space.
    quote: String,
    /// The index of the passage that has the quote, from 0.
    position: i32,
}

/// Figures of how an expert writes, measured in the documents.
#[derive(SimpleObject)]
pub(super) struct PersonaStyle {
    /// The number of words that were measured.
    words: i64,
    /// The mean number of words of a sentence.
    words_per_sentence: f64,
    /// The share of sentences that are questions, 0 to 1.
    question_share: f64,
    /// The share of sentences that are exclamations, 0 to 1.
    exclamation_share: f64,
    /// The share of sentences in the first person, 0 to 1.
    first_person_share: f64,
    /// The number of different words, relative to the number of words.
    different_word_share: f64,
}

impl PersonaStyle {
    fn of(style: domain::PersonaStyle) -> Self {
        Self {
            words: style.words,
            words_per_sentence: style.words_per_sentence,
            question_share: style.question_share,
            exclamation_share: style.exclamation_share,
            first_person_share: style.first_person_share,
            different_word_share: style.different_word_share,
        }
    }
}

/// The state of a persona.
#[derive(Enum, Debug, Clone, Copy, PartialEq, Eq)]
#[graphql(remote = "domain::PersonaState")]
pub(super) enum PersonaState {
    /// A build is due or running; the profile is the one before it.
    Building,
    /// The profile is built from the documents as they are.
    Ready,
    /// The last build failed; the profile is the one before it.
    Failed,
}

/// The kind of an item of a persona.
#[derive(Enum, Debug, Clone, Copy, PartialEq, Eq)]
#[graphql(remote = "domain::PersonaItemKind")]
pub(super) enum PersonaItemKind {
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

/// The author of an item of a persona.
#[derive(Enum, Debug, Clone, Copy, PartialEq, Eq)]
#[graphql(remote = "domain::PersonaOrigin")]
pub(super) enum PersonaOrigin {
    /// A build found the item in the documents; the next build may change it.
    Built,
    /// A person wrote or changed the item; builds keep it.
    Edited,
}

/// Changes to a persona. Builds keep what a person wrote, and do not add again what a person removed.
#[derive(InputObject)]
pub(super) struct UpdatePersonaInput {
    /// The agent, a digital expert.
    agent_id: ID,
    /// The `version` that the change is based on, 0 without a persona; fails with CONFLICT if there is another one.
    expected_version: i32,
    /// The items to add.
    add: Option<Vec<PersonaItemInput>>,
    /// The items to rewrite.
    replace: Option<Vec<PersonaItemTextInput>>,
    /// The ids of the items to remove.
    remove_ids: Option<Vec<ID>>,
}

/// A new item of a persona.
#[derive(InputObject)]
pub(super) struct PersonaItemInput {
    /// The kind of the item.
    kind: PersonaItemKind,
    /// The text: of a topic, term or trait 1 to 120 characters, of a statement 1 to 400.
    text: String,
}

/// The new text of an item of a persona; its sources stay.
#[derive(InputObject)]
pub(super) struct PersonaItemTextInput {
    /// The id of the item.
    id: ID,
    /// The text: of a topic, term or trait 1 to 120 characters, of a statement 1 to 400.
    text: String,
}

impl UpdatePersonaInput {
    pub(super) fn input(self) -> Result<PersonaInput> {
        let added = self.add.unwrap_or_default().into_iter();
        let replaced = self.replace.unwrap_or_default().into_iter().enumerate();
        let replaced = replaced.map(|(index, item)| {
            Ok(PersonaItemText {
                id: PersonaItemId::parse(&format!("input.replace[{index}].id"), &item.id)?,
                text: item.text,
            })
        });
        let removed = self.remove_ids.unwrap_or_default().into_iter().enumerate();
        let removed = removed.map(|(index, id)| {
            Ok(PersonaItemId::parse(
                &format!("input.removeIds[{index}]"),
                &id,
            )?)
        });
        Ok(PersonaInput {
            agent: AgentId::parse("input.agentId", &self.agent_id)?,
            expected_version: self.expected_version,
            add: added.map(|item| (item.kind.into(), item.text)).collect(),
            replace: replaced.collect::<Result<_>>()?,
            remove: removed.collect::<Result<_>>()?,
        })
    }
}

/// The result of `updatePersona`.
#[derive(SimpleObject)]
pub(super) struct UpdatePersonaPayload {
    /// The persona after the change.
    pub(super) persona: Persona,
}

/// The persona to build again.
#[derive(InputObject)]
pub(super) struct RebuildPersonaInput {
    /// The agent, a digital expert.
    pub(super) agent_id: ID,
}

/// The result of `rebuildPersona`: the build runs in the background.
#[derive(SimpleObject)]
pub(super) struct RebuildPersonaPayload {
    /// The persona; the subscription `agentChanged` reports the end of the build.
    pub(super) persona: Persona,
}
