//! The words of all searchable passages of an agent, in memory: postings and their ranking by BM25.
//!
//! BM25 as Lucene has it: Robertson and Zaragoza, "The Probabilistic Relevance Framework: BM25 and Beyond", 2009. The
//! order is the same on SQLite and PostgreSQL, because the program computes it.

use std::collections::HashMap;

use super::{
    hits::{WordHit, WordHits},
    postings::Posting,
    segment::WordSegment,
};
use crate::{
    domain::{DocumentId, PassageId},
    text_analysis::TextLanguage,
};

/// How fast further occurrences of a word in a passage count less.
const SATURATION: f64 = 1.2;
/// How much a passage's length counts, 0 to 1.
const LENGTH_WEIGHT: f64 = 0.75;
/// The number of rare words that are added to each question as if no passage had them: having one of two words says less than
/// having four of eight.
const MISSING_WORDS: f64 = 0.5;
/// The number of passages that are gone, from which their postings are removed, if they are more than the others.
const FEWEST_GONE: usize = 1_000;

/// The terms of one language, with their passages in ascending order.
type Dictionary = HashMap<Box<str>, Vec<Posting>>;

/// A document in an index.
struct IndexedDocument {
    revision: i32,
    /// The numbers of its passages, which are consecutive.
    first: usize,
    end: usize,
}

/// A passage in an index.
struct IndexedPassage {
    id: PassageId,
    /// The number of its words.
    length: u32,
    is_gone: bool,
}

/// The words of an agent's searchable passages.
#[derive(Default)]
pub(super) struct WordIndex {
    documents: HashMap<DocumentId, IndexedDocument>,
    passages: Vec<IndexedPassage>,
    numbers: HashMap<PassageId, usize>,
    dictionaries: HashMap<TextLanguage, Dictionary>,
    /// The number of words of all passages.
    words: u64,
    /// The number of postings, those of passages that are gone included.
    postings: usize,
    /// The number of terms.
    terms: usize,
}

impl WordIndex {
    /// The approximate size in memory in bytes.
    pub(super) fn size(&self) -> usize {
        self.postings * size_of::<Posting>() + self.terms * 96 + self.passages.len() * 72
    }

    /// The documents of this list that are not indexed in this revision, after those were removed that the list does not have.
    pub(super) fn keep(&mut self, served: &[(DocumentId, i32)]) -> Vec<(DocumentId, i32)> {
        let wanted: HashMap<DocumentId, i32> = served.iter().copied().collect();
        let gone: Vec<DocumentId> = self
            .documents
            .iter()
            .filter(|(id, document)| wanted.get(id) != Some(&document.revision))
            .map(|(id, _)| *id)
            .collect();
        for id in gone {
            self.remove(id);
        }
        self.compact_if_worthwhile();
        let missing = served.iter();
        missing
            .filter(|(id, _)| !self.documents.contains_key(id))
            .copied()
            .collect()
    }

    /// Adds a document that is not indexed yet.
    pub(super) fn add(&mut self, id: DocumentId, revision: i32, segment: &WordSegment) {
        let first = self.passages.len();
        let end = (first + segment.passages.len()).min(Posting::MOST_PASSAGES);
        for (passage, (_, length)) in segment.ids().zip(&segment.passages).take(end - first) {
            self.numbers.insert(passage, self.passages.len());
            self.words += u64::from(*length);
            self.passages.push(IndexedPassage {
                id: passage,
                length: *length,
                is_gone: false,
            });
        }
        let dictionary = self.dictionaries.entry(segment.language()).or_default();
        let terms = dictionary.len();
        for (term, found) in &segment.terms {
            let postings = dictionary.entry(term.as_str().into()).or_default();
            let new = found
                .iter()
                .filter_map(|(position, count)| Posting::new(first, *position, *count));
            let before = postings.len();
            postings.extend(new);
            self.postings += postings.len() - before;
        }
        self.terms += dictionary.len() - terms;
        let document = IndexedDocument {
            revision,
            first,
            end,
        };
        self.documents.insert(id, document);
    }

