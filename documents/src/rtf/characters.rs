//! The characters of an RTF file: bytes in the code page of the file or of a font, and codes of Unicode.

use std::collections::HashMap;

use encoding_rs::{Encoding, MACINTOSH, WINDOWS_1252};

use super::encodings::{code_page, font_charset};

/// Decodes characters.
#[derive(Default)]
pub(super) struct Characters {
    code_page: Option<&'static Encoding>,
    fonts: HashMap<i32, &'static Encoding>,
    font: i32,
    /// Bytes that are not decoded yet.
    bytes: Vec<u8>,
    /// The first half of a character that `\u` gives in two halves.
    half: Option<u16>,
    /// The number of characters to leave out: those that old programs show instead of a code.
    skipped: usize,
}

impl Characters {
    /// Takes a byte; false when it is left out.
    pub(super) fn byte(&mut self, byte: u8) -> bool {
        if self.skipped > 0 {
            self.skipped -= 1;
            return false;
        }
        self.bytes.push(byte);
        true
    }

    /// Ends the characters that stand for a code. Only characters do, although the specification counts control words as
    /// well.
    pub(super) fn end_fallback(&mut self) {
        self.skipped = 0;
    }

    /// The text of the bytes since the last control word: decoded together, because a character may have two.
    pub(super) fn decode(&mut self, of_font: Option<&'static Encoding>) -> Option<String> {
        if self.bytes.is_empty() {
            return None;
        }
        let bytes = std::mem::take(&mut self.bytes);
        let encoding = of_font.or(self.code_page).unwrap_or(WINDOWS_1252);
        Some(encoding.decode_without_bom_handling(&bytes).0.into_owned())
    }

    /// The character of a code, which `fallback` characters stand for in old programs; none for the first half of a character
    /// outside of the basic plane.
    pub(super) fn unicode(&mut self, code: i32, fallback: usize) -> Option<String> {
        self.skipped = fallback;
        // the number is signed and has 16 bits
        let unit = u16::try_from(code.rem_euclid(65_536)).ok()?;
        let units: Vec<u16> = self.half.take().into_iter().chain([unit]).collect();
        if units.len() == 1 && (0xd800..0xdc00).contains(&unit) {
            self.half = Some(unit);
            return None;
        }
        Some(String::from_utf16_lossy(&units))
    }

    /// Sets the code page of the file.
    pub(super) fn set_code_page(&mut self, page: i32) {
        self.code_page = code_page(page);
    }

    /// Sets the character set of old Macintosh files.
    pub(super) fn set_mac(&mut self) {
        self.code_page = Some(MACINTOSH);
    }

    /// Begins or defines a font; returns its character set, if it has one of its own.
    pub(super) fn set_font(&mut self, font: i32) -> Option<&'static Encoding> {
        self.font = font;
        self.fonts.get(&font).copied()
    }

    /// Defines the character set of the font.
    pub(super) fn set_charset(&mut self, charset: i32) {
        if let Some(encoding) = font_charset(charset) {
            self.fonts.insert(self.font, encoding);
        }
    }
}

/// The sign that a control word stands for.
pub(super) fn sign_of(word: &str) -> Option<&'static str> {
    Some(match word {
        "emdash" => "—",
        "endash" => "–",
        "lquote" => "‘",
        "rquote" => "’",
        "ldblquote" => "“",
        "rdblquote" => "”",
        "bullet" => "•",
        "emspace" | "enspace" | "qmspace" => " ",
        _ => return None,
    })
}
