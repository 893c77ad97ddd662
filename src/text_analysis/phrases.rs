//! Key phrases of texts, found from their words alone (the C-value of Frantzi, Ananiadou and Mima, 2000).

use std::collections::HashMap;

use unicode_segmentation::UnicodeSegmentation;

use super::words::is_stop_word;

/// The maximum number of words in a phrase.
const LONGEST_PHRASE: usize = 4;
/// The minimum number of characters of a word in a phrase; shorter words carry little meaning alone.
const SHORTEST_WORD: usize = 3;

/// A phrase of a text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Phrase {
    /// The words in lower case, separated by spaces.
    pub text: String,
    /// The number of occurrences.
    pub count: u64,
    /// How much the text is about the phrase, for comparisons within one text.
    pub score: u64,
}

/// The phrases of a text, those with the highest score first. Candidates are sequences of words without stop words, and
/// parts of such sequences. The score grows with the length and with the occurrences outside longer phrases.
pub fn phrases<'t>(texts: impl IntoIterator<Item = &'t str>) -> Vec<Phrase> {
    let mut counts: HashMap<String, u64> = HashMap::new();
    for row in texts.into_iter().flat_map(rows) {
        for phrase in parts(&row) {
            *counts.entry(phrase.join(" ")).or_insert(0) += 1;
        }
    }
    // for each phrase: the occurrences of the longer phrases that contain it, and the number of those phrases
    let mut longer: HashMap<String, (u64, u64)> = HashMap::new();
    for (text, count) in &counts {
        let words: Vec<String> = text.split(' ').map(str::to_owned).collect();
        let shorter = parts(&words).filter(|part| part.len() < words.len());
        for part in shorter.map(|part| part.join(" ")) {
            let (occurrences, phrases) = longer.entry(part).or_default();
            *occurrences += count;
            *phrases += 1;
        }
    }
    let mut found: Vec<Phrase> = counts
        .iter()
        .map(|(text, count)| {
            let (occurrences, phrases) = longer.get(text).copied().unwrap_or_default();
            // in thousandths
            let inside = (occurrences * 1_000).checked_div(phrases);
            let alone = (count * 1_000).saturating_sub(inside.unwrap_or_default());
            Phrase {
                text: text.clone(),
                count: *count,
                score: alone * weight(text.split(' ').count()),
            }
        })
        .collect();
    found.sort_by(|one, other| {
        let by_score = other.score.cmp(&one.score);
        by_score.then_with(|| one.text.cmp(&other.text))
    });
    found
}

/// The binary logarithm of the number of words plus one, in thousandths.
fn weight(words: usize) -> u64 {
    match words {
        0 | 1 => 1_000,
        2 => 1_585,
        3 => 2_000,
        _ => 2_322,
    }
}

/// Every contiguous part of a sequence, including the whole.
fn parts(row: &[String]) -> impl Iterator<Item = &[String]> {
    (1..=row.len()).flat_map(|length| row.windows(length))
}

/// The sequences of words between stop words, short words and punctuation.
fn rows(text: &str) -> Vec<Vec<String>> {
    let mut rows = Vec::new();
    let mut row = Vec::new();
    for piece in text.split_word_bounds() {
        if piece.trim().is_empty() && !piece.contains('\n') {
            continue;
        }
        let word = piece.to_lowercase();
        let says_something = word.chars().any(char::is_alphabetic)
            && word.chars().count() >= SHORTEST_WORD
            && !is_stop_word(&word);
        if says_something && row.len() < LONGEST_PHRASE {
            row.push(word);
            continue;
        }
        if !row.is_empty() {
            rows.push(std::mem::take(&mut row));
        }
        if says_something {
            row.push(word);
        }
    }
    if !row.is_empty() {
        rows.push(row);
    }
    rows
}

#[cfg(test)]
mod tests {
    use super::phrases;

    #[test]
    fn phrases_that_recur_and_hold_together_come_first() {
        let text = "The heat pump is quiet. A heat pump needs no gas. Gas is dear, \
                    and the heat pump pays for itself.";
        let found = phrases([text]);
        assert_eq!(found[0].text, "heat pump");
        assert_eq!(found[0].count, 3);
        assert!(found.iter().any(|phrase| phrase.text == "gas"), "{found:?}");
        assert!(found.iter().all(|phrase| phrase.text != "the"), "{found:?}");
        assert_eq!(phrases([""]), []);
    }
}
