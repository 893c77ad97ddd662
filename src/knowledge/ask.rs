//! The words of a question that passages are looked for by.

use std::collections::BTreeSet;

/// At most so many words are looked for: more say nothing more, and cost.
const MOST_WORDS: usize = 32;
/// A longer run of letters is no word.
const LONGEST_WORD: usize = 64;

/// The words of a text: letters and digits only, in lower case, each once.
pub(super) fn words_of(text: &str) -> Vec<String> {
    let mut seen = BTreeSet::new();
    text.split(|character: char| !character.is_alphanumeric())
        .filter(|word| !word.is_empty() && word.chars().count() <= LONGEST_WORD)
        .map(str::to_lowercase)
        // lower case of some letters has marks of its own
        .filter(|word| word.chars().all(char::is_alphanumeric))
        .filter(|word| seen.insert(word.clone()))
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
            ["how", "do", "i", "reset", "my", "pin", "code", "and"]
        );
        assert_eq!(words_of("OR) & !| ' \u{0} \" NEAR/2"), ["or", "near", "2"]);
        assert_eq!(words_of("Größe 尺寸"), ["größe", "尺寸"]);
        assert!(words_of(" \n").is_empty());
        assert_eq!(words_of(&"word1 word2 ".repeat(9)).len(), 2);
        let many: Vec<String> = (0..99).map(|number| format!("w{number}")).collect();
        assert_eq!(words_of(&many.join(" ")).len(), 32);
    }
}
