//! Font programs inside a file: the characters of their glyphs, for codes about which the font's dictionary says nothing.

use std::collections::HashMap;

use lopdf::{Dictionary, Document, Object};
use read_fonts::{
    model::{Font, Source, charmap::EncodingKind},
    types::GlyphId,
};

use super::{super::inflate::inflate, encoding::text_of_name};
/// The maximum decompressed size in bytes of a font program; a larger one counts as missing.
const LARGEST_PROGRAM: usize = 16 * 1024 * 1024;
/// The maximum number of characters and of codes that are read from a program.
const MOST_CHARACTERS: usize = 100_000;
/// Where symbolic TrueType fonts have the characters of their codes.
const SYMBOLS: u32 = 0xf000;

/// A font program that was embedded.
pub(super) struct Program {
    font: Font,
    characters: HashMap<GlyphId, char>,
    codes: HashMap<u32, GlyphId>,
}

impl Program {
    /// The program of a font, given its dictionary or that of its descendant. Its decompressed size is deducted from the
    /// bytes that are left. `None` when there is none, or it cannot be read.
    pub(super) fn read(font: &Dictionary, document: &Document, left: &mut usize) -> Option<Self> {
        let descriptor = font.get_deref(b"FontDescriptor", document);
        let descriptor = descriptor.and_then(Object::as_dict).ok()?;
        let program = [b"FontFile2".as_slice(), b"FontFile3", b"FontFile"]
            .into_iter()
            .find_map(|key| {
                descriptor
                    .get_deref(key, document)
                    .and_then(Object::as_stream)
                    .ok()
            })?;
        let content = inflate(program, LARGEST_PROGRAM, left).ok()?;
        Self::parse(content)
    }

    fn parse(content: Vec<u8>) -> Option<Self> {
        let font = Font::new(Source::from(content), 0)?;
        let mut characters = HashMap::new();
        let mut codes = HashMap::new();
        let map = font.charmap();
        if map.has_unicode() && !map.unicode_is_symbol() {
            for (c, glyph) in map.unicodes().take(MOST_CHARACTERS) {
                if let Some(c) = char::from_u32(c).filter(|c| !is_private(*c)) {
                    characters.entry(glyph).or_insert(c);
                }
            }
        }
        for encoding in map.encodings() {
            if encoding.kind() == EncodingKind::Unicode {
                continue;
            }
            for (code, glyph) in map.codes(encoding).take(MOST_CHARACTERS) {
                let code = if code & 0xff00 == SYMBOLS {
                    code & 0xff
                } else {
                    code
                };
                codes.entry(code).or_insert(glyph);
            }
        }
        Some(Self {
            font,
            characters,
            codes,
        })
    }

    /// The text of a glyph: by the program's map from characters, else by the glyph's name.
    pub(super) fn text(&self, glyph: GlyphId) -> Option<String> {
        if let Some(c) = self.characters.get(&glyph) {
            return Some(c.to_string());
        }
        let name = self.font.glyph_name(glyph)?;
        text_of_name(&name.to_string())
    }

    /// The text of a code in the program's own encoding.
    pub(super) fn text_of_code(&self, code: u8) -> Option<String> {
        self.text(*self.codes.get(&u32::from(code))?)
    }

    /// The text of the glyph with this name.
    pub(super) fn text_of_name(&self, name: &str) -> Option<String> {
        self.characters
            .get(&self.font.glyph_by_name(name)?)
            .map(ToString::to_string)
    }

    /// The text of the glyph that a composite font selects by an identifier.
    pub(super) fn text_of_identifier(&self, identifier: u32) -> Option<String> {
        let glyph = if self.font.is_cid_keyed() {
            self.font.glyph_by_cid(identifier)?
        } else {
            GlyphId::new(identifier)
        };
        self.text(glyph)
    }
}

fn is_private(c: char) -> bool {
    matches!(c, '\u{e000}'..='\u{f8ff}')
}
