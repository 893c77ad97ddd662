//! The sentences of passages, with the headings above them.

use unicode_segmentation::UnicodeSegmentation;

use super::support::{content_words, stem};
use crate::domain::ScoredPassage;

/// The minimum number of words of a sentence that is quoted.
const FEWEST_WORDS: usize = 3;
/// The maximum number of words of a line without a full stop that counts as a heading.
const LONGEST_HEADING: usize = 14;

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
        Self {
            passage,
            text,
            words,
            stems,
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

    /// Whether the sentence, or a heading above it, has a form of this word.
    pub(super) fn has(&self, word: &str) -> bool {
        let stem = stem(word);
        self.stems.contains(&stem)
    }
}

/// The sentences of passages in their order. Headings and questions state nothing, so they are no sentences; they tell
/// what the sentences below them are about.
pub(super) fn sentences_of(passages: &[ScoredPassage]) -> Vec<Sentence> {
    let mut sentences = Vec::new();
    for (index, passage) in passages.iter().enumerate() {
        let above = passage.headings.join(" ");
        let mut heading = String::new();
        let lines = lines_of(&passage.text).into_iter();
        for line in lines.filter(|line| !line.is_empty()) {
            if is_heading(&line) {
                heading = line;
                continue;
            }
            let headings = format!("{above} {heading}");
            let stated = line
                .split_sentence_bounds()
                .map(str::trim)
                .filter(|sentence| sentence.split_whitespace().count() >= FEWEST_WORDS)
                .filter(|sentence| !sentence.ends_with('?'));
            sentences.extend(
                stated.map(|sentence| Sentence::new(index, sentence.to_owned(), &headings)),
            );
        }
    }
    sentences
}

/// The lines of a text; one that goes on in lower case is joined with the next one, as a page of a PDF breaks them.
fn lines_of(text: &str) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for line in text.lines().map(str::trim) {
        let goes_on = line.starts_with(char::is_lowercase);
        match lines.last_mut() {
            Some(last) if goes_on && !last.is_empty() && !ends_sentence(last) => {
                last.push(' ');
                last.push_str(line);
            }
            _ => lines.push(line.to_owned()),
        }
    }
    lines
}

fn ends_sentence(line: &str) -> bool {
    line.ends_with(['.', '!', '?', ':', ';', ',', '"', ')'])
}

/// Whether a line is a heading: short and without an end, or a question. Items of lists and rows of tables are not.
fn is_heading(line: &str) -> bool {
    let is_item = line.starts_with(['-', '*', '|', '•', '`']) || line.contains(" | ");
    let is_short = line.split_whitespace().count() <= LONGEST_HEADING;
    line.ends_with('?') && line.matches(['.', '!']).count() == 0
        || !is_item && is_short && !ends_sentence(line)
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
