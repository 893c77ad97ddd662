//! The fonts of a file: the text and the width of each code.
//!
//! The text of a code comes from the font's Unicode map, else from its encoding and the names of its glyphs, else from the
//! embedded font program, else from the character collection of its identifiers (ISO 32000-1, 9.10.2).

mod cmap;
mod composite;
mod encoding;
mod program;
mod simple;
mod symbols;
mod tex;
mod widths;

use std::borrow::Cow;

use lopdf::{Dictionary, Document, Object};

use self::{cmap::CMap, composite::CompositeFont, simple::SimpleFont};
use super::matrix::Matrix;
use crate::{budget::Budget, problem::Problem};

/// The minimum height of a font whose glyphs are drawings, as a multiple of their usual width.
const TALL: f32 = 1.2;
/// The size of a glyph of a font without a unit of its own.
const UNIT: f32 = 1000.0;

/// The decoder of a font's strings.
pub(super) struct Font {
    kind: Kind,
    /// What a width of one is as a multiple of the font size.
    pub(super) scale: f32,
    /// The height of the font relative to its size.
    pub(super) height: f32,
    pub(super) is_vertical: bool,
}

enum Kind {
    Simple(SimpleFont),
    Composite(Box<CompositeFont>),
}

/// A code of a string.
pub(super) struct FontCode<'f> {
    /// The number of bytes of the code.
    pub(super) length: usize,
    /// The text; empty when it cannot be read.
    pub(super) text: Cow<'f, str>,
    /// The width as a multiple of the font size.
    pub(super) width: f32,
    /// Whether the spacing of words applies.
    pub(super) is_space: bool,
}

impl FontCode<'_> {
    /// Whether the code shows nothing, such as the glyph that separates two letters of Arabic or Persian: it has neither a
    /// text nor a width. In a font without any widths, this says nothing about the code.
    pub(super) fn is_invisible(&self, font: &Font) -> bool {
        self.text.is_empty() && self.width == 0.0 && font.has_widths()
    }
}

impl Font {
    /// Reads a font. An error when its map decompresses to more than the budget allows. The bytes that are left for font
    /// programs may run out; then, what only a program could tell cannot be read.
    pub(super) fn read(
        font: &Dictionary,
        document: &Document,
        budget: &mut Budget,
        left: &mut usize,
    ) -> Result<Self, Problem> {
        let to_unicode = unicode_map(font, document, budget)?;
        let (mut scale, mut height) = (1.0, 1.0);
        let kind = match simple::subtype(font) {
            b"Type0" => Kind::Composite(Box::new(CompositeFont::read(
                font, document, to_unicode, left,
            ))),
            subtype => {
                if subtype == b"Type3" {
                    (scale, height) = type3_scale(font, document);
                }
                Kind::Simple(SimpleFont::read(font, document, to_unicode.as_ref(), left))
            }
        };
        Ok(Self {
            is_vertical: matches!(&kind, Kind::Composite(font) if font.is_vertical()),
            kind,
            scale,
            height,
        })
    }

    fn has_widths(&self) -> bool {
        match &self.kind {
            Kind::Simple(font) => font.has_widths(),
            Kind::Composite(font) => font.has_widths(),
        }
    }

    /// The first code of a string, which is not empty.
    pub(super) fn next_code(&self, codes: &[u8]) -> FontCode<'_> {
        match &self.kind {
            Kind::Simple(font) => {
                let code = codes.first().copied().unwrap_or_default();
                FontCode {
                    length: 1,
                    text: Cow::Borrowed(font.text(code)),
                    width: font.width(code) * self.scale,
                    is_space: code == b' ',
                }
            }
            Kind::Composite(font) => {
                let (code, length) = font.next_code(codes);
                FontCode {
                    length,
                    text: Cow::Owned(font.text(code, length)),
                    width: if self.is_vertical {
                        1.0
                    } else {
                        font.width(code, length)
                    },
                    is_space: length == 1 && code == u32::from(b' '),
                }
            }
        }
    }
}

fn unicode_map(
    font: &Dictionary,
    document: &Document,
    budget: &mut Budget,
) -> Result<Option<CMap>, Problem> {
    let map = match font.get_deref(b"ToUnicode", document) {
        Ok(Object::Stream(map)) => map,
        Ok(Object::Name(name)) => return Ok(CMap::predefined(name)),
        _ => return Ok(None),
    };
    match CMap::read(map, document, &mut budget.font_maps, 0) {
        Ok(map) => Ok(Some(map)),
        Err(excess @ (Problem::TooLarge | Problem::PartTooLarge)) => Err(excess),
        // an unreadable map counts as missing
        Err(_) => Ok(None),
    }
}

/// The scale of widths and the height of a font whose glyphs are drawings (ISO 32000-1, 9.6.5).
fn type3_scale(font: &Dictionary, document: &Document) -> (f32, f32) {
    let numbers = |key| font.get_deref(key, document).and_then(Object::as_array);
    let matrix = numbers(b"FontMatrix")
        .ok()
        .and_then(|numbers| Matrix::of_objects(numbers));
    let Some(matrix) = matrix else {
        return (1.0, 1.0);
    };
    let bounds: Vec<f32> = numbers(b"FontBBox")
        .into_iter()
        .flatten()
        .filter_map(|number| number.as_float().ok())
        .collect();
    let bounds = match bounds.as_slice() {
        [_, bottom, _, top] => (top - bottom).abs(),
        _ => 0.0,
    };
    // bounds that are less than a usual width are none
    let height = bounds.max(TALL * usual_width(font, document));
    let height = if height > 0.0 { height } else { UNIT };
    (matrix.width() * UNIT, matrix.height() * height)
}

/// The mean of the widths that are not zero.
fn usual_width(font: &Dictionary, document: &Document) -> f32 {
    let widths = font
        .get_deref(b"Widths", document)
        .and_then(Object::as_array);
    let widths = widths
        .into_iter()
        .flatten()
        .filter_map(|width| width.as_float().ok());
    let (mut sum, mut count) = (0.0, 0.0);
    for width in widths.filter(|width| *width > 0.0) {
        sum += width;
        count += 1.0_f32;
    }
    sum / count.max(1.0)
}
