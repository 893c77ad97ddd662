//! Orders the candidates of a search by their meaning and their words.
//!
//! Both parts are calibrated, not ranks: the cosine with the question, and BM25 relative to its greatest possible value (Bruch,
//! Gai, Ingber: "An Analysis of Fusion Functions for Hybrid Retrieval", ACM TOIS 2023). Words count by how much they have to
//! say about a question: if a passage has all of them, as it has those of a name or a code, they decide; if the best
//! passage has a third of them, the question is in other words than the documents, and they hardly count.

use std::collections::HashMap;

use super::{search::SearchSettings, words::WordHits};
use crate::domain::{Passage, PassageId};

/// The weight of words in a question whose words one passage has all, relative to that of its meaning.
const WEIGHT_OF_ALL: f64 = 20.0;
/// How fast the weight decreases with the share that the best passage has. `benches/retrieval` chose both, within a wide range
/// of equal ones.
const DECREASE: f64 = 3.5;
/// The share of a question's words from which a passage is kept, whatever its cosine.
const KEPT_SHARE: f64 = 0.6;

/// What is known of the candidates.
pub(super) struct Ranking {
    /// The cosines of the candidates whose vectors are known.
    pub(super) cosines: HashMap<PassageId, f64>,
    /// How well they have the words of the question.
    pub(super) words: WordHits,
    pub(super) settings: SearchSettings,
}

impl Ranking {
    /// The best candidates with their scores, 0 to 1, the best first.
    pub(super) fn best(&self, candidates: Vec<Passage>) -> Vec<(Passage, f64)> {
        let mut best: Vec<(Passage, f64)> = candidates
            .into_iter()
            .filter(|passage| self.is_close(passage.id))
            .map(|passage| {
                let place = self.place(passage.id);
                (passage, place)
            })
            .collect();
        best.sort_by(|(one, place), (other, than)| {
            than.total_cmp(place).then(one.id.cmp(&other.id))
        });
        best.truncate(self.settings.most);
        for (passage, score) in &mut best {
            *score = self.score(passage.id);
        }
        best
    }

    /// Whether a passage is close to the question: a bound of the cosine does not remove one that has its words.
    fn is_close(&self, passage: PassageId) -> bool {
        let cosine = self.cosines.get(&passage);
        cosine.is_none_or(|cosine| *cosine >= self.settings.minimum_score)
            || self.words.of(passage).share >= KEPT_SHARE
    }

    /// What passages are ordered by.
    fn place(&self, passage: PassageId) -> f64 {
        let cosine = self.cosines.get(&passage).copied().unwrap_or_default();
        let words = self.words.of(passage).score;
        let weight = WEIGHT_OF_ALL * self.words.evidence().powf(DECREASE);
        self.settings.vector_weight * cosine + self.settings.text_weight * weight * words
    }

    /// The cosine of a passage; without its vector, how well it has the words.
    fn score(&self, passage: PassageId) -> f64 {
        let cosine = self.cosines.get(&passage).copied();
        let score = cosine.unwrap_or_else(|| self.words.of(passage).score);
        score.clamp(0.0, 1.0)
    }
}
