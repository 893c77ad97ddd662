//! The properties of a font that its text needs: the character and the width of each code.

use lopdf::{Dictionary, Document, Encoding, Object};

use super::{inflate::inflate, is_composite, problem};
use crate::{budget::Budget, problem::Problem};

/// The maximum decompressed size in bytes of a font's map from codes to Unicode.
const LARGEST_MAP: usize = 4 * 1024 * 1024;

/// The unit of widths: thousandths of the font size.
const UNIT: f32 = 1000.0;
/// The width of a character for which the font has none.
const USUAL_WIDTH: f32 = 500.0;

/// The decoder of a font's strings.
pub(super) struct Font<'d> {
    encoding: Encoding<'d>,
    is_composite: bool,
    widths: Widths,
}

/// The widths of a font's characters, in thousandths of the font size.
struct Widths {
    /// First code, last code and width of each range, sorted. Where ranges overlap, the one with the higher first code
    /// wins.
    ranges: Vec<(u16, u16, f32)>,
    default: f32,
}

impl Widths {
    fn new(mut ranges: Vec<(u16, u16, f32)>, default: f32) -> Self {
        ranges.sort_by_key(|(first, _, _)| *first);
        Self { ranges, default }
    }

    fn width(&self, code: u16) -> f32 {
        let after = self.ranges.partition_point(|(first, _, _)| *first <= code);
        let range = after.checked_sub(1).and_then(|at| self.ranges.get(at));
        range
            .filter(|(_, last, _)| *last >= code)
            .map_or(self.default, |(_, _, width)| *width)
    }
}

impl<'d> Font<'d> {
    /// Reads a font. `None` when its codes cannot be decoded; an error when it decompresses to more than the budget
    /// allows.
    pub(super) fn read(
        font: &'d Dictionary,
        document: &'d Document,
        budget: &mut Budget,
    ) -> Result<Option<Self>, Problem> {
        charge_map(font, document, budget)?;
        let encoding = match font.get_font_encoding_with_limit(document, LARGEST_MAP) {
            Ok(encoding) => encoding,
            Err(error) => {
                return match problem(&error) {
                    Problem::PartTooLarge => Err(Problem::PartTooLarge),
                    _ => Ok(None),
                };
            }
        };
        let is_composite = is_composite(font);
        if is_composite && matches!(encoding, Encoding::OneByteEncoding(_)) {
            return Ok(None);
        }
        let widths = if is_composite {
            composite_widths(font, document)
        } else {
            simple_widths(font, document)
        };
        Ok(Some(Self {
            encoding,
            is_composite,
            widths,
        }))
    }

    /// The text of a string, and its width as a multiple of the font size. Unknown codes have no text.
    pub(super) fn show(&self, codes: &[u8]) -> (String, f32) {
        let text = self.encoding.bytes_to_string(codes).unwrap_or_default();
        let width = |code: u16| self.widths.width(code);
        let sum: f32 = if self.is_composite {
            let code = |pair: &[u8]| {
                pair.iter()
                    .fold(0, |code, byte| code << 8 | u16::from(*byte))
            };
            codes.chunks(2).map(|pair| width(code(pair))).sum()
        } else {
            codes.iter().map(|byte| width(u16::from(*byte))).sum()
        };
        (text, sum / UNIT)
    }

    /// The number of characters in a string.
    pub(super) fn length(&self, codes: &[u8]) -> usize {
        codes.len() / if self.is_composite { 2 } else { 1 }
    }
}

/// Deducts the decompressed size of the font's Unicode map from the budget.
fn charge_map(font: &Dictionary, document: &Document, budget: &mut Budget) -> Result<(), Problem> {
    let map = font
        .get_deref(b"ToUnicode", document)
        .and_then(Object::as_stream);
    if let Ok(map) = map {
        // an unreadable map counts as missing
        let inflated = inflate(map, LARGEST_MAP, &mut budget.font_maps);
        if let Err(excess @ (Problem::TooLarge | Problem::PartTooLarge)) = inflated {
            return Err(excess);
        }
    }
    Ok(())
}

fn simple_widths(font: &Dictionary, document: &Document) -> Widths {
    let first = font
        .get_deref(b"FirstChar", document)
        .and_then(Object::as_i64)
        .map_or(0, |first| u16::try_from(first).unwrap_or_default());
    let widths = font
        .get_deref(b"Widths", document)
        .and_then(Object::as_array)
        .map(|widths| (first..=255).zip(widths.iter().map(|width| number(width, document))))
        .into_iter()
        .flatten()
        .map(|(code, width)| (code, code, width))
        .collect();
    Widths::new(widths, USUAL_WIDTH)
}

/// Widths as in ISO 32000-1, 9.7.4.3: `c [w1 w2 …]` for the codes from c, and `first last w` for a range.
fn composite_widths(font: &Dictionary, document: &Document) -> Widths {
    let mut widths = Vec::new();
    let Some(descendant) = font
        .get_deref(b"DescendantFonts", document)
        .and_then(Object::as_array)
        .ok()
        .and_then(|fonts| fonts.first())
        .and_then(|first| document.dereference(first).ok())
        .and_then(|(_, first)| first.as_dict().ok())
    else {
        return Widths::new(widths, UNIT);
    };
    let usual = descendant
        .get(b"DW")
        .map_or(UNIT, |width| number(width, document));
    let Ok(list) = descendant
        .get_deref(b"W", document)
        .and_then(Object::as_array)
    else {
        return Widths::new(widths, usual);
    };
    let code = |object: &Object| {
        object
            .as_i64()
            .ok()
            .and_then(|code| u16::try_from(code).ok())
    };
    let mut items = list
        .iter()
        .filter_map(|item| document.dereference(item).ok())
        .map(|(_, item)| item);
    while let (Some(first), Some(second)) = (items.next(), items.next()) {
        let Some(first) = code(first) else { break };
        if let Ok(each) = second.as_array() {
            let each = each.iter().map(|width| number(width, document));
            widths.extend((first..).zip(each).map(|(code, width)| (code, code, width)));
        } else if let (Some(last), Some(width)) = (code(second), items.next()) {
            widths.push((first, last, number(width, document)));
        }
    }
    Widths::new(widths, usual)
}

fn number(object: &Object, document: &Document) -> f32 {
    document
        .dereference(object)
        .and_then(|(_, object)| object.as_float())
        .unwrap_or(USUAL_WIDTH)
}
