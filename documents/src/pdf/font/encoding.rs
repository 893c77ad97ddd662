//! The encodings of simple fonts: from codes to glyph names and characters (ISO 32000-1, 9.6.6 and annex D).

use encoding_rs::{MACINTOSH, WINDOWS_1252};
use lopdf::{Dictionary, Document, Object};
use read_fonts::ps::{PredefinedEncoding, agl};

use super::{symbols, tex};

/// The encoding that a font's differences start from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum BaseEncoding {
    Standard,
    WinAnsi,
    MacRoman,
    Symbol,
    ZapfDingbats,
}

impl BaseEncoding {
    /// The encoding of this name in a font's dictionary.
    pub(super) fn named(name: &[u8]) -> Option<Self> {
        match name {
            b"StandardEncoding" => Some(Self::Standard),
            b"WinAnsiEncoding" => Some(Self::WinAnsi),
            b"MacRomanEncoding" => Some(Self::MacRoman),
            _ => None,
        }
    }

    /// The encoding of a standard font that has no other.
    pub(super) fn of_font(name: &str) -> Option<Self> {
        // a subset has a tag of six letters before its name
        let name = name.split_once('+').map_or(name, |(_, name)| name);
        match name {
            name if name.starts_with("Symbol") => Some(Self::Symbol),
            name if name.starts_with("ZapfDingbats") => Some(Self::ZapfDingbats),
            _ => None,
        }
    }

    /// The character of a code.
    pub(super) fn character(self, code: u8) -> Option<char> {
        let found = match self {
            Self::Symbol => symbols::symbol(code),
            Self::ZapfDingbats => symbols::zapf_dingbats(code),
            Self::Standard => agl::name_to_char(PredefinedEncoding::Standard.name(code)),
            // unused codes are bullets
            Self::WinAnsi if matches!(code, 0x7f | 0x81 | 0x8d | 0x8f | 0x90 | 0x9d) => Some('•'),
            Self::WinAnsi => decoded(WINDOWS_1252, code),
            Self::MacRoman => decoded(MACINTOSH, code),
        };
        found.filter(|c| !c.is_control())
    }
}

fn decoded(encoding: &'static encoding_rs::Encoding, code: u8) -> Option<char> {
    encoding
        .decode_without_bom_handling(&[code])
        .0
        .chars()
        .next()
}

/// The encoding in a font's dictionary.
pub(super) struct FontEncoding<'d> {
    pub(super) base: Option<BaseEncoding>,
    /// The names of glyphs that differ from the base, by code.
    names: Vec<Option<&'d [u8]>>,
}

impl<'d> FontEncoding<'d> {
    pub(super) fn read(font: &'d Dictionary, document: &'d Document) -> Self {
        let mut read = Self {
            base: None,
            names: vec![None; 256],
        };
        match font.get_deref(b"Encoding", document) {
            Ok(Object::Name(name)) => read.base = BaseEncoding::named(name),
            Ok(Object::Dictionary(encoding)) => {
                let base = encoding.get_deref(b"BaseEncoding", document);
                read.base = base
                    .and_then(Object::as_name)
                    .ok()
                    .and_then(BaseEncoding::named);
                let differences = encoding.get_deref(b"Differences", document);
                read.add_differences(differences.and_then(Object::as_array).ok(), document);
            }
            _ => {}
        }
        read
    }

    fn add_differences(&mut self, differences: Option<&'d Vec<Object>>, document: &'d Document) {
        let mut code = 0_usize;
        for item in differences.into_iter().flatten() {
            match document.dereference(item) {
                Ok((_, Object::Name(name))) => {
                    if let Some(named) = self.names.get_mut(code) {
                        *named = Some(name);
                    }
                    code += 1;
                }
                Ok((_, number)) => {
                    let number = number.as_i64().ok();
                    code = number
                        .and_then(|code| usize::try_from(code).ok())
                        .unwrap_or(code);
                }
                Err(_) => {}
            }
        }
    }

    /// The name of the glyph of a code, if it differs from the base.
    pub(super) fn name(&self, code: u8) -> Option<&'d str> {
        let name = self.names.get(usize::from(code)).copied().flatten()?;
        std::str::from_utf8(name).ok()
    }
}

/// The text of a glyph's name by the Adobe Glyph List; `None` for a name that means nothing outside its font.
pub(super) fn text_of_name(name: &str) -> Option<String> {
    let text: String = agl::name_to_chars(name).collect();
    if !text.is_empty() {
        return Some(text);
    }
    // `f_i` and `uni0041` in other cases, and names of TeX
    let known = match name {
        "nbspace" | "nonbreakingspace" => " ",
        "sfthyphen" | "softhyphen" => "\u{ad}",
        "ff" | "ffi" | "ffl" | "fi" | "fl" => name,
        "dotlessj" => "ȷ",
        _ => return tex::character(name).map(String::from),
    };
    Some(known.to_owned())
}

/// The number in a name such as `c65`, `g65` or `a65`, which some programs write for the character with this code.
pub(super) fn number_in_name(name: &str) -> Option<u32> {
    let digits = name.trim_start_matches(|c: char| c.is_ascii_alphabetic());
    let letters = name.len() - digits.len();
    ((1..=2).contains(&letters) && digits.bytes().all(|byte| byte.is_ascii_digit()))
        .then(|| digits.parse().ok())?
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_have_texts() {
        for (name, text) in [
            ("A", "A"),
            ("a.alt", "a"),
            ("uni00410042", "AB"),
            ("u1F600", "😀"),
            ("f_f_i", "ffi"),
            ("fi", "ﬁ"),
            ("Lcommaaccent_uni20AC0308_u1040C.alternate", "Ļ€̈𐐌"),
            ("afii10017", "А"),
        ] {
            assert_eq!(text_of_name(name).as_deref(), Some(text), "{name}");
        }
        assert_eq!(text_of_name("g31"), None);
        assert_eq!(text_of_name(".notdef"), None);
        assert_eq!(
            (number_in_name("g31"), number_in_name("C0065")),
            (Some(31), Some(65))
        );
        assert_eq!(
            (
                number_in_name("31"),
                number_in_name("glyph31"),
                number_in_name("g")
            ),
            (None, None, None)
        );
    }

    #[test]
    fn codes_have_characters() {
        assert_eq!(BaseEncoding::WinAnsi.character(0x80), Some('€'));
        assert_eq!(BaseEncoding::WinAnsi.character(3), None);
        assert_eq!(BaseEncoding::MacRoman.character(0x8a), Some('ä'));
        assert_eq!(BaseEncoding::Standard.character(0x27), Some('’'));
        assert_eq!(
            BaseEncoding::of_font("ABCDEF+Symbol"),
            Some(BaseEncoding::Symbol)
        );
    }
}
