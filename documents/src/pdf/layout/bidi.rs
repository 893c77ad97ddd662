//! The reading order of lines with text from right to left (Unicode Standard Annex 9, reversed).

use unicode_bidi::{BidiClass, BidiInfo, Level, bidi_class};
use unicode_normalization::char::is_combining_mark;

/// Whether a character is of a script that is written from right to left.
pub(in crate::pdf) fn is_right_to_left(c: char) -> bool {
    matches!(bidi_class(c), BidiClass::R | BidiClass::AL)
}

/// The characters of a line in reading order, given from left to right. The order from left to right of the text that is
/// given is its reading order, as long as no number is between words of the other direction: the algorithm is its own
/// inverse.
pub(super) fn reading_order(line: &str) -> String {
    let strong = |class: fn(char) -> bool| line.chars().filter(|c| class(*c)).count();
    let backwards = strong(is_right_to_left);
    if backwards == 0 {
        return line.to_owned();
    }
    let is_backwards = backwards * 2 > strong(char::is_alphabetic);
    let level = if is_backwards {
        Level::rtl()
    } else {
        Level::ltr()
    };
    let info = BidiInfo::new(line, Some(level));
    let mut clusters = clusters(line, &info.levels);
    let highest = clusters.iter().map(|(level, _)| *level).max().unwrap_or(0);
    for level in (1..=highest).rev() {
        reverse_runs(&mut clusters, level);
    }
    clusters.into_iter().map(|(_, text)| text).collect()
}

/// Characters with the marks over them, and their levels.
fn clusters(line: &str, levels: &[Level]) -> Vec<(u8, String)> {
    let mut clusters: Vec<(u8, String)> = Vec::new();
    for (at, c) in line.char_indices() {
        let level = levels.get(at).map_or(0, Level::number);
        match clusters.last_mut() {
            Some((_, text)) if is_combining_mark(c) => text.push(c),
            _ => clusters.push((level, mirrored(c, level).to_string())),
        }
    }
    clusters
}

/// Reverses each run of characters of this level and above.
fn reverse_runs(clusters: &mut [(u8, String)], level: u8) {
    let mut rest = clusters;
    while let Some(start) = rest.iter().position(|(own, _)| *own >= level) {
        let (_, from) = std::mem::take(&mut rest).split_at_mut(start);
        let length = from
            .iter()
            .position(|(own, _)| *own < level)
            .unwrap_or(from.len());
        let (run, after) = from.split_at_mut(length);
        run.reverse();
        rest = after;
    }
}

/// The character of which the given one is the mirror image, in text from right to left.
fn mirrored(c: char, level: u8) -> char {
    if level.is_multiple_of(2) {
        return c;
    }
    match c {
        '(' => ')',
        ')' => '(',
        '[' => ']',
        ']' => '[',
        '{' => '}',
        '}' => '{',
        '«' => '»',
        '»' => '«',
        '<' => '>',
        '>' => '<',
        c => c,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_put_in_reading_order() {
        let reversed = |text: &str| text.chars().rev().collect::<String>();
        assert_eq!(reading_order("Hello"), "Hello");
        assert_eq!(reading_order(&reversed("مرحبا بالعالم")), "مرحبا بالعالم");
        let with_number = format!("{} 2025 {}", reversed("شكرا"), reversed("سنة"));
        assert_eq!(reading_order(&with_number), "سنة 2025 شكرا");
        let within = format!("The word {} means peace", reversed("שלום"));
        assert_eq!(reading_order(&within), "The word שלום means peace");
        let brackets = format!("({}) {}", reversed("אבג"), reversed("שלום"));
        assert_eq!(reading_order(&brackets), "שלום (אבג)");
    }
}
