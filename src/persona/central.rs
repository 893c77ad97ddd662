//! Selects the passages that a model reads: those that have most of what the expert writes about.

use std::collections::{HashMap, HashSet};

use super::corpus::{Corpus, CorpusDocument};
use crate::{
    domain::Passage,
    text_analysis::{frequencies, is_everyday_word, words_of},
};

/// A passage with its document.
#[derive(Debug, Clone, Copy)]
pub(super) struct CorpusPassage<'c> {
    pub(super) document: &'c CorpusDocument,
    pub(super) passage: &'c Passage,
}

/// At most `most` passages of the documents that are wanted, the most central of each document first.
pub(super) fn central_passages<'c>(
    corpus: &'c Corpus,
    is_wanted: impl Fn(&CorpusDocument) -> bool,
    most: usize,
) -> Vec<CorpusPassage<'c>> {
    let counts = frequencies(corpus.texts());
    let mut ranked: Vec<(usize, CorpusPassage<'c>)> = Vec::new();
    for document in corpus.documents.iter().filter(|one| is_wanted(one)) {
        let mut passages: Vec<(f64, &Passage)> = document
            .passages
            .iter()
            .map(|passage| (centrality(&passage.text, &counts), passage))
            .collect();
        passages.sort_by(|(one, _), (other, _)| other.total_cmp(one));
        let passages = passages.into_iter().enumerate();
        ranked.extend(
            passages.map(|(rank, (_, passage))| (rank, CorpusPassage { document, passage })),
        );
    }
    // stable: one passage of each document, then a second of each
    ranked.sort_by_key(|(rank, _)| *rank);
    let passages = ranked.into_iter().map(|(_, passage)| passage);
    passages.take(most).collect()
}

/// The weight of the distinctive words of a text, relative to the square root of its length: a long passage is not
/// central for being long.
fn centrality(text: &str, counts: &HashMap<String, u64>) -> f64 {
    let words: Vec<String> = words_of(text).collect();
    let distinct: HashSet<&String> = words.iter().collect();
    let number = |count: u64| f64::from(u32::try_from(count).unwrap_or(u32::MAX));
    let weights = distinct
        .into_iter()
        .filter(|word| !is_everyday_word(word))
        .filter_map(|word| counts.get(word));
    let weight: f64 = weights.map(|count| number(*count).ln_1p()).sum();
    let length = u64::try_from(words.len()).unwrap_or(u64::MAX).max(1);
    weight / number(length).sqrt()
}

#[cfg(test)]
mod tests {
    use super::central_passages;
    use crate::persona::corpus::corpus_of;

    #[test]
    fn each_document_has_its_turn() {
        let corpus = corpus_of(&["Welding frames.", "Nothing at all.", "Frames and welding."]);
        let last = corpus.documents[2].id;
        let all = central_passages(&corpus, |_| true, 9);
        assert_eq!(all.len(), 3);
        let some = central_passages(&corpus, |document| document.id == last, 9);
        assert_eq!(some.len(), 1);
        assert_eq!(some[0].passage.text, "Frames and welding.");
        assert_eq!(central_passages(&corpus, |_| true, 2).len(), 2);
    }
}
