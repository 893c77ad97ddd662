//! Parts of a document in messages.

/// The maximum length of an excerpt in characters.
const LONGEST_EXCERPT: usize = 64;

/// The start of a text, safe to repeat in a message.
pub(crate) fn excerpt(text: &str) -> String {
    let is_bidi = |c| matches!(c, '\u{202A}'..='\u{202E}' | '\u{2066}'..='\u{2069}');
    let mut shown: String = text
        .chars()
        .filter(|c| !c.is_control() && !is_bidi(*c))
        .take(LONGEST_EXCERPT)
        .collect();
    if shown.len() < text.len() {
        shown.push('…');
    }
    shown
}
