//! A font, as far as its text needs it: which characters its codes are, and how wide.

use std::collections::HashMap;

use lopdf::{Dictionary, Document, Encoding, Object};

use super::{super::problem::Problem, LARGEST_STREAM, is_composite, problem};

/// Widths are in thousandths of the size.
const UNIT: f32 = 1000.0;
/// A character whose width nobody says.
const USUAL_WIDTH: f32 = 500.0;

/// A font.
pub(super) struct Font<'d> {
    encoding: Encoding<'d>,
    is_composite: bool,
    widths: HashMap<u16, f32>,
    default_width: f32,
}

impl<'d> Font<'d> {
    /// Reads a font. None when its codes cannot be told; an error when it inflates to too much.
    pub(super) fn read(
        font: &'d Dictionary,
        document: &'d Document,
    ) -> Result<Option<Self>, Problem> {
        let encoding = match font.get_font_encoding_with_limit(document, LARGEST_STREAM) {
            Ok(encoding) => encoding,
            Err(error) => {
                return match problem(&error) {
                    Problem::TooLarge => Err(Problem::TooLarge),
                    _ => Ok(None),
                };
            }
        };
        let is_composite = is_composite(font);
        if is_composite && matches!(encoding, Encoding::OneByteEncoding(_)) {
            return Ok(None);
        }
        let (widths, default_width) = if is_composite {
            composite_widths(font, document)
        } else {
            simple_widths(font, document)
        };
        Ok(Some(Self {
            encoding,
            is_composite,
            widths,
            default_width,
        }))
    }

    /// The text of a string, and its width in parts of the size; none for codes that are nothing.
    pub(super) fn show(&self, codes: &[u8]) -> (String, f32) {
        let text = self.encoding.bytes_to_string(codes).unwrap_or_default();
        let width = |code: u16| {
            self.widths
                .get(&code)
                .copied()
                .unwrap_or(self.default_width)
        };
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

    /// How many characters a string has.
    pub(super) fn length(&self, codes: &[u8]) -> usize {
        codes.len() / if self.is_composite { 2 } else { 1 }
    }
}

fn simple_widths(font: &Dictionary, document: &Document) -> (HashMap<u16, f32>, f32) {
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
        .collect();
    (widths, USUAL_WIDTH)
}

/// ISO 32000-1, 9.7.4.3: `c [w1 w2 …]` for codes from c on, and `first last w` for a range.
fn composite_widths(font: &Dictionary, document: &Document) -> (HashMap<u16, f32>, f32) {
    let mut widths = HashMap::new();
    let Some(descendant) = font
        .get_deref(b"DescendantFonts", document)
        .and_then(Object::as_array)
        .ok()
        .and_then(|fonts| fonts.first())
        .and_then(|first| document.dereference(first).ok())
        .and_then(|(_, first)| first.as_dict().ok())
    else {
        return (widths, UNIT);
    };
    let usual = descendant
        .get(b"DW")
        .map_or(UNIT, |width| number(width, document));
    let Ok(list) = descendant
        .get_deref(b"W", document)
        .and_then(Object::as_array)
    else {
        return (widths, usual);
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
            widths.extend((first..).zip(each.iter().map(|width| number(width, document))));
        } else if let (Some(last), Some(width)) = (code(second), items.next()) {
            let width = number(width, document);
            widths.extend((first..=last).map(|code| (code, width)));
        }
    }
    (widths, usual)
}

fn number(object: &Object, document: &Document) -> f32 {
    document
        .dereference(object)
        .and_then(|(_, object)| object.as_float())
        .unwrap_or(USUAL_WIDTH)
}
