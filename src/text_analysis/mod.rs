//! Texts of any language, measured by their words alone: words, sentences, key phrases, figures. Pure functions, for
//! whatever reads documents.

mod bigrams;
mod everyday;
mod phrases;
mod sentences;
mod statistics;
mod terms;
mod words;

pub use bigrams::{has_unspaced, with_bigrams};
pub use everyday::is_everyday_word;
pub use phrases::{Phrase, phrases};
pub use sentences::{StatedSentence, stated_sentences};
pub use statistics::TextStatistics;
pub use terms::{TextLanguage, indexed_words};
pub use words::{frequencies, is_stop_word, words_of};

/// A text with every run of white space as one space.
pub fn squeezed(text: &str) -> String {
    let words: Vec<&str> = text.split_whitespace().collect();
    words.join(" ")
}
