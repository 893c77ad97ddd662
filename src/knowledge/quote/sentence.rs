//! The sentences of passages, with the headings above them.

use super::support::{content_words, stem};
use crate::{
    domain::ScoredPassage,
    text_analysis::{indexed_words, stated_sentences},
};

/// A sentence of a passage.
#[derive(Debug, Clone)]
pub(super) struct Sentence {
    /// The index of its passage.
    pub(super) passage: usize,
    pub(super) text: String,
    /// The content words of the sentence and of the headings above it, each once.
    words: Vec<String>,
    /// The stems of these words.
    stems: Vec<String>,
    /// All words of the headings and of the sentence in their order, between spaces.
    phrase: String,
}

impl Sentence {
    fn new(passage: usize, text: String, headings: &str) -> Self {
        let mut words = content_words(&text);
        for word in content_words(headings) {
            if !words.contains(&word) {
                words.push(word);
            }
        }
        let stems = words.iter().map(|word| stem(word)).collect();
        let phrase = format!(" {} {} ", phrase_of(headings), phrase_of(&text));
        Self {
            passage,
            text,
            words,
            stems,
            phrase,
        }
    }

    /// The content words of the sentence and of the headings above it.
    pub(super) fn words(&self) -> impl Iterator<Item = &str> {
        self.words.iter().map(String::as_str)
    }

    /// The stems of these words.
    pub(super) fn stems(&self) -> &[String] {
        &self.stems
    }

    /// Whether the sentence, or a heading above it, has this phrase of [`phrase_of`] word by word.
    pub(super) fn has_phrase(&self, phrase: &str) -> bool {
        self.phrase.contains(&format!(" {phrase} "))
    }

    /// Whether the sentence, or a heading above it, has a form of this word.
    pub(super) fn has(&self, word: &str) -> bool {
        let stem = stem(word);
        self.stems.contains(&stem)
    }
}

/// The words of a text in lower case with a space between them.
pub(super) fn phrase_of(text: &str) -> String {
    indexed_words(text).join(" ")
}

/// The sentences of passages in their order. Headings and questions state nothing, so they are no sentences; they tell
/// what the sentences below them are about.
pub(super) fn sentences_of(passages: &[ScoredPassage]) -> Vec<Sentence> {
    let mut sentences = Vec::new();
    for (index, passage) in passages.iter().enumerate() {
        let above = passage.headings.join(" ");
        for stated in stated_sentences(&passage.text) {
            let headings = format!("{above} {}", stated.heading);
            sentences.push(Sentence::new(index, stated.text, &headings));
        }
    }
    sentences
}

#[cfg(test)]
pub(super) mod tests {
    use uuid::Uuid;

    use super::{Sentence, sentences_of};
    use crate::domain::{DocumentId, ScoredPassage};

    /// The sentences of passages with these texts.
    pub(in super::super) fn sentences(texts: &[&str]) -> Vec<Sentence> {
        let passages: Vec<ScoredPassage> = texts
            .iter()
            .map(|text| ScoredPassage {
                document: DocumentId::from_uuid(Uuid::now_v7()),
                position: 0,
                headings: vec!["Shop rules".to_owned()],
                text: (*text).to_owned(),
                score: 0.5,
            })
            .collect();
        sentences_of(&passages)
    }

    #[test]
    fn headings_and_questions_tell_what_a_sentence_is_about() {
        let found = sentences(&[
            "Returns\n\nParcels come back within 30 days. Is that fair? It is.\n\nHow long is the \
             warranty?\n\nTen years for each frame.\n- Lamps: four years\nA line that\ngoes on here.",
            "Ferries leave on Tuesdays.",
        ]);
        let texts: Vec<(usize, &str)> = found
            .iter()
            .map(|sentence| (sentence.passage, sentence.text.as_str()))
            .collect();
        assert_eq!(
            texts,
            [
                (0, "Parcels come back within 30 days."),
                (0, "Ten years for each frame."),
                (0, "- Lamps: four years"),
                (0, "A line that goes on here."),
                (1, "Ferries leave on Tuesdays."),
            ]
        );
        let (first, second) = (&found[0], &found[1]);
        let has = |sentence: &Sentence| -> Vec<&str> {
            let words = ["return", "rule", "warranties", "frames"];
            words
                .into_iter()
                .filter(|word| sentence.has(word))
                .collect()
        };
        assert_eq!(has(first), ["return", "rule"]);
        assert_eq!(has(second), ["rule", "warranties", "frames"]);
    }
}
