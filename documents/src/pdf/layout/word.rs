//! Words: characters next to each other on a baseline.

use std::collections::HashMap;

use unicode_normalization::char::is_combining_mark;

use super::glyph::Glyph;

/// The minimum gap between words, as a fraction of the size.
const SPACE: f32 = 0.1;
/// The same before and after raised and lowered text, which is a mark or a formula.
const RAISED_SPACE: f32 = 0.02;
/// The minimum overlap of words that do not belong together, as a fraction of the size.
const OVER: f32 = 0.3;
/// The same between characters of scripts that have no spaces between words.
const IDEOGRAPHIC_SPACE: f32 = 0.8;
/// The maximum distance by which a character of the same word begins before the end of the previous one.
const BACKWARDS: f32 = 0.5;
/// The maximum distance by which a character begins before the previous one began, as a fraction of the size.
const SAME_PLACE: f32 = 0.1;
/// The maximum vertical distance of characters of the same word, as a fraction of the size.
const SAME_BASELINE: f32 = 0.08;
/// The minimum ratio of the sizes of characters of the same word.
const SAME_SIZE: f32 = 0.6;
/// The maximum distance between two drawings of the same character that make it bold, as a fraction of the size.
const OVERPRINTED: f32 = 0.12;
/// The maximum vertical distance of an accent and its letter, as a fraction of the size.
const ACCENT: f32 = 0.8;

/// A word, its characters from left to right.
#[derive(Debug, Clone)]
pub(super) struct Word {
    pub(super) text: String,
    pub(super) x: f32,
    pub(super) y: f32,
    pub(super) end: f32,
    pub(super) size: f32,
    /// Where its last character begins.
    last: f32,
    /// The position in the order of drawing.
    pub(super) order: usize,
    /// Whether a space was drawn before it.
    pub(super) is_spaced: bool,
}

impl Word {
    fn new(glyph: &Glyph, order: usize, is_spaced: bool) -> Self {
        Self {
            text: glyph.character.to_string(),
            x: glyph.x,
            y: glyph.y,
            end: glyph.end,
            size: glyph.size,
            last: glyph.x,
            order,
            is_spaced,
        }
    }

    /// Whether the character continues the word.
    fn continues(&self, glyph: &Glyph) -> bool {
        let size = self.size.max(glyph.size);
        let gap = glyph.x - self.end;
        (glyph.y - self.y).abs() <= SAME_BASELINE * size
            && self.size.min(glyph.size) >= SAME_SIZE * size
            && gap < SPACE * size
            && gap > -BACKWARDS * size
            && glyph.x > self.last - SAME_PLACE * size
    }

    fn push(&mut self, glyph: &Glyph) {
        self.text.push(glyph.character);
        self.end = self.end.max(glyph.end);
        self.size = self.size.max(glyph.size);
        self.last = glyph.x;
    }

    /// Whether there is a space between this word and the next one to the right.
    pub(super) fn has_space_before(&self, next: &Self) -> bool {
        let is_drawn = (self.order + 1 == next.order && next.is_spaced)
            || (next.order + 1 == self.order && self.is_spaced);
        let gap = next.x - self.end;
        let is_spaceless = self.text.ends_with(is_ideograph) && next.text.starts_with(is_ideograph);
        let size = self.size.min(next.size);
        let space = if is_spaceless {
            IDEOGRAPHIC_SPACE
        } else if (self.y - next.y).abs() > SAME_BASELINE * size {
            RAISED_SPACE
        } else {
            SPACE
        };
        // words that are drawn over each other are not one
        let is_over = self.length() > 1 && next.length() > 1 && gap < -OVER * size;
        is_drawn || is_over || gap > space * size
    }

    pub(super) fn length(&self) -> usize {
        self.text.chars().count()
    }

    /// Whether the word is a single letter. The dots of a leader and the digits in the cells of a table are none.
    pub(super) fn is_letter(&self) -> bool {
        self.length() == 1 && self.text.contains(char::is_alphabetic)
    }
}

/// The words of characters in the order of drawing. What was drawn twice to make it bold is there once.
pub(super) fn words(glyphs: Vec<Glyph>) -> Vec<Word> {
    let mut words: Vec<Word> = Vec::new();
    let mut drawn = Overprints::default();
    let mut previous: Option<Glyph> = None;
    let mut is_spaced = false;
    for glyph in glyphs {
        if glyph.character == ' ' {
            is_spaced = true;
            previous = None;
            continue;
        }
        if drawn.contains_or_add(&glyph) {
            is_spaced = false;
            continue;
        }
        let is_accented = match (&previous, words.last_mut()) {
            (Some(before), Some(word)) => combine(word, before, &glyph),
            _ => false,
        };
        if !is_accented {
            match words
                .last_mut()
                .filter(|word| !is_spaced && word.continues(&glyph))
            {
                Some(word) => word.push(&glyph),
                None => words.push(Word::new(&glyph, words.len(), is_spaced)),
            }
        }
        is_spaced = false;
        previous = Some(glyph);
    }
    words
}

/// Combines a letter and an accent that are drawn over each other, in either order. False when they are not.
fn combine(word: &mut Word, before: &Glyph, glyph: &Glyph) -> bool {
    if !before.overlaps(glyph) || (before.y - glyph.y).abs() > ACCENT * glyph.size.max(before.size)
    {
        return false;
    }
    match (before.accent(), glyph.accent()) {
        (_, Some(accent)) if before.character.is_alphabetic() => {
            word.text.push(accent);
            true
        }
        (Some(accent), _)
            if glyph.character.is_alphabetic()
                && !is_combining_mark(before.character)
                && word.text.ends_with(before.character) =>
        {
            word.text.pop();
            word.text.push(glyph.character);
            word.text.push(accent);
            word.y = glyph.y;
            word.end = word.end.max(glyph.end);
            true
        }
        _ => false,
    }
}

/// Whether a character is of Chinese or Japanese, which have no spaces between words.
pub(super) fn is_ideograph(c: char) -> bool {
    matches!(c, '\u{3000}'..='\u{30ff}' | '\u{3400}'..='\u{9fff}' | '\u{f900}'..='\u{faff}' | '\u{ff00}'..='\u{ffef}')
}

/// The characters that were drawn, by their places.
#[derive(Default)]
struct Overprints {
    places: HashMap<(char, i32, i32), (f32, f32)>,
}

impl Overprints {
    /// Whether the character was drawn at almost the same place. It is added if not.
    fn contains_or_add(&mut self, glyph: &Glyph) -> bool {
        let unit = (OVERPRINTED * glyph.size).max(0.01);
        let (column, row) = (cell(glyph.x / unit), cell(glyph.y / unit));
        for (right, up) in (-1..=1).flat_map(|right| (-1..=1).map(move |up| (right, up))) {
            let key = (
                glyph.character,
                column.saturating_add(right),
                row.saturating_add(up),
            );
            if let Some((x, y)) = self.places.get(&key)
                && (glyph.x - x).abs() <= unit
                && (glyph.y - y).abs() <= unit
            {
                return true;
            }
        }
        self.places
            .insert((glyph.character, column, row), (glyph.x, glyph.y));
        false
    }
}

#[expect(
    clippy::cast_possible_truncation,
    reason = "out of bounds, it saturates"
)]
fn cell(place: f32) -> i32 {
    place.floor() as i32
}
