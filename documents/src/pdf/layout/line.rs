//! A line of text.

use unicode_normalization::UnicodeNormalization;

use super::{bidi, row::Row};
use crate::text_forms::normalize;

/// A line, in reading order.
#[derive(Debug, Clone)]
pub(super) struct Line {
    pub(super) text: String,
    pub(super) x: f32,
    pub(super) y: f32,
    pub(super) end: f32,
    pub(super) size: f32,
    /// The width of its first word.
    pub(super) first_word: f32,
    /// The right edge of the column that it is in.
    pub(super) edge: f32,
    /// The column, counted within the page.
    pub(super) region: usize,
    /// The number of cells, for a row of a table.
    pub(super) cells: Option<usize>,
}

impl Line {
    /// A line of the text of a row, whose characters are in the order from left to right.
    pub(super) fn new(text: &str, row: &Row) -> Self {
        Self {
            text: folded(bidi::reading_order(text)),
            x: row.x(),
            y: row.y,
            end: row.end(),
            size: row.size,
            first_word: row.words.first().map_or(0.0, |word| word.end - word.x),
            edge: row.end(),
            region: 0,
            cells: None,
        }
    }
}

/// The normal form of all texts. Files also have radicals and compatible ideographs, which are drawn as others.
fn folded(text: String) -> String {
    let is_form = |c: char| matches!(c, '\u{2e80}'..='\u{2fdf}' | '\u{f900}'..='\u{faff}');
    if text.contains(is_form) {
        let fold = |c: char| {
            if is_form(c) {
                std::iter::once(c).nfkc().next().unwrap_or(c)
            } else {
                c
            }
        };
        return normalize(text.chars().map(fold).collect());
    }
    normalize(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn forms_are_folded() {
        assert_eq!(folded("ﬁnal ﬂat oﬀer".to_owned()), "final flat offer");
        assert_eq!(folded("：⼈豈 x² ½".to_owned()), "：人豈 x² ½");
        assert_eq!(folded("u\u{308}ber ﺑﺎﻟ".to_owned()), "über بال");
    }
}
