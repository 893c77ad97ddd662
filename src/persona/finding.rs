//! Something that a build has found in the texts of an expert.

use crate::{
    domain::{PersonaItem, PersonaItemId, PersonaItemKind, PersonaOrigin, PersonaSource},
    port::Clock,
};

/// An item before it has an id.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct PersonaFinding {
    pub(super) kind: PersonaItemKind,
    pub(super) text: String,
    pub(super) weight: Option<f64>,
    pub(super) sources: Vec<PersonaSource>,
}

impl PersonaFinding {
    /// The item that a profile gets, with a new id.
    pub(super) fn into_item(self, clock: &dyn Clock) -> PersonaItem {
        PersonaItem {
            id: PersonaItemId::new(clock),
            kind: self.kind,
            text: self.text,
            weight: self.weight,
            sources: self.sources,
            origin: PersonaOrigin::Built,
        }
    }
}

/// A share with `digits` decimals; 0 of nothing.
pub(super) fn share(part: usize, whole: usize, digits: i32) -> f64 {
    let number = |count: usize| f64::from(u32::try_from(count).unwrap_or(u32::MAX));
    if whole == 0 {
        return 0.0;
    }
    let scale = 10_f64.powi(digits);
    (number(part) / number(whole) * scale).round() / scale
}
