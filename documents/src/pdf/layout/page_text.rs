//! The characters of a page, by the direction of their lines.

use super::glyph::{Glyph, UNREADABLE};

/// The maximum difference in degrees of text that counts as parallel to an edge of the page.
const PARALLEL: i16 = 3;
/// The unit in degrees of other directions.
const SLANT: i16 = 5;
/// The minimum number of characters in a direction that is not parallel to an edge; fewer belong to the nearest edge.
const LEAST_SLANTED: usize = 8;
/// The maximum number of directions of a page.
const MOST_DIRECTIONS: usize = 76;

/// Text that is drawn at a place of the page. Lengths are in points.
pub(in crate::pdf) struct Drawn<'t> {
    pub(in crate::pdf) text: &'t str,
    pub(in crate::pdf) x: f32,
    pub(in crate::pdf) y: f32,
    /// The direction of the line, a vector of length one.
    pub(in crate::pdf) direction: (f32, f32),
    /// The length along the line.
    pub(in crate::pdf) length: f32,
    /// The size of the font across the line.
    pub(in crate::pdf) size: f32,
}

/// The text of a page, and what could not be read of it.
pub(in crate::pdf) struct PageText {
    /// Characters by their direction in degrees.
    directions: Vec<(i16, Vec<Glyph>)>,
    /// The left, bottom, right and top edge.
    bounds: Option<[f32; 4]>,
    /// The number of characters without spaces, and of those that could not be read.
    pub(in crate::pdf) characters: usize,
    pub(in crate::pdf) unreadable: usize,
    pub(in crate::pdf) draws_image: bool,
    /// Whether a part of the page is damaged.
    pub(in crate::pdf) is_incomplete: bool,
}

impl PageText {
    pub(in crate::pdf) fn new(bounds: Option<[f32; 4]>) -> Self {
        Self {
            directions: Vec::new(),
            bounds,
            characters: 0,
            unreadable: 0,
            draws_image: false,
            is_incomplete: false,
        }
    }

    /// A page that is damaged.
    pub(in crate::pdf) fn unreadable() -> Self {
        Self {
            is_incomplete: true,
            ..Self::new(None)
        }
    }

    /// Adds drawn text, unless it is beyond the edges of the page.
    pub(in crate::pdf) fn add(&mut self, drawn: &Drawn<'_>) {
        let (right, up) = drawn.direction;
        let end = (drawn.x + right * drawn.length, drawn.y + up * drawn.length);
        let is_finite = (drawn.x + drawn.y + end.0 + end.1 + drawn.size).is_finite();
        if drawn.text.is_empty() || !is_finite || self.is_outside((drawn.x, drawn.y), end) {
            return;
        }
        let x = drawn.x * right + drawn.y * up;
        let y = drawn.y * right - drawn.x * up;
        let degrees = to_degrees(up.atan2(right));
        let count = drawn.text.chars().count();
        let width = drawn.length / f32::from(u16::try_from(count).unwrap_or(u16::MAX)).max(1.0);
        let mut at = x;
        // several characters of one code are in reading order, and those of a line from left to right
        let is_reversed = count > 1 && drawn.text.chars().any(super::bidi::is_right_to_left);
        let mut characters: Vec<char> = drawn.text.chars().collect();
        if is_reversed {
            characters.reverse();
        }
        let mut glyphs = Vec::with_capacity(count);
        for character in characters {
            let is_space = character.is_whitespace();
            self.characters += usize::from(!is_space);
            self.unreadable += usize::from(character == UNREADABLE);
            glyphs.push(Glyph {
                character: if is_space { ' ' } else { character },
                x: at,
                y,
                end: at + width,
                size: drawn.size,
            });
            at += width;
        }
        if let Some(known) = self.direction(degrees) {
            known.extend(glyphs);
        }
    }

    /// The characters of a direction. When there are too many directions, the last one has those of all others.
    fn direction(&mut self, degrees: i16) -> Option<&mut Vec<Glyph>> {
        let is_known = |(known, _): &(i16, Vec<Glyph>)| *known == degrees;
        if !self.directions.iter().any(is_known) && self.directions.len() < MOST_DIRECTIONS {
            self.directions.push((degrees, Vec::new()));
        }
        let at = self.directions.iter().position(is_known);
        let at = at.unwrap_or(self.directions.len() - 1);
        self.directions.get_mut(at).map(|(_, glyphs)| glyphs)
    }

    fn is_outside(&self, start: (f32, f32), end: (f32, f32)) -> bool {
        self.bounds.is_some_and(|[left, bottom, right, top]| {
            let beyond = |(x, y): (f32, f32)| x < left || x > right || y < bottom || y > top;
            beyond(start) && beyond(end)
        })
    }

    /// The characters of each direction, the most common direction first.
    pub(super) fn into_directions(mut self) -> Vec<Vec<Glyph>> {
        let (mut straight, slanted): (Vec<_>, Vec<_>) = self
            .directions
            .drain(..)
            .partition(|(degrees, glyphs)| degrees % 90 == 0 || glyphs.len() >= LEAST_SLANTED);
        for (degrees, glyphs) in slanted {
            let edge = (degrees + 45).rem_euclid(360) / 90 * 90;
            match straight.iter_mut().find(|(known, _)| *known == edge) {
                Some((_, known)) => known.extend(glyphs),
                None => straight.push((edge, glyphs)),
            }
        }
        straight.sort_by_key(|(_, glyphs)| std::cmp::Reverse(glyphs.len()));
        straight.into_iter().map(|(_, glyphs)| glyphs).collect()
    }
}

/// An angle in degrees from 0 to 359, rounded so that lines that are meant to be parallel have the same.
#[expect(
    clippy::cast_possible_truncation,
    reason = "an angle is between -180 and 180 degrees"
)]
fn to_degrees(angle: f32) -> i16 {
    let degrees = (angle.to_degrees().round() as i16).rem_euclid(360);
    let edge = (degrees + PARALLEL) / 90 * 90;
    if (degrees - edge).abs() <= PARALLEL {
        edge % 360
    } else {
        degrees / SLANT * SLANT
    }
}
