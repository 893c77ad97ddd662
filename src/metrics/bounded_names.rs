//! A cap on label values that an operator chooses freely.

use std::{
    collections::BTreeSet,
    sync::{PoisonError, RwLock},
};

/// The maximum number of different names; further ones are counted together.
const MOST: usize = 64;
/// The value that stands for further names.
const OTHER: &str = "other";

/// The first names of a kind that this process has met. The configuration may change while the process runs, so a number
/// of configured names is no bound for all of them.
#[derive(Debug, Default)]
pub(super) struct BoundedNames(RwLock<BTreeSet<Box<str>>>);

impl BoundedNames {
    /// The name itself, or `other` for a name beyond the cap.
    pub(super) fn label<'n>(&self, name: &'n str) -> &'n str {
        let names = self.0.read().unwrap_or_else(PoisonError::into_inner);
        if names.contains(name) {
            return name;
        }
        if names.len() >= MOST {
            return OTHER;
        }
        drop(names);
        let mut names = self.0.write().unwrap_or_else(PoisonError::into_inner);
        if names.len() >= MOST && !names.contains(name) {
            return OTHER;
        }
        names.insert(name.into());
        name
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::{BoundedNames, MOST};

    #[test]
    fn names_beyond_the_cap_are_counted_together() {
        let names = BoundedNames::default();
        let given: Vec<_> = (0..10 * MOST).map(|n| format!("model {n}")).collect();
        let labels: BTreeSet<_> = given.iter().map(|name| names.label(name)).collect();
        assert_eq!(labels.len(), MOST + 1);
        assert_eq!(names.label("model 0"), "model 0");
        assert_eq!(names.label("model 700"), "other");
    }
}
