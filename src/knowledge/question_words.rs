//! Extracts the words of a question by which passages are searched.

use std::collections::BTreeSet;

use crate::text_analysis::indexed_words;

/// The maximum number of words in a search; more words cost time and find no better passages.
const MOST_WORDS: usize = 32;

/// English stop words, those of PostgreSQL's `english` configuration. Words such as "how" and "does" would have weight otherwise,
/// because they are rare in descriptions.
#[rustfmt::skip]
const STOP_WORDS: [&str; 127] = [
    "i", "me", "my", "myself", "we", "our", "ours", "ourselves", "you", "your", "yours", "yourself", "yourselves", "he",
    "him", "his", "himself", "she", "her", "hers", "herself", "it", "its", "itself", "they", "them", "their", "theirs",
    "themselves", "what", "which", "who", "whom", "this", "that", "these", "those", "am", "is", "are", "was", "were", "be",
    "been", "being", "have", "has", "had", "having", "do", "does", "did", "doing", "a", "an", "the", "and", "but", "if",
    "or", "because", "as", "until", "while", "of", "at", "by", "for", "with", "about", "against", "between", "into",
    "through", "during", "before", "after", "above", "below", "to", "from", "up", "down", "in", "out", "on", "off", "over",
    "under", "again", "further", "then", "once", "here", "there", "when", "where", "why", "how", "all", "any", "both",
    "each", "few", "more", "most", "other", "some", "such", "no", "nor", "not", "only", "own", "same", "so", "than", "too",
    "very", "s", "t", "can", "will", "just", "don", "should", "now",
];

/// The distinct words of a text as passages are indexed, without the stop words. A text of stop words only keeps them.
pub(super) fn words_of(text: &str) -> Vec<String> {
    let telling = distinct(text, |word| !STOP_WORDS.contains(&word));
    if telling.is_empty() {
        return distinct(text, |_| true);
    }
    telling
}

/// Whether a word in lower case is a stop word.
pub(crate) fn is_stop_word(word: &str) -> bool {
    STOP_WORDS.contains(&word)
}

fn distinct(text: &str, is_wanted: impl Fn(&str) -> bool) -> Vec<String> {
    let mut seen = BTreeSet::new();
    indexed_words(text)
        .into_iter()
        .filter(|word| is_wanted(word) && seen.insert(word.clone()))
        .take(MOST_WORDS)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::words_of;

    #[test]
    fn words_are_letters_and_digits_each_once() {
        assert_eq!(
            words_of("How do I reset *my* PIN-code, and my \"pin\"?"),
            ["reset", "pin", "code"]
        );
        assert_eq!(words_of("OR) & !| ' \u{0} \" NEAR/2"), ["near", "2"]);
        assert_eq!(words_of("To be, or not to be?"), ["to", "be", "or", "not"]);
        assert_eq!(words_of("Größe 尺寸表"), ["größe", "尺寸", "寸表"]);
        assert!(words_of(" \n").is_empty());
        assert_eq!(words_of(&"word1 word2 ".repeat(9)).len(), 2);
        let many: Vec<String> = (0..99).map(|number| format!("w{number}")).collect();
        assert_eq!(words_of(&many.join(" ")).len(), 32);
    }
}
