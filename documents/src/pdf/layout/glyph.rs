//! A drawn character.

use unicode_normalization::char::is_combining_mark;

/// What stands for a character that cannot be read.
pub(in crate::pdf) const UNREADABLE: char = char::REPLACEMENT_CHARACTER;

/// A character in the direction of its text: x grows along the line, y upwards from it. Lengths are in points.
#[derive(Debug, Clone, Copy)]
pub(super) struct Glyph {
    pub(super) character: char,
    pub(super) x: f32,
    pub(super) y: f32,
    pub(super) end: f32,
    pub(super) size: f32,
}

impl Glyph {
    /// Whether most of this character's width is within the other's.
    pub(super) fn overlaps(&self, other: &Self) -> bool {
        let shared = self.end.min(other.end) - self.x.max(other.x);
        shared >= 0.5 * (self.end - self.x).min(other.end - other.x)
    }

    /// The combining form of an accent that is drawn over or under a letter.
    pub(super) fn accent(&self) -> Option<char> {
        combining(self.character)
    }
}

/// The combining form of an accent.
fn combining(accent: char) -> Option<char> {
    let combining = match accent {
        '`' | 'ˋ' => '\u{300}',
        '´' | 'ˊ' => '\u{301}',
        '^' | 'ˆ' => '\u{302}',
        '~' | '˜' => '\u{303}',
        '¯' | 'ˉ' => '\u{304}',
        '˘' => '\u{306}',
        '˙' => '\u{307}',
        '¨' => '\u{308}',
        '˚' => '\u{30a}',
        '˝' => '\u{30b}',
        'ˇ' => '\u{30c}',
        '¸' => '\u{327}',
        '˛' => '\u{328}',
        mark if is_combining_mark(mark) => mark,
        _ => return None,
    };
    Some(combining)
}
