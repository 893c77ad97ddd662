//! Splits text of any language into words, and lists the stop words.

use std::collections::HashMap;

use unicode_segmentation::UnicodeSegmentation;

/// Stop words of the most common languages.
const STOP_WORDS: &[&str] = &[
    // English
    "a", "about", "above", "after", "again", "all", "also", "an", "and", "any", "are", "as", "at",
    "be", "because", "been", "before", "being", "below", "between", "both", "but", "by", "can",
    "could", "did", "do", "does", "doing", "down", "during", "each", "few", "for", "from",
    "further", "had", "has", "have", "having", "he", "her", "here", "hers", "him", "his", "how",
    "i", "if", "in", "into", "is", "it", "its", "just", "may", "me", "might", "more", "most",
    "must", "my", "no", "nor", "not", "now", "of", "off", "on", "once", "only", "or", "other",
    "our", "ours", "out", "over", "own", "same", "she", "should", "so", "some", "such", "than",
    "that", "the", "their", "them", "then", "there", "these", "they", "this", "those", "through",
    "to", "too", "under", "until", "up", "us", "very", "was", "we", "were", "what", "when",
    "where", "which", "while", "who", "whom", "why", "will", "with", "would", "you", "your",
    "yours", // German
    "aber", "alle", "als", "auch", "auf", "aus", "bei", "bis", "das", "dass", "dem", "den", "der",
    "des", "die", "dies", "diese", "dieser", "durch", "ein", "eine", "einem", "einen", "einer",
    "eines", "er", "es", "für", "hat", "haben", "ich", "ihr", "im", "ist", "kann", "kein", "keine",
    "man", "mit", "nach", "nicht", "noch", "nur", "oder", "sein", "sich", "sie", "sind", "über",
    "um", "und", "uns", "unter", "vom", "von", "vor", "war", "wenn", "werden", "wie", "wir",
    "wird", "zu", "zum", "zur", // French
    "au", "aux", "avec", "ce", "ces", "cette", "dans", "de", "du", "elle", "en", "est", "et", "il",
    "ils", "la", "le", "les", "leur", "mais", "ne", "nous", "on", "ou", "par", "pas", "plus",
    "pour", "qu", "que", "qui", "sa", "se", "ses", "son", "sont", "sur", "un", "une", "vous",
    // Spanish
    "al", "como", "con", "del", "el", "ella", "ellos", "es", "esta", "este", "fue", "ha", "hay",
    "las", "lo", "los", "más", "muy", "o", "para", "pero", "por", "se", "si", "sin", "sobre", "su",
    "sus", "una", "uno", "y", "ya",
];

/// The words of a text in order, in lower case.
pub fn words_of(text: &str) -> impl Iterator<Item = String> + '_ {
    text.unicode_words()
        .flat_map(|word| word.split(['\'', '’', '.', '_', ':']))
        .filter(|word| !word.is_empty())
        .map(str::to_lowercase)
}

/// Whether a word is a stop word.
pub fn is_stop_word(word: &str) -> bool {
    STOP_WORDS.contains(&word)
}

/// The number of occurrences of each word that is not a stop word.
pub fn frequencies<'t>(texts: impl IntoIterator<Item = &'t str>) -> HashMap<String, u64> {
    let mut counts = HashMap::new();
    for word in texts.into_iter().flat_map(words_of) {
        if !is_stop_word(&word) {
            *counts.entry(word).or_insert(0) += 1;
        }
    }
    counts
}
