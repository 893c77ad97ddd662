//! Figures of how an expert writes.

use super::{corpus::Corpus, finding::share};
use crate::{domain::PersonaStyle, text_analysis::TextStatistics};

/// The figures of a corpus; none without words.
pub(super) fn style(corpus: &Corpus) -> Option<PersonaStyle> {
    let counted = TextStatistics::of(corpus.texts());
    let count = |number: u64| usize::try_from(number).unwrap_or(usize::MAX);
    let of_sentences = |number: u64| share(count(number), count(counted.sentences), 3);
    (counted.words > 0).then(|| PersonaStyle {
        words: i64::try_from(counted.words).unwrap_or(i64::MAX),
        words_per_sentence: counted.words_per_sentence(),
        question_share: of_sentences(counted.questions),
        exclamation_share: of_sentences(counted.exclamations),
        first_person_share: of_sentences(counted.first_person),
        different_word_share: share(counted.different_words, count(counted.words), 3),
    })
}
