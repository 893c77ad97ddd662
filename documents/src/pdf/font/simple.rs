//! Simple fonts, whose codes are single bytes (ISO 32000-1, 9.6 and 9.10.2).

use lopdf::{Dictionary, Document, Object};

use super::{
    cmap::CMap,
    encoding::{BaseEncoding, FontEncoding, number_in_name, text_of_name},
    program::Program,
    tex,
    widths::{Widths, standard_width},
};

/// The flag of a font whose characters are not those of Latin text (ISO 32000-1, table 123).
const SYMBOLIC: i64 = 4;

/// The texts and widths of the 256 codes of a font.
pub(super) struct SimpleFont {
    /// An empty text belongs to a code that cannot be read.
    texts: Vec<Box<str>>,
    widths: Vec<f32>,
}

impl SimpleFont {
    pub(super) fn read(
        font: &Dictionary,
        document: &Document,
        to_unicode: Option<&CMap>,
        left: &mut usize,
    ) -> Self {
        let name = base_font(font);
        let widths = Widths::simple(font, document);
        let mut codes = SimpleCodes {
            encoding: FontEncoding::read(font, document),
            base: None,
            program: None,
            is_drawn: subtype(font) == b"Type3",
        };
        codes.choose_base(font, document, &name);
        let known = |code: u8| to_unicode.and_then(|map| map.text(u32::from(code)));
        let missing = (0..=255).any(|code| {
            widths.own(u32::from(code)).is_some()
                && known(code).is_none_or(|text| is_blank(&text))
                && codes.is_unsure(code)
        });
        if missing || (codes.base.is_none() && to_unicode.is_none()) {
            codes.program = Program::read(font, document, left);
        }
        let texts: Vec<Box<str>> = (0..=255)
            .map(|code| {
                let text = known(code).filter(|text| !is_blank(text));
                text.or_else(|| codes.text(code))
                    .or_else(|| known(code))
                    .unwrap_or_default()
                    .into()
            })
            .collect();
        let width = |code: u32, text: &str| {
            let standard = || standard_width(&name, text);
            let own = widths.own(code).or_else(standard);
            own.unwrap_or_else(|| widths.width(code))
        };
        Self {
            widths: (0..)
                .zip(&texts)
                .map(|(code, text)| width(code, text))
                .collect(),
            texts,
        }
    }

    /// The text of a code; empty when it cannot be read.
    pub(super) fn text(&self, code: u8) -> &str {
        self.texts.get(usize::from(code)).map_or("", |text| text)
    }

    pub(super) fn has_widths(&self) -> bool {
        self.widths.iter().any(|width| *width > 0.0)
    }

    pub(super) fn width(&self, code: u8) -> f32 {
        self.widths.get(usize::from(code)).copied().unwrap_or(0.0)
    }
}

/// What tells the texts of codes without a Unicode map.
struct SimpleCodes<'d> {
    encoding: FontEncoding<'d>,
    base: Option<BaseEncoding>,
    program: Option<Program>,
    /// Whether the glyphs are drawings.
    is_drawn: bool,
}

impl SimpleCodes<'_> {
    /// Chooses the encoding that applies before the program's own one.
    fn choose_base(&mut self, font: &Dictionary, document: &Document, name: &str) {
        let is_embedded = descriptor(font, document).is_some_and(|descriptor| {
            [b"FontFile".as_slice(), b"FontFile2", b"FontFile3"]
                .iter()
                .any(|key| descriptor.has(key))
        });
        self.base = if is_embedded {
            self.encoding.base
        } else {
            BaseEncoding::of_font(name).or(self.encoding.base)
        };
        let flags = descriptor(font, document).and_then(|descriptor| {
            descriptor
                .get_deref(b"Flags", document)
                .and_then(Object::as_i64)
                .ok()
        });
        let is_symbolic = flags.is_some_and(|flags| flags & SYMBOLIC != 0);
        let is_true_type = subtype(font) == b"TrueType";
        if self.base.is_none() && is_true_type && (!is_embedded || !is_symbolic) {
            self.base = Some(BaseEncoding::WinAnsi);
        }
        if self.base.is_none() && !is_embedded && subtype(font) != b"Type3" {
            self.base = Some(BaseEncoding::Standard);
        }
    }

    /// Whether only the font program could tell the text of a code.
    fn is_unsure(&self, code: u8) -> bool {
        match self.encoding.name(code) {
            Some(name) => text_of_name(name).is_none(),
            None => self.base.is_none_or(|base| base.character(code).is_none()),
        }
    }

    fn text(&self, code: u8) -> Option<String> {
        let by_base = |base: BaseEncoding| base.character(code).map(String::from);
        if let Some(name) = self.encoding.name(code) {
            if name == ".notdef" {
                return None;
            }
            if self.is_drawn
                && let Some(number) = tex::number(name)
            {
                return tex::text_of_code(number);
            }
            let by_program = || self.program.as_ref()?.text_of_name(name);
            return text_of_name(name)
                .or_else(by_program)
                .or_else(|| self.text_of_number(name, code))
                // a name that means nothing, in an encoding that claims to be a common one
                .or_else(|| self.encoding.base.and_then(by_base));
        }
        let by_program = || self.program.as_ref()?.text_of_code(code);
        self.base
            .and_then(by_base)
            .or_else(by_program)
            .or_else(|| by_base(BaseEncoding::Standard))
    }

    /// The character with the number in the name of a glyph, for fonts that name their glyphs by codes.
    fn text_of_number(&self, name: &str, code: u8) -> Option<String> {
        let by_program = || self.program.as_ref()?.text_of_code(code);
        let by_number = || {
            let number = u8::try_from(number_in_name(name)?).ok()?;
            BaseEncoding::WinAnsi.character(number).map(String::from)
        };
        by_program().or_else(by_number)
    }
}

/// Whether a map says that a code is a control character, as some do for characters that they do not know.
fn is_blank(text: &str) -> bool {
    text.chars().all(char::is_control)
}

pub(super) fn descriptor<'d>(
    font: &'d Dictionary,
    document: &'d Document,
) -> Option<&'d Dictionary> {
    font.get_deref(b"FontDescriptor", document)
        .and_then(Object::as_dict)
        .ok()
}

pub(super) fn subtype(font: &Dictionary) -> &[u8] {
    font.get(b"Subtype")
        .and_then(Object::as_name)
        .unwrap_or_default()
}

fn base_font(font: &Dictionary) -> String {
    let name = font.get(b"BaseFont").and_then(Object::as_name);
    String::from_utf8_lossy(name.unwrap_or_default()).into_owned()
}
