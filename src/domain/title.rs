//! The title of a conversation, made of its first message.

use unicode_segmentation::UnicodeSegmentation;

/// The maximum length of a made title, in grapheme clusters.
const LONGEST_TITLE: usize = 60;
/// The minimum length of a first sentence that is a title of its own, in grapheme clusters: "Hi." is none.
const SHORTEST_SENTENCE: usize = 16;
/// The maximum length of a word that is left out as a whole, in grapheme clusters. A longer one, such as a URL or a text
/// without spaces, is cut.
const LONGEST_WORD: usize = 24;
/// The maximum number of bytes of a message that are looked at.
const LONGEST_START: usize = 4_096;

/// A title of one line: the first sentence of the text, or its first words. None when the text has no visible character.
pub(super) fn title_of(text: &str) -> Option<String> {
    let (start, _) = text.split_at(text.floor_char_boundary(LONGEST_START));
    let lines = || start.lines().map(str::trim);
    let line = lines().find(|line| line.contains(char::is_alphanumeric));
    let line = line.or_else(|| lines().find(|line| !line.is_empty()))?;
    let words: Vec<&str> = line.split_whitespace().collect();
    let line = words.join(" ");
    let clusters: Vec<&str> = line.graphemes(true).take(LONGEST_TITLE + 1).collect();
    let beginning = |length: usize| clusters.iter().take(length).copied().collect::<String>();
    if let Some(length) = first_sentence(&clusters) {
        return Some(beginning(length));
    }
    if clusters.len() <= LONGEST_TITLE {
        return Some(line);
    }
    // one less, for the ellipsis
    let most = LONGEST_TITLE - 1;
    let beside = clusters.iter().take(LONGEST_TITLE);
    let space = beside.rev().position(|cluster| *cluster == " ");
    let cut_word = space.filter(|length| *length <= LONGEST_WORD);
    let kept = beginning(most - cut_word.unwrap_or_default());
    let kept = kept.trim_end_matches([' ', ',', ';', ':', '-', '–', '—']);
    Some(format!("{kept}…"))
}

/// The length of the first sentence, if it is long enough for a title, and if more text follows it.
fn first_sentence(clusters: &[&str]) -> Option<usize> {
    let followers = clusters.iter().skip(1);
    let ends = clusters.iter().zip(followers).zip(1..);
    let mut ends = ends.filter_map(|((cluster, next), length)| {
        let is_end = match *cluster {
            "." | "!" | "?" | "…" => *next == " ",
            "。" | "！" | "？" => true,
            _ => false,
        };
        is_end.then_some(length)
    });
    ends.find(|length| (SHORTEST_SENTENCE..=LONGEST_TITLE).contains(length))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_short_text_is_its_own_title() {
        for (text, title) in [
            ("Hello", "Hello"),
            ("  Where is\tmy order?  ", "Where is my order?"),
            ("Hi. It broke.", "Hi. It broke."),
            ("\n\n---\nFirst line\nsecond line", "First line"),
            ("???", "???"),
            ("👩‍👩‍👧 ok", "👩‍👩‍👧 ok"),
        ] {
            assert_eq!(title_of(text).as_deref(), Some(title));
        }
        assert_eq!(title_of(" \n "), None);
    }

    #[test]
    fn the_first_sentence_of_a_longer_text_is_the_title() {
        let text = "My printer does not print. It worked yesterday, and I have changed nothing since then.";
        assert_eq!(title_of(text).unwrap(), "My printer does not print.");
        let version =
            "Version 1.5 of the tool fails on start, see the log that I attached to this message";
        assert_eq!(
            title_of(version).unwrap(),
            "Version 1.5 of the tool fails on start, see the log that I…"
        );
    }

    #[test]
    fn a_long_text_is_cut_at_a_word_and_a_text_without_words_anywhere() {
        let title = title_of(&"several words, ".repeat(20)).unwrap();
        assert_eq!(
            title,
            "several words, several words, several words, several words…"
        );
        for long in ["x".repeat(40_000), "漢".repeat(20_000), "👩‍👩‍👧".repeat(2_000)] {
            let title = title_of(&long).unwrap();
            assert!(title.ends_with('…') && title.graphemes(true).count() <= LONGEST_TITLE);
            assert!(!title.ends_with("\u{200d}…"), "{title}");
        }
    }
}
