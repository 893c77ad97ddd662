//! Reads a map from its source text.

use read_fonts::ps::agl;

use super::{CMap, predefined, to_code};
use crate::pdf::{
    operand::decode_string,
    operations::{Token, Tokens},
};

/// The maximum number of codes in a map.
const MOST_CODES: usize = 200_000;
/// The maximum number of ranges that are not expanded to their codes, and of ranges that tell the length of a code.
const MOST_RANGES: usize = 20_000;
const MOST_LENGTHS: usize = 256;
/// The maximum length of the text of a code, in UTF-16 units.
const LONGEST_TEXT: usize = 64;

impl CMap {
    /// The map of a stream.
    pub(super) fn parse(content: &[u8]) -> Self {
        let mut map = Self::default();
        let mut tokens = Tokens::new(content);
        let mut previous: &[u8] = b"";
        let mut before: &[u8] = b"";
        while !tokens.rest.is_empty() && map.added < MOST_CODES {
            let Some(token) = tokens.next() else {
                skip_byte(&mut tokens);
                continue;
            };
            if let Token::Keyword(word) = token {
                match word {
                    b"beginbfchar" => map.text_codes(&mut tokens),
                    b"beginbfrange" => map.text_ranges(&mut tokens),
                    b"begincidchar" => map.glyph_codes(&mut tokens),
                    b"begincidrange" => map.glyph_ranges(&mut tokens),
                    b"begincodespacerange" => map.code_lengths(&mut tokens),
                    b"usecmap" => map.base = predefined(previous).or(map.base),
                    b"def" if before == b"/WMode" => map.is_vertical = previous == b"1",
                    _ => {}
                }
            }
            before = previous;
            previous = source(&token);
        }
        map.glyphs.sort_by_key(|(first, ..)| *first);
        map
    }

    fn text_codes(&mut self, tokens: &mut Tokens<'_>) {
        let mut code = None;
        while let Some(token) = next_of_list(tokens) {
            match (code.take(), token) {
                (None, Token::String(string)) => code = Some(to_code(&decode_string(string))),
                (Some(code), Token::String(string)) => {
                    self.add_text(code, &utf16(&decode_string(string)));
                }
                (Some(code), Token::Value(name @ [b'/', ..])) => {
                    let name = String::from_utf8_lossy(name.get(1..).unwrap_or_default());
                    let text: String = agl::name_to_chars(&name).collect();
                    self.add_text(code, &text.encode_utf16().collect::<Vec<_>>());
                }
                _ => {}
            }
        }
    }

    fn text_ranges(&mut self, tokens: &mut Tokens<'_>) {
        let mut codes = Vec::new();
        let mut is_list = false;
        while let Some(token) = next_of_list(tokens) {
            match (token, codes.as_slice()) {
                (Token::Open(_), [_, _]) => is_list = true,
                (Token::Close, _) => {
                    is_list = false;
                    codes.clear();
                }
                (Token::String(string), [code, last]) if is_list => {
                    self.add_text(*code, &utf16(&decode_string(string)));
                    codes = vec![code.saturating_add(1), *last];
                }
                (Token::String(string), [first, last]) => {
                    self.add_texts(*first, *last, &utf16(&decode_string(string)));
                    codes.clear();
                }
                (Token::String(string), _) => codes.push(to_code(&decode_string(string))),
                _ => {}
            }
        }
    }

    fn add_texts(&mut self, first: u32, last: u32, text: &[u16]) {
        let mut text = text.to_vec();
        for code in first..=last {
            if self.added >= MOST_CODES {
                return;
            }
            self.add_text(code, &text);
            let Some(unit) = text.last_mut() else { return };
            *unit = unit.wrapping_add(1);
        }
    }

    fn add_text(&mut self, code: u32, text: &[u16]) {
        self.added += 1;
        let text = String::from_utf16_lossy(text.get(..LONGEST_TEXT).unwrap_or(text));
        // programs that do not know a character write U+0000 or U+FFFD
        let text = text.replace(['\0', '\u{fffd}'], "");
        if !text.is_empty() && self.added <= MOST_CODES {
            self.texts.insert(code, text.into());
        }
    }

    fn glyph_codes(&mut self, tokens: &mut Tokens<'_>) {
        let mut code = Vec::new();
        while let Some(token) = next_of_list(tokens) {
            match token {
                Token::String(string) => code = decode_string(string),
                Token::Value(number) => self.add_glyphs(&code, &code, number),
                _ => {}
            }
        }
    }

    fn glyph_ranges(&mut self, tokens: &mut Tokens<'_>) {
        let (mut first, mut last) = (Vec::new(), Vec::new());
        while let Some(token) = next_of_list(tokens) {
            match token {
                Token::String(string) => {
                    first = std::mem::replace(&mut last, decode_string(string));
                }
                Token::Value(number) => self.add_glyphs(&first, &last, number),
                _ => {}
            }
        }
    }

