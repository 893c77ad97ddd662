//! Composite fonts, whose codes have one to four bytes and select glyphs by identifiers (ISO 32000-1, 9.7).

use lopdf::{Dictionary, Document, Object};
use read_fonts::types::GlyphId;

use super::{
    cmap::CMap,
    program::Program,
    simple::{descriptor, subtype},
    widths::Widths,
};
use crate::pdf::inflate::inflate;

/// The maximum decompressed size in bytes of a map from identifiers to glyphs.
const LARGEST_MAP: usize = 256 * 1024;
/// The number of codes with a width of which each must have a text, or the font program is read.
const EXAMINED_CODES: usize = 2_000;

/// The codes of a composite font.
pub(super) struct CompositeFont {
    codes: CodeMap,
    /// From codes to text.
    to_unicode: Option<CMap>,
    /// From identifiers to text, by the font's character collection.
    collection: Option<CMap>,
    program: Option<Program>,
    /// From identifiers to glyphs, two bytes each; empty when they are the same.
    glyphs: Vec<u8>,
    widths: Widths,
}

/// From codes to the identifiers of glyphs.
enum CodeMap {
    /// Codes of two bytes, which are the identifiers.
    Identity {
        is_vertical: bool,
    },
    Map {
        map: CMap,
        is_unicode: bool,
    },
}

impl CompositeFont {
    pub(super) fn read(
        font: &Dictionary,
        document: &Document,
        to_unicode: Option<CMap>,
        left: &mut usize,
    ) -> Self {
        let empty = Dictionary::new();
        let descendant = descendant(font, document).unwrap_or(&empty);
        let codes = CodeMap::read(font, document, left);
        let collection = collection(descendant, document).and_then(|name| CMap::predefined(&name));
        let widths = Widths::composite(descendant, document);
        let is_covered = |map: &CMap| {
            let mut codes = widths
                .codes()
                .take(EXAMINED_CODES)
                .filter(|code| *code != 0);
            codes.all(|code| map.text(code).is_some())
        };
        let needs_program = collection.is_none() && !to_unicode.as_ref().is_some_and(is_covered);
        let program = if needs_program && descriptor(descendant, document).is_some() {
            Program::read(descendant, document, left)
        } else {
            None
        };
        let glyphs = descendant
            .get_deref(b"CIDToGIDMap", document)
            .and_then(Object::as_stream)
            .ok()
            .filter(|_| program.is_some() && subtype(descendant) == b"CIDFontType2")
            .and_then(|stream| inflate(stream, LARGEST_MAP, left).ok());
        Self {
            codes,
            to_unicode,
            collection,
            program,
            glyphs: glyphs.unwrap_or_default(),
            widths,
        }
    }

    pub(super) fn is_vertical(&self) -> bool {
        match &self.codes {
            CodeMap::Identity { is_vertical } => *is_vertical,
            CodeMap::Map { map, .. } => map.is_vertical,
        }
    }

    pub(super) fn next_code(&self, codes: &[u8]) -> (u32, usize) {
        match (&self.codes, codes) {
            (CodeMap::Map { map, .. }, codes) => map.next_code(codes),
            (CodeMap::Identity { .. }, [high, low, ..]) => {
                (u32::from(*high) << 8 | u32::from(*low), 2)
            }
            (CodeMap::Identity { .. }, [low]) => (u32::from(*low), 1),
            (CodeMap::Identity { .. }, []) => (0, 1),
        }
    }

    /// The text of a code; empty when it cannot be read.
    pub(super) fn text(&self, code: u32, length: usize) -> String {
        let mapped = self.to_unicode.as_ref().and_then(|map| map.text(code));
        if let Some(text) = mapped {
            return text;
        }
        if let CodeMap::Map {
            is_unicode: true, ..
        } = self.codes
            && let Some(c) = unicode(code, length)
        {
            return c.to_string();
        }
        let identifier = self.identifier(code, length);
        let by_collection = self
            .collection
            .as_ref()
            .and_then(|map| map.text(identifier));
        by_collection
            .or_else(|| self.text_of_glyph(identifier))
            .or_else(|| self.text_of_identity(code, length))
            .unwrap_or_default()
    }