    /// The passages that have some of these words: the best `most`, and those in `also`, whatever their place. Words are
    /// in lower case.
    pub(super) fn search(&self, words: &[String], most: usize, also: &[PassageId]) -> WordHits {
        let mut scores = vec![(0.0_f64, 0.0_f64); self.passages.len()];
        let passages = float(self.numbers.len());
        let mean_length = float(self.words) / passages.max(1.0);
        let weight_of = |having: f64| ((passages - having + 0.5) / (having + 0.5)).ln_1p();
        let mut weights = 0.0;
        for word in words {
            let found = self.postings_of(word);
            let is_there = |posting: &&Posting| !self.is_gone(**posting);
            let postings = || {
                found
                    .iter()
                    .flat_map(|postings| postings.iter())
                    .filter(is_there)
            };
            // a word that no passage has counts like one that a single passage has
            let having = float(postings().count().max(1));
            let weight = weight_of(having);
            weights += weight;
            for posting in postings() {
                let Some(passage) = self.passages.get(posting.passage()) else {
                    continue;
                };
                let length = f64::from(passage.length) / mean_length;
                let damping = SATURATION * (1.0 - LENGTH_WEIGHT + LENGTH_WEIGHT * length);
                let count = f64::from(posting.count());
                if let Some((score, share)) = scores.get_mut(posting.passage()) {
                    // relative to the greatest possible score: the same for every question
                    *score += weight * count / (count + damping);
                    *share += weight;
                }
            }
        }
        let hit = |at: usize| {
            let passage = self.passages.get(at)?;
            let (score, share) = scores.get(at)?;
            let hit = WordHit {
                score: score / weights,
                share: share / weights,
            };
            (*share > 0.0).then_some((passage.id, hit))
        };
        let mut hits = WordHits::best((0..scores.len()).filter_map(hit), most);
        hits.weigh(weights / (weights + MISSING_WORDS * weight_of(1.0)));
        hits.add(also.iter().filter_map(|id| hit(*self.numbers.get(id)?)));
        hits
    }

    /// The postings of a word in all languages. One passage is in one language, so no two of them are of the same passage.
    fn postings_of(&self, word: &str) -> Vec<&[Posting]> {
        let dictionaries = self.dictionaries.iter();
        let found = dictionaries.filter_map(|(language, dictionary)| {
            let postings = dictionary.get(language.term(word).as_str())?;
            Some(postings.as_slice())
        });
        found.collect()
    }

    fn is_gone(&self, posting: Posting) -> bool {
        let passage = self.passages.get(posting.passage());
        passage.is_none_or(|passage| passage.is_gone)
    }

    fn remove(&mut self, id: DocumentId) {
        let Some(document) = self.documents.remove(&id) else {
            return;
        };
        let passages = self.passages.get_mut(document.first..document.end);
        for passage in passages.unwrap_or_default() {
            passage.is_gone = true;
            self.words -= u64::from(passage.length);
            self.numbers.remove(&passage.id);
        }
    }

    /// Removes the postings of passages that are gone, and numbers the others anew.
    fn compact_if_worthwhile(&mut self) {
        let gone = self.passages.len() - self.numbers.len();
        if gone < FEWEST_GONE || gone <= self.numbers.len() {
            return;
        }
        let mut next = 0;
        let numbers: Vec<Option<usize>> = self
            .passages
            .iter()
            .map(|passage| {
                let number = (!passage.is_gone).then_some(next);
                next += usize::from(!passage.is_gone);
                number
            })
            .collect();
        let renumbered = |old: usize| numbers.get(old).copied().flatten();
        for dictionary in self.dictionaries.values_mut() {
            for postings in dictionary.values_mut() {
                let kept = postings.iter();
                *postings = kept
                    .filter_map(|one| one.renumbered(renumbered(one.passage())?))
                    .collect();
            }
            dictionary.retain(|_, postings| !postings.is_empty());
        }
        self.dictionaries
            .retain(|_, dictionary| !dictionary.is_empty());
        for document in self.documents.values_mut() {
            let length = document.end - document.first;
            document.first = renumbered(document.first).unwrap_or(next);
            document.end = document.first + length;
        }
        self.passages.retain(|passage| !passage.is_gone);
        for number in self.numbers.values_mut() {
            *number = renumbered(*number).unwrap_or(next);
        }
        let dictionaries = self.dictionaries.values();
        self.terms = dictionaries.clone().map(HashMap::len).sum();
        self.postings = dictionaries.flat_map(HashMap::values).map(Vec::len).sum();
    }
}

/// A count as a floating-point number.
fn float(count: impl TryInto<u32>) -> f64 {
    f64::from(count.try_into().unwrap_or(u32::MAX))
}
