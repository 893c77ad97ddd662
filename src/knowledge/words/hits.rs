//! What a search by words found.

use std::collections::HashMap;

use crate::domain::PassageId;

/// How well a passage has the words of a question.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub(in crate::knowledge) struct WordHit {
    /// The passage's BM25 relative to the greatest possible one of the question, 0 to 1: comparable between questions.
    pub(in crate::knowledge) score: f64,
    /// The share of the question's words that the passage has, 0 to 1; a rare word counts more than a frequent one.
    pub(in crate::knowledge) share: f64,
}

/// The passages that a search by words found.
#[derive(Debug, Default)]
pub(in crate::knowledge) struct WordHits {
    hits: HashMap<PassageId, WordHit>,
    evidence: f64,
}

impl WordHits {
    /// The best `most` of these hits.
    pub(super) fn best(found: impl Iterator<Item = (PassageId, WordHit)>, most: usize) -> Self {
        let mut found: Vec<_> = found.collect();
        let order = |(one, hit): &(PassageId, WordHit), (other, than): &(PassageId, WordHit)| {
            than.score.total_cmp(&hit.score).then(one.cmp(other))
        };
        if found.len() > most {
            found.select_nth_unstable_by(most, order);
            found.truncate(most);
        }
        Self {
            evidence: 0.0,
            hits: found.into_iter().collect(),
        }
    }

    /// Adds further hits.
    pub(super) fn add(&mut self, found: impl Iterator<Item = (PassageId, WordHit)>) {
        self.hits.extend(found);
    }

    /// The passages.
    pub(in crate::knowledge) fn passages(&self) -> impl Iterator<Item = PassageId> + '_ {
        self.hits.keys().copied()
    }

    /// How much of the question's words the best passage has, 0 to 1; less in a question of few words, which one passage has by
    /// chance.
    pub(in crate::knowledge) fn evidence(&self) -> f64 {
        self.evidence
    }

    /// Sets the evidence to the greatest share of the hits, multiplied by this factor.
    pub(super) fn weigh(&mut self, factor: f64) {
        let shares = self.hits.values().map(|hit| hit.share);
        self.evidence = factor * shares.fold(0.0, f64::max);
    }

    /// How well a passage has the words; zeros for one that has none.
    pub(in crate::knowledge) fn of(&self, passage: PassageId) -> WordHit {
        self.hits.get(&passage).copied().unwrap_or_default()
    }
}
