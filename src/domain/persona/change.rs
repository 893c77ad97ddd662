//! The change of a profile by a person.

use super::{PersonaItem, PersonaItemKind, PersonaOrigin, PersonaProfile};
use crate::{
    domain::{PersonaItemId, check_name, check_text},
    error::{Error, Problem, Result},
};

/// The noun in error messages.
const NOUN: &str = "persona item";

/// The changes of a person: removals, new texts and additions, in this order.
#[derive(Debug, Clone, Default)]
pub struct PersonaChange {
    /// The new items.
    pub add: Vec<NewPersonaItem>,
    /// New texts of items.
    pub replace: Vec<PersonaItemText>,
    /// The items to remove.
    pub remove: Vec<PersonaItemId>,
}

/// An item that a person adds.
#[derive(Debug, Clone)]
pub struct NewPersonaItem {
    /// The id of the new item.
    pub id: PersonaItemId,
    /// The kind of the item.
    pub kind: PersonaItemKind,
    /// The text of the item.
    pub text: String,
}

/// The new text of an item.
#[derive(Debug, Clone)]
pub struct PersonaItemText {
    /// The item.
    pub id: PersonaItemId,
    /// The text.
    pub text: String,
}

impl PersonaProfile {
    /// The profile after a person's change. `NOT_FOUND` when the profile lacks an item; `BAD_USER_INPUT` for a text that
    /// is too long, is there already, or is one item too many.
    pub fn changed(&self, change: PersonaChange) -> Result<Self> {
        let mut changed = self.clone();
        let mut problems = Vec::new();
        for (index, id) in change.remove.iter().enumerate() {
            let removed = changed.take(*id)?;
            if change.replace.iter().any(|replaced| replaced.id == *id) {
                let path = format!("input.removeIds[{index}]");
                problems.push(Problem::new(path, "is replaced too, expected one of both"));
            }
            changed.remember_removed(removed.key());
        }
        for (index, PersonaItemText { id, text }) in change.replace.into_iter().enumerate() {
            let path = format!("input.replace[{index}].text");
            // one that is removed too has its problem already
            let Some(at) = changed.items.iter().position(|item| item.id == id) else {
                if change.remove.contains(&id) {
                    continue;
                }
                return Err(Error::not_found(NOUN));
            };
            let before = changed.items.remove(at);
            let after = PersonaItem {
                text,
                weight: None,
                origin: PersonaOrigin::Edited,
                ..before.clone()
            };
            problems.extend(changed.problem_with(&path, &after));
            if after.key() != before.key() {
                changed.remember_removed(before.key());
            }
            changed.insert(at, after);
        }
        for (index, NewPersonaItem { id, kind, text }) in change.add.into_iter().enumerate() {
            let path = format!("input.add[{index}].text");
            let item = PersonaItem {
                id,
                kind,
                text,
                weight: None,
                sources: Vec::new(),
                origin: PersonaOrigin::Edited,
            };
            problems.extend(changed.problem_with(&path, &item));
            changed.make_room(kind);
            changed.insert(usize::MAX, item);
        }
        if problems.is_empty() {
            Ok(changed)
        } else {
            Err(Error::problems(problems))
        }
    }

    fn take(&mut self, id: PersonaItemId) -> Result<PersonaItem> {
        let at = self.items.iter().position(|item| item.id == id);
        let at = at.ok_or_else(|| Error::not_found(NOUN))?;
        Ok(self.items.remove(at))
    }

    /// Inserts an item at a place, at most at the end; a person wants it, whatever was removed before.
    fn insert(&mut self, at: usize, item: PersonaItem) {
        let key = item.key();
        self.removed.retain(|removed| *removed != key);
        self.items.insert(at.min(self.items.len()), item);
    }

    /// Removes the last built item of a kind that is full.
    fn make_room(&mut self, kind: PersonaItemKind) {
        if self.items_of(kind).count() < kind.most() {
            return;
        }
        let is_built =
            |item: &PersonaItem| item.kind == kind && item.origin == PersonaOrigin::Built;
        if let Some(last) = self.items.iter().rposition(is_built) {
            self.items.remove(last);
        }
    }

    /// The problem with an item that a person writes.
    fn problem_with(&self, path: &str, item: &PersonaItem) -> Option<Problem> {
        let kind = item.kind;
        let checked = match kind {
            PersonaItemKind::Topic | PersonaItemKind::Term | PersonaItemKind::Tone => {
                check_name(path, &item.text)
            }
            PersonaItemKind::Position | PersonaItemKind::Fact => {
                check_text(path, &item.text, kind.longest())
            }
        };
        if checked.is_some() {
            return checked;
        }
        let key = item.key();
        let message = if key.key.is_empty() {
            "has no letter and no digit, expected a text".to_owned()
        } else if self.items.iter().any(|known| known.key() == key) {
            "is in the persona already".to_owned()
        } else if self.edited(kind) >= kind.most() {
            let most = kind.most();
            format!("is one too many: a persona has at most {most} items of a person of this kind")
        } else {
            return None;
        };
        Some(Problem::new(path, message))
    }

    fn edited(&self, kind: PersonaItemKind) -> usize {
        self.items_of(kind)
            .filter(|item| item.origin == PersonaOrigin::Edited)
            .count()
    }
}