    pub(super) fn has_widths(&self) -> bool {
        self.widths.any()
    }

    pub(super) fn width(&self, code: u32, length: usize) -> f32 {
        self.widths.width(self.identifier(code, length))
    }

    fn identifier(&self, code: u32, length: usize) -> u32 {
        match &self.codes {
            CodeMap::Identity { .. } => code,
            CodeMap::Map { map, .. } => map.glyph(code, length).unwrap_or(0),
        }
    }

    /// The character of a code in a font whose Unicode map is one to identifiers, such as `Identity-H`: it claims that they
    /// are those of Unicode. Programs write it for other fonts too, so all else is asked before.
    fn text_of_identity(&self, code: u32, length: usize) -> Option<String> {
        let identifier = self.to_unicode.as_ref()?.glyph(code, length)?;
        unicode(identifier, length).map(String::from)
    }

    fn text_of_glyph(&self, identifier: u32) -> Option<String> {
        let program = self.program.as_ref()?;
        if self.glyphs.is_empty() {
            return program.text_of_identifier(identifier);
        }
        let (glyphs, _) = self.glyphs.as_chunks::<2>();
        let glyph = glyphs.get(usize::try_from(identifier).ok()?)?;
        program.text(GlyphId::new(u32::from(u16::from_be_bytes(*glyph))))
    }
}

impl CodeMap {
    fn read(font: &Dictionary, document: &Document, left: &mut usize) -> Self {
        match font.get_deref(b"Encoding", document) {
            Ok(Object::Name(name)) if name == b"Identity-V" => Self::Identity { is_vertical: true },
            Ok(Object::Name(name)) => match CMap::predefined(name) {
                Some(map) if !name.starts_with(b"Identity") => Self::Map {
                    map,
                    is_unicode: is_unicode(name),
                },
                _ => Self::Identity { is_vertical: false },
            },
            Ok(Object::Stream(stream)) => {
                let map = CMap::read(stream, document, left, 0);
                map.map_or(Self::Identity { is_vertical: false }, |map| Self::Map {
                    map,
                    is_unicode: false,
                })
            }
            _ => Self::Identity { is_vertical: false },
        }
    }
}

fn descendant<'d>(font: &'d Dictionary, document: &'d Document) -> Option<&'d Dictionary> {
    let fonts = font
        .get_deref(b"DescendantFonts", document)
        .and_then(Object::as_array)
        .ok()?;
    let (_, first) = document.dereference(fonts.first()?).ok()?;
    first.as_dict().ok()
}

/// The name of the map from a collection's identifiers to Unicode.
fn collection(descendant: &Dictionary, document: &Document) -> Option<Vec<u8>> {
    let system = descendant
        .get_deref(b"CIDSystemInfo", document)
        .and_then(Object::as_dict)
        .ok()?;
    let text = |key| {
        system
            .get_deref(key, document)
            .and_then(Object::as_str)
            .ok()
    };
    let ordering = text(b"Ordering")?;
    (text(b"Registry")? == b"Adobe" && ordering != b"Identity")
        .then(|| [b"Adobe-", ordering, b"-UCS2"].concat())
}

/// Whether the codes of a predefined map are those of Unicode.
fn is_unicode(name: &[u8]) -> bool {
    name.starts_with(b"Uni")
        && [b"UCS2".as_slice(), b"UTF16"]
            .iter()
            .any(|kind| name.windows(kind.len()).any(|part| part == *kind))
}

/// The character of a code in UTF-16.
fn unicode(code: u32, length: usize) -> Option<char> {
    if length <= 2 {
        return char::from_u32(code).filter(|c| !c.is_control());
    }
    let units = code.to_be_bytes();
    let (pairs, _) = units.as_chunks::<2>();
    let units = pairs.iter().map(|pair| u16::from_be_bytes(*pair));
    char::decode_utf16(units).next()?.ok()
}