    fn add_glyphs(&mut self, first: &[u8], last: &[u8], glyph: &[u8]) {
        let glyph = std::str::from_utf8(glyph)
            .ok()
            .and_then(|glyph| glyph.parse().ok());
        if let Some(glyph) = glyph
            && self.glyphs.len() < MOST_RANGES
        {
            self.glyphs
                .push((to_code(first), to_code(last), last.len(), glyph));
        }
    }

    fn code_lengths(&mut self, tokens: &mut Tokens<'_>) {
        let mut first = None;
        while let Some(token) = next_of_list(tokens) {
            let Token::String(string) = token else {
                continue;
            };
            let code = decode_string(string);
            match first.take() {
                None => first = Some(to_code(&code)),
                Some(first) if self.lengths.len() < MOST_LENGTHS => {
                    self.lengths.push((first, to_code(&code), code.len()));
                }
                Some(_) => return,
            }
        }
    }
}

/// The next token of a list, which ends at a keyword.
fn next_of_list<'c>(tokens: &mut Tokens<'c>) -> Option<Token<'c>> {
    loop {
        if tokens.rest.is_empty() {
            return None;
        }
        match tokens.next() {
            Some(Token::Keyword(_)) => return None,
            None => skip_byte(tokens),
            token => return token,
        }
    }
}

/// Skips a byte that is no token, or all when a string has no end.
fn skip_byte(tokens: &mut Tokens<'_>) {
    tokens.rest = match tokens.rest {
        [b'(' | b'<', ..] => b"",
        rest => rest.get(1..).unwrap_or_default(),
    };
}

fn source<'c>(token: &Token<'c>) -> &'c [u8] {
    match token {
        Token::Value(source)
        | Token::String(source)
        | Token::Keyword(source)
        | Token::Open(source) => source,
        Token::Close => b"",
    }
}

/// The units of a text in UTF-16; some programs write characters of one byte.
fn utf16(bytes: &[u8]) -> Vec<u16> {
    let (pairs, single) = bytes.as_chunks::<2>();
    match (pairs, single) {
        ([], [byte]) => vec![u16::from(*byte)],
        (pairs, _) => pairs.iter().map(|pair| u16::from_be_bytes(*pair)).collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_are_read_in_any_layout() {
        let map = CMap::parse(
            b"/CMapName /X def 1 begincodespacerange<00><ff>endcodespacerange\n% a comment <01> <0041>\n\
            3 beginbfchar<01><0041>\n<02>\t<00660069>%\n<03>/alpha endbfchar 2 beginbfrange <10><12><0061> <11> <12> [ <0078>\
            <D835DC9C> ]\nendbfrange beginbfchar <04> <41> endbfchar",
        );
        let texts = [1, 2, 3, 4, 0x10, 0x11, 0x12].map(|code| map.text(code).unwrap_or_default());
        assert_eq!(texts, ["A", "fi", "\u{3b1}", "A", "a", "x", "\u{1d49c}"]);
        assert_eq!(map.text(5), None);
        assert_eq!(map.next_code(b"\x01\x02"), (1, 1));
    }

    #[test]
    fn a_map_without_a_character_has_none() {
        let map = CMap::parse(b"2 beginbfchar <01> <0000> <02> <FFFD> endbfchar");
        assert_eq!((map.text(1), map.text(2)), (None, None));
    }

    #[test]
    fn codes_have_lengths_of_their_own() {
        let map = CMap::parse(
            b"begincodespacerange <00> <80> <8140> <9ffc> endcodespacerange begincidrange <20> <7e> 1 <8140> <817e> 633 endcidrange",
        );
        assert_eq!(map.next_code(b"\x21\x81"), (0x21, 1));
        assert_eq!(map.next_code(b"\x81\x41\x21"), (0x8141, 2));
        assert_eq!(map.glyph(0x8141, 2), Some(634));
        assert_eq!(map.glyph(0x21, 1), Some(2));
    }

    #[test]
    fn predefined_maps_are_known() {
        let map = CMap::predefined(b"90ms-RKSJ-H").unwrap();
        let (code, length) = map.next_code(b"\x83\x65");
        assert_eq!((code, length), (0x8365, 2));
        let glyph = map.glyph(code, length).unwrap();
        let unicode = CMap::predefined(b"Adobe-Japan1-UCS2").unwrap();
        assert_eq!(unicode.text(glyph).as_deref(), Some("テ"));
        assert!(CMap::predefined(b"Unknown").is_none());
    }

    #[test]
    fn a_hostile_map_ends() {
        let content = b"beginbfrange <00000000> <ffffffff> <0041> endbfrange".repeat(50);
        assert!(CMap::parse(&content).size() <= MOST_CODES);
        let open = b"beginbfchar (((((".repeat(50_000);
        assert_eq!(CMap::parse(&open).size(), 0);
    }
}
