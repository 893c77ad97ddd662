//! Everyday words of English, German and French: what they occur in is not distinctive.

use std::{collections::HashSet, sync::LazyLock};

/// The words in lower case, without an order.
static EVERYDAY: LazyLock<HashSet<&'static str>> = LazyLock::new(|| {
    include_str!("everyday_words.txt")
        .split_whitespace()
        .collect()
});

/// Endings under which a listed word counts as everyday too: "houses", "walked", "quickly".
const ENDINGS: [&str; 9] = ["s", "es", "d", "ed", "ing", "ly", "er", "e", "en"];

/// Whether a word in lower case, or the word without a usual ending, is one that everyone uses about everything.
pub fn is_everyday_word(word: &str) -> bool {
    EVERYDAY.contains(word)
        || ENDINGS.iter().any(|ending| {
            let stem = word.strip_suffix(ending);
            stem.is_some_and(|stem| stem.len() > 2 && EVERYDAY.contains(stem))
        })
}

#[cfg(test)]
mod tests {
    use super::is_everyday_word;

    #[test]
    fn everyday_words_are_known_with_their_endings() {
        for word in [
            "people", "year", "years", "things", "walked", "jahre", "leute", "choses",
        ] {
            assert!(is_everyday_word(word), "{word}");
        }
        for word in ["welding", "ferry", "batterie", "velofahren", "cargo"] {
            assert!(!is_everyday_word(word), "{word}");
        }
    }
}
