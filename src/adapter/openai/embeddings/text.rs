//! Texts that are embedded: their length, and their division.

/// The minimum length in characters of a text that is divided because the provider refuses it as too long.
const SHORTEST_DIVIDED: usize = 40;

/// Whether a text is long enough to be divided.
pub(super) fn is_divisible(text: &str) -> bool {
    text.chars().count() >= SHORTEST_DIVIDED
}

/// A text in two halves, divided at a blank near its middle where there is one.
pub(super) fn halves(text: &str) -> (&str, &str) {
    let middle = text.len() / 2;
    let quarter = text.len() / 4;
    let distance = |index: usize| index.abs_diff(middle);
    let blanks = text
        .char_indices()
        .filter(|(index, c)| c.is_whitespace() && distance(*index) < quarter);
    let blank = blanks
        .map(|(index, _)| index)
        .min_by_key(|&index| distance(index));
    let divided = blank.unwrap_or_else(|| text.floor_char_boundary(middle));
    text.split_at(divided)
}

/// Whether a character is a token of its own in most models: Chinese characters, kana and Hangul.
pub(super) fn is_ideograph(c: char) -> bool {
    matches!(c,
        '\u{1100}'..='\u{11ff}' | '\u{2e80}'..='\u{9fff}' | '\u{a960}'..='\u{a97f}'
        | '\u{ac00}'..='\u{d7ff}' | '\u{f900}'..='\u{faff}' | '\u{ff00}'..='\u{ffef}'
        | '\u{20000}'..='\u{3ffff}')
}
