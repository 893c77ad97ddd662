//! Figures of texts: how long their sentences are, how many different words they have, what their sentences are.

use std::collections::HashSet;

use unicode_segmentation::UnicodeSegmentation;

use super::words::words_of;

/// The first person in English, German and French.
const FIRST_PERSON: [&str; 22] = [
    "i", "me", "my", "mine", "myself", "we", "us", "our", "ours", "ich", "mich", "mir", "mein",
    "meine", "wir", "uns", "unser", "je", "moi", "mon", "nous", "notre",
];

/// What can be counted in texts.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct TextStatistics {
    /// The number of characters.
    pub characters: u64,
    /// The number of words.
    pub words: u64,
    /// The number of different words.
    pub different_words: usize,
    /// The number of sentences that have a word.
    pub sentences: u64,
    /// The number of words of the longest sentence.
    pub longest_sentence_words: u64,
    /// The number of sentences that end with a question mark.
    pub questions: u64,
    /// The number of sentences that end with an exclamation mark.
    pub exclamations: u64,
    /// The number of sentences with a word in the first person.
    pub first_person: u64,
}

impl TextStatistics {
    /// Counts what the texts have.
    pub fn of<'t>(texts: impl IntoIterator<Item = &'t str>) -> Self {
        let mut counted = Self::default();
        let mut different = HashSet::new();
        for text in texts {
            counted.characters += count(text.chars());
            for sentence in text.unicode_sentences() {
                counted.add_sentence(sentence, &mut different);
            }
        }
        counted.different_words = different.len();
        counted
    }

    /// The mean number of words of a sentence, with one decimal; 0 without sentences.
    pub fn words_per_sentence(&self) -> f64 {
        // computed in tenths, so that the result is 12.5 and not 12.499999
        let tenths = (self.words * 10).checked_div(self.sentences);
        f64::from(u32::try_from(tenths.unwrap_or_default()).unwrap_or(u32::MAX)) / 10.0
    }

    fn add_sentence(&mut self, sentence: &str, different: &mut HashSet<String>) {
        let mut length = 0;
        let mut is_first_person = false;
        for word in words_of(sentence) {
            length += 1;
            is_first_person |= FIRST_PERSON.contains(&word.as_str());
            different.insert(word);
        }
        if length == 0 {
            return;
        }
        let ends_with = |mark| u64::from(sentence.trim_end().ends_with(mark));
        self.sentences += 1;
        self.words += length;
        self.longest_sentence_words = self.longest_sentence_words.max(length);
        self.questions += ends_with('?');
        self.exclamations += ends_with('!');
        self.first_person += u64::from(is_first_person);
    }
}

fn count(items: impl Iterator) -> u64 {
    u64::try_from(items.count()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::TextStatistics;

    #[test]
    fn the_kinds_of_sentences_are_counted() {
        let counted = TextStatistics::of(["We build bikes. Why? Because I can! Yes."]);
        let kinds = (
            counted.questions,
            counted.exclamations,
            counted.first_person,
        );
        assert_eq!((counted.sentences, kinds), (4, (1, 1, 2)));
        assert!((counted.words_per_sentence() - 2.0).abs() < f64::EPSILON);
    }
}
