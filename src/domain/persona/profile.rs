//! A profile: how it is shown, and rebuilt from what a build has found.

use std::collections::{BTreeMap, HashMap, HashSet};

use serde::{Deserialize, Serialize};

use super::{
    PersonaDocument, PersonaItem, PersonaItemKind, PersonaOrigin, PersonaProfile, PersonaSource,
    PersonaStyle,
};
use crate::domain::{DocumentId, PersonaItemId};

/// The maximum number of removed items that are remembered, the newest.
const MOST_REMOVED: usize = 500;

/// An item that a person removed or rewrote.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct RemovedItem {
    /// The kind of the item.
    pub kind: PersonaItemKind,
    /// The comparable form of its text.
    pub key: String,
}

/// What a build has found in the documents.
#[derive(Debug, Clone, Default)]
pub struct PersonaDraft {
    /// The items, for each kind the most important first; their ids are used for items that the profile does not have
    /// yet.
    pub items: Vec<PersonaItem>,
    /// The figures of the expert's style.
    pub style: Option<PersonaStyle>,
    /// The documents that were read.
    pub documents: Vec<PersonaDocument>,
    /// The round that was read.
    pub round: i32,
}

impl PersonaItem {
    /// The comparable form of the item: two items with the same one say the same.
    pub fn key(&self) -> RemovedItem {
        RemovedItem {
            kind: self.kind,
            key: comparable(&self.text),
        }
    }
}

impl PersonaProfile {
    /// The items of one kind, the most important first.
    pub fn items_of(&self, kind: PersonaItemKind) -> impl Iterator<Item = &PersonaItem> {
        self.items.iter().filter(move |item| item.kind == kind)
    }

    /// The profile after a build. Items of persons stay, with the sources that `confirm` still finds; removed items stay
    /// away; an item that was there before keeps its id.
    #[must_use]
    pub fn rebuilt(
        &self,
        draft: PersonaDraft,
        confirm: impl Fn(&PersonaSource) -> Option<PersonaSource>,
    ) -> Self {
        let mut ids: HashMap<RemovedItem, PersonaItemId> = HashMap::new();
        let mut kept: BTreeMap<PersonaItemKind, Vec<PersonaItem>> = BTreeMap::new();
        let mut known: HashSet<RemovedItem> = self.removed.iter().cloned().collect();
        for item in &self.items {
            ids.insert(item.key(), item.id);
            if item.origin == PersonaOrigin::Edited {
                known.insert(item.key());
                kept.entry(item.kind).or_default().push(PersonaItem {
                    sources: item.sources.iter().filter_map(&confirm).collect(),
                    ..item.clone()
                });
            }
        }
        for item in draft.items {
            let key = item.key();
            let items = kept.entry(item.kind).or_default();
            if items.len() < item.kind.most() && known.insert(key.clone()) {
                items.push(PersonaItem {
                    id: ids.get(&key).copied().unwrap_or(item.id),
                    ..item
                });
            }
        }
        Self {
            items: kept.into_values().flatten().collect(),
            style: draft.style,
            documents: draft.documents,
            removed: self.removed.clone(),
            round: draft.round,
        }
    }

    /// The profile with the sources that still stand: their documents serve the revision that has the quote. A built
    /// item without such a source is left out.
    #[must_use]
    pub fn with_current_sources(mut self, revisions: &HashMap<DocumentId, i32>) -> Self {
        let stands = |document, revision| revisions.get(&document) == Some(&revision);
        for item in &mut self.items {
            item.sources
                .retain(|source| stands(source.document, source.revision));
        }
        self.items
            .retain(|item| item.origin == PersonaOrigin::Edited || !item.sources.is_empty());
        self.documents
            .retain(|read| stands(read.document, read.revision));
        self
    }

    /// The documents that the profile names.
    pub fn document_ids(&self) -> Vec<DocumentId> {
        let mut ids: Vec<DocumentId> = self.documents.iter().map(|read| read.document).collect();
        let sources = self.items.iter().flat_map(|item| &item.sources);
        ids.extend(sources.map(|source| source.document));
        ids.sort_unstable();
        ids.dedup();
        ids
    }

    /// Whether a reader sees the same in both profiles.
    pub fn shows_same_as(&self, other: &Self) -> bool {
        (&self.items, &self.style) == (&other.items, &other.style)
            && self
                .documents
                .iter()
                .map(|read| (read.document, read.revision))
                .eq(other
                    .documents
                    .iter()
                    .map(|read| (read.document, read.revision)))
    }

    /// Remembers an item that builds must not add again.
    pub(super) fn remember_removed(&mut self, removed: RemovedItem) {
        self.removed.retain(|known| *known != removed);
        self.removed.push(removed);
        let excess = self.removed.len().saturating_sub(MOST_REMOVED);
        self.removed.drain(..excess);
    }
}

/// The letters and digits of a text in lower case, in words.
fn comparable(text: &str) -> String {
    let words: Vec<String> = text
        .split(|character: char| !character.is_alphanumeric())
        .filter(|word| !word.is_empty())
        .map(str::to_lowercase)
        .collect();
    words.join(" ")
}
