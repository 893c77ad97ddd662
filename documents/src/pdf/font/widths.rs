//! The widths of a font's characters, as multiples of the font size.

use lopdf::{Dictionary, Document, Object};

/// The unit of widths in a font's dictionary: thousandths of the font size.
const UNIT: f32 = 1000.0;
/// The width of a character for which the font has none.
const USUAL_WIDTH: f32 = 0.5;
/// The first character of the widths of standard fonts.
const FIRST: u32 = 0x20;

/// The widths of Helvetica and Times-Roman from U+0020 to U+007E, in thousandths. Files need not have them.
const HELVETICA: [u16; 95] = [
    278, 278, 355, 556, 556, 889, 667, 191, 333, 333, 389, 584, 278, 333, 278, 278, 556, 556, 556,
    556, 556, 556, 556, 556, 556, 556, 278, 278, 584, 584, 584, 556, 1015, 667, 667, 722, 722, 667,
    611, 778, 722, 278, 500, 667, 556, 833, 722, 778, 667, 778, 722, 667, 611, 722, 667, 944, 667,
    667, 611, 278, 278, 278, 469, 556, 333, 556, 556, 500, 556, 556, 278, 556, 556, 222, 222, 500,
    222, 833, 556, 556, 556, 556, 333, 500, 278, 556, 500, 722, 500, 500, 500, 334, 260, 334, 584,
];
const TIMES: [u16; 95] = [
    250, 333, 408, 500, 500, 833, 778, 180, 333, 333, 500, 564, 250, 333, 250, 278, 500, 500, 500,
    500, 500, 500, 500, 500, 500, 500, 278, 278, 564, 564, 564, 444, 921, 722, 667, 667, 722, 611,
    556, 722, 722, 333, 389, 722, 611, 889, 722, 722, 556, 722, 667, 556, 611, 722, 722, 944, 722,
    722, 611, 333, 278, 333, 469, 500, 333, 444, 500, 444, 500, 444, 333, 500, 500, 278, 278, 500,
    278, 778, 500, 500, 500, 500, 333, 389, 278, 500, 500, 722, 500, 500, 444, 480, 200, 480, 541,
];
/// The width of each character of Courier.
const COURIER: u16 = 600;

/// The widths of a font's codes.
pub(super) struct Widths {
    /// First code, last code and width of each range, sorted. Where ranges overlap, the one with the higher first code
    /// wins.
    ranges: Vec<(u32, u32, f32)>,
    default: f32,
}

impl Widths {
    fn new(mut ranges: Vec<(u32, u32, f32)>, default: f32) -> Self {
        ranges.sort_by_key(|(first, _, _)| *first);
        Self { ranges, default }
    }

    /// The width of a code; `None` when the font has none.
    pub(super) fn own(&self, code: u32) -> Option<f32> {
        let after = self.ranges.partition_point(|(first, _, _)| *first <= code);
        let range = after.checked_sub(1).and_then(|at| self.ranges.get(at));
        range
            .filter(|(_, last, _)| *last >= code)
            .map(|(_, _, width)| *width)
    }

    /// The codes that have a width of their own.
    pub(super) fn codes(&self) -> impl Iterator<Item = u32> {
        self.ranges
            .iter()
            .flat_map(|(first, last, _)| *first..=*last)
    }

    /// Whether a code has a width that is not zero.
    pub(super) fn any(&self) -> bool {
        self.ranges.iter().any(|(_, _, width)| *width > 0.0)
    }

    pub(super) fn width(&self, code: u32) -> f32 {
        self.own(code).unwrap_or(self.default)
    }

    /// The widths of a simple font, in units of this many to the font size.
    pub(super) fn simple(font: &Dictionary, document: &Document) -> Self {
        let first = font.get_deref(b"FirstChar", document).map(integer);
        let widths = font
            .get_deref(b"Widths", document)
            .and_then(Object::as_array)
            .map(|widths| (first.unwrap_or(0)..=255).zip(widths))
            .into_iter()
            .flatten()
            .filter_map(|(code, width)| Some((code, code, number(width, document)? / UNIT)))
            .collect();
        let missing = font
            .get_deref(b"FontDescriptor", document)
            .and_then(Object::as_dict)
            .and_then(|descriptor| descriptor.get(b"MissingWidth"))
            .ok()
            .and_then(|width| number(width, document))
            .filter(|width| *width > 0.0);
        Self::new(widths, missing.map_or(USUAL_WIDTH, |width| width / UNIT))
    }

    /// The widths of a composite font (ISO 32000-1, 9.7.4.3): `c [w1 w2 …]` for the codes from c, and `first last w` for a
    /// range.
    pub(super) fn composite(descendant: &Dictionary, document: &Document) -> Self {
        let usual = descendant
            .get(b"DW")
            .ok()
            .and_then(|width| number(width, document))
            .unwrap_or(UNIT);
        let mut widths = Vec::new();
        let list = descendant
            .get_deref(b"W", document)
            .and_then(Object::as_array);
        let mut items = list
            .into_iter()
            .flatten()
            .filter_map(|item| document.dereference(item).ok())
            .map(|(_, item)| item);
        while let (Some(first), Some(second)) = (items.next(), items.next()) {
            let first = integer(first);
            if let Ok(each) = second.as_array() {
                let each = each.iter().filter_map(|width| number(width, document));
                widths.extend(
                    (first..)
                        .zip(each)
                        .map(|(code, width)| (code, code, width / UNIT)),
                );
            } else if let Some(width) = items.next().and_then(|width| number(width, document)) {
                widths.push((first, integer(second), width / UNIT));
            }
        }
        Self::new(widths, usual / UNIT)
    }
}

/// The width of a character in a standard font without widths (ISO 32000-1, 9.6.2.2).
pub(super) fn standard_width(font: &str, text: &str) -> Option<f32> {
    let font = font.to_ascii_lowercase();
    let index = u32::from(text.chars().next()?).checked_sub(FIRST)?;
    let at = |widths: &[u16]| widths.get(usize::try_from(index).ok()?).copied();
    let width = if font.contains("courier") {
        Some(COURIER)
    } else if font.contains("helvetica") || font.contains("arial") {
        at(&HELVETICA)
    } else if font.contains("times") {
        at(&TIMES)
    } else {
        None
    };
    width.map(|width| f32::from(width) / UNIT)
}

fn integer(object: &Object) -> u32 {
    object
        .as_i64()
        .ok()
        .and_then(|code| u32::try_from(code).ok())
        .unwrap_or(0)
}

fn number(object: &Object, document: &Document) -> Option<f32> {
    let (_, object) = document.dereference(object).ok()?;
    object.as_float().ok().filter(|number| number.is_finite())
}
