//! Maps from the codes of a font to Unicode and to glyphs (ISO 32000-1, 9.7.5 and 9.10.3), read leniently: what is invalid is
//! skipped, and where ranges overlap, the later one wins.

mod parse;

use std::collections::HashMap;

use hayro_cmap::{BfString, CMapName, load_embedded};
use lopdf::{Document, Object, Stream};

use crate::{pdf::inflate::inflate, problem::Problem};

/// The maximum decompressed size in bytes of a map.
const LARGEST_MAP: usize = 4 * 1024 * 1024;
/// The size in bytes of a code in memory, approximately.
const BYTES_PER_CODE: usize = 32;
/// The maximum number of maps that a map extends.
const DEEPEST_MAP: usize = 8;

/// The maximum number of ranges that overlap at a code.
const OVERLAPPING: usize = 16;
/// The maximum number of bytes in a code.
const LONGEST_CODE: usize = 4;

/// A map from codes to texts, and from codes to the identifiers of glyphs.
#[derive(Default)]
pub(super) struct CMap {
    texts: HashMap<u32, Box<str>>,
    /// The number of texts that were added, those that others replaced among them.
    added: usize,
    /// First code, last code, the number of bytes of each, and the identifier of the first glyph; sorted by first codes.
    glyphs: Vec<(u32, u32, usize, u32)>,
    /// The first and the last code of each length.
    lengths: Vec<(u32, u32, usize)>,
    /// The predefined map that this one extends, or is.
    base: Option<Box<hayro_cmap::CMap>>,
    /// The map inside the file that this one extends.
    parent: Option<Box<Self>>,
    pub(super) is_vertical: bool,
}

impl CMap {
    /// A predefined map; `None` when there is none of this name.
    pub(super) fn predefined(name: &[u8]) -> Option<Self> {
        Some(Self {
            is_vertical: name.ends_with(b"V"),
            base: Some(predefined(name)?),
            ..Self::default()
        })
    }

    /// The map of a stream inside a file, with those that it extends. Each is deducted from the bytes that are left.
    pub(super) fn read(
        stream: &Stream,
        document: &Document,
        left: &mut usize,
        depth: usize,
    ) -> Result<Self, Problem> {
        let mut map = Self::parse(&inflate(stream, LARGEST_MAP, left)?);
        *left = left
            .checked_sub(map.size() * BYTES_PER_CODE)
            .ok_or(Problem::TooLarge)?;
        match stream.dict.get_deref(b"UseCMap", document) {
            Ok(Object::Name(name)) => map.base = map.base.or_else(|| predefined(name)),
            Ok(Object::Stream(parent)) if depth < DEEPEST_MAP => {
                map.parent = Self::read(parent, document, left, depth + 1)
                    .ok()
                    .map(Box::new);
            }
            _ => {}
        }
        Ok(map)
    }

    /// The number of codes and ranges, which determines the size in memory.
    fn size(&self) -> usize {
        self.texts.len() + self.glyphs.len() + self.lengths.len()
    }

    /// The text of a code; `None` when the map has none.
    pub(super) fn text(&self, code: u32) -> Option<String> {
        if let Some(text) = self.texts.get(&code) {
            return Some(text.to_string());
        }
        let by_parent = || self.parent.as_ref()?.text(code);
        by_parent().or_else(|| match self.base.as_ref()?.lookup_bf_string(code)? {
            BfString::Char(c) => Some(c.to_string()),
            BfString::String(text) => Some(text),
        })
    }

    /// The identifier of the glyph of a code that has this many bytes.
    pub(super) fn glyph(&self, code: u32, length: usize) -> Option<u32> {
        let after = self.glyphs.partition_point(|(first, ..)| *first <= code);
        let before = self.glyphs.get(..after).unwrap_or_default();
        let own = before
            .iter()
            .rev()
            .take(OVERLAPPING)
            .find(|(_, last, bytes, _)| *bytes == length && code <= *last);
        if let Some((first, _, _, glyph)) = own {
            return glyph.checked_add(code - first);
        }
        let by_parent = || self.parent.as_ref()?.glyph(code, length);
        by_parent().or_else(|| {
            let length = u8::try_from(length).ok()?;
            self.base.as_ref()?.lookup_cid_code(code, length)
        })
    }

    /// The first code of a string and its number of bytes.
    pub(super) fn next_code(&self, codes: &[u8]) -> (u32, usize) {
        let mut code = 0;
        for (byte, length) in codes.iter().zip(1..=LONGEST_CODE) {
            code = code << 8 | u32::from(*byte);
            if self.has_length(code, length) || self.glyph(code, length).is_some() {
                return (code, length);
            }
        }
        // an invalid code is as long as most codes of the map
        let usual = if self.lengths.iter().all(|(_, _, length)| *length == 1) && self.base.is_none()
        {
            1
        } else {
            2
        };
        let length = usual.min(codes.len()).max(1);
        let bytes = codes.get(..length).unwrap_or_default();
        (to_code(bytes), length)
    }

    fn has_length(&self, code: u32, length: usize) -> bool {
        let is_own = self
            .lengths
            .iter()
            .any(|(first, last, bytes)| *bytes == length && each_byte_within(code, *first, *last));
        is_own
            || self
                .parent
                .as_ref()
                .is_some_and(|parent| parent.has_length(code, length))
    }
}

fn predefined(name: &[u8]) -> Option<Box<hayro_cmap::CMap>> {
    let name = name.strip_prefix(b"/").unwrap_or(name);
    let content = load_embedded(CMapName::from_bytes(name))?;
    hayro_cmap::CMap::parse(content, load_embedded).map(Box::new)
}

fn to_code(bytes: &[u8]) -> u32 {
    let bytes = bytes.get(..LONGEST_CODE).unwrap_or(bytes);
    bytes
        .iter()
        .fold(0, |code, byte| code << 8 | u32::from(*byte))
}

/// Whether each byte of the code is between those of the first and the last code: the ranges of lengths are rectangles.
fn each_byte_within(code: u32, first: u32, last: u32) -> bool {
    let bytes = code.to_be_bytes().into_iter();
    bytes
        .zip(first.to_be_bytes())
        .zip(last.to_be_bytes())
        .all(|((byte, first), last)| first <= byte && byte <= last)
}
