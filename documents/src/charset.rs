//! Decodes bytes to text in the character sets of documents.
//!
//! The order: the byte order mark; the declared charset (of the transport, then of the page or XML file); UTF-8, if the
//! bytes are valid; the detector of Firefox. A declared charset in which the bytes are not valid is not used. Bytes that
//! fit none of them are refused: a wrong guess would be stored as text that no one finds.

use std::fmt;

use chardetng::{EncodingDetector, Iso2022JpDetection, Utf8Detection};
use encoding_rs::{Encoding, REPLACEMENT, UTF_8, UTF_16BE, UTF_16LE};

use crate::{problem::Problem, text_forms};

/// The number of bytes within which a page or an XML file declares its encoding (HTML, "Determining the character
/// encoding").
const HEAD: usize = 1024;
/// The least number of characters outside ASCII from which valid UTF-8 outweighs a declaration of something else.
const TELLING: usize = 4;
/// One of this many characters outside ASCII may be invalid: a text was cut within a character, or two files were joined.
const FEW: usize = 100;
/// The same for UTF-8, of which other encodings have hardly any valid characters.
const FEW_OF_UTF8: usize = 10;
/// The number of bytes that are examined for zeros, which UTF-16 without a mark has.
const SAMPLE: usize = 16 * 1024;

/// A character set of the WHATWG Encoding Standard.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Charset(&'static Encoding);

impl Charset {
    /// The charset with this label, in any case, for example `gbk` or `latin1`.
    pub fn for_label(label: &str) -> Option<Self> {
        let label = label.trim().trim_matches(['"', '\'']);
        let found = Encoding::for_label(label.as_bytes());
        found.filter(|encoding| *encoding != REPLACEMENT).map(Self)
    }

    /// The charset's name in the standard.
    pub fn name(self) -> &'static str {
        self.0.name()
    }
}

impl fmt::Debug for Charset {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// Decodes a text. `declared` is the charset that the transport named.
pub(crate) fn decode(content: &[u8], declared: Option<Charset>) -> Result<String, Problem> {
    with(content, &[declared.map(|charset| charset.0)])
}

/// Decodes a web page or an XML file: the same, with the encoding that it declares itself.
pub(crate) fn decode_markup(content: &[u8], declared: Option<Charset>) -> Result<String, Problem> {
    let own = xml_charset(content).or_else(|| meta_charset(content));
    with(content, &[declared.map(|charset| charset.0), own])
}

/// The beginning of a file as text, for recognising its kind.
pub(crate) fn peek(content: &[u8], declared: Option<Charset>) -> String {
    let head = content.get(..SAMPLE).unwrap_or(content);
    let encoding = Encoding::for_bom(head)
        .map(|(encoding, _)| encoding)
        .or_else(|| declared.map(|charset| charset.0))
        .or_else(|| unmarked_utf16(head))
        .unwrap_or(UTF_8);
    let text = encoding.decode_without_bom_handling(head).0;
    text.trim_start_matches('\u{feff}').to_owned()
}

/// UTF-16 without a mark: every second byte of most text in it is zero.
pub(crate) fn unmarked_utf16(content: &[u8]) -> Option<&'static Encoding> {
    let head = content.get(..SAMPLE.min(content.len()) & !1)?;
    let zeros = |first: usize| {
        let bytes = head.iter().skip(first).step_by(2);
        bytes.filter(|byte| **byte == 0).count()
    };
    let (even, odd) = (zeros(0), zeros(1));
    let is_most = |zeros: usize| head.len() >= 4 && zeros * 2 * 10 >= head.len() * 7;
    if is_most(odd) && even * 20 <= head.len() {
        Some(UTF_16LE)
    } else if is_most(even) && odd * 20 <= head.len() {
        Some(UTF_16BE)
    } else {
        None
    }
}

fn with(content: &[u8], declared: &[Option<&'static Encoding>]) -> Result<String, Problem> {
    if let Some(text) = utf32(content) {
        return Ok(clean(&text));
    }
    if let Some((encoding, mark)) = Encoding::for_bom(content) {
        let rest = content.get(mark..).unwrap_or_default();
        return Ok(clean(&encoding.decode_without_bom_handling(rest).0));
    }
    let utf8 = std::str::from_utf8(content).ok();
    let telling = utf8.is_some_and(is_telling);
    let mut nearly = None;
    for encoding in declared.iter().copied().flatten() {
        // pages are declared in one encoding and served in UTF-8 more often than bytes happen to be valid UTF-8; but
        // ISO-2022-JP and UTF-16 look like ASCII
        let is_utf8 = utf8.is_some() && encoding.is_ascii_compatible() && encoding != UTF_8;
        if is_utf8 && (telling || encoding.is_single_byte()) {
            continue;
        }
        let (text, invalid) = attempt(encoding, content);
        if invalid == 0 && !is_implausible(encoding, &text) {
            return Ok(clean(&text));
        }
        if is_nearly_valid(encoding, &text, invalid) {
            nearly.get_or_insert(text);
        }
    }
    // ISO-2022-JP is valid UTF-8, as ASCII with escapes
    if let Some(text) = utf8.filter(|text| !text.contains('\u{1b}')) {
        return Ok(clean(text));
    }
    if let Some(text) = nearly {
        return Ok(clean(&text));
    }
    undeclared(content).map(|text| clean(&text))
}

/// Decodes without a declaration.
fn undeclared(content: &[u8]) -> Result<String, Problem> {
    if let Some(encoding) = unmarked_utf16(content) {
        let (text, invalid) = attempt(encoding, content);
        if invalid == 0 {
            return Ok(text);
        }
    }
    let (text, invalid) = attempt(UTF_8, content);
    if invalid > 0 && is_nearly_valid(UTF_8, &text, invalid) {
        return Ok(text);
    }
    let mut detector = EncodingDetector::new(Iso2022JpDetection::Allow);
    detector.feed(content, true);
    let encoding = detector.guess(None, Utf8Detection::Allow);
    let (text, invalid) = attempt(encoding, content);
    if !is_nearly_valid(encoding, &text, invalid)
        || is_implausible(encoding, &text)
        || looks_garbled(&text)
    {
        return Err(Problem::UnknownCharset);
    }
    Ok(text)
}

/// The text, and how many of its characters are not valid in the encoding.
fn attempt(encoding: &'static Encoding, content: &[u8]) -> (String, usize) {
    let (text, has_errors) = encoding.decode_without_bom_handling(content);
    let invalid = if has_errors {
        text.matches('\u{fffd}').count()
    } else {
        0
    };
    (text.into_owned(), invalid)
}

fn is_nearly_valid(encoding: &'static Encoding, text: &str, invalid: usize) -> bool {
    let few = if encoding == UTF_8 { FEW_OF_UTF8 } else { FEW };
    invalid * few <= text.chars().filter(|c| !c.is_ascii()).count()
}

/// Whether the text has control characters that no text has: another encoding was meant. Windows-1252 maps some bytes to
/// them, as the standard wants it.
fn is_implausible(encoding: &'static Encoding, text: &str) -> bool {
    encoding.is_single_byte() && text.chars().any(|c| matches!(c, '\u{80}'..='\u{9f}'))
}

/// Whether a guessed text is mostly signs between letters, as bytes of another encoding look.
fn looks_garbled(text: &str) -> bool {
    let (mut letters, mut signs) = (0_usize, 0_usize);
    for c in text.chars().filter(|c| !c.is_ascii()) {
        if c.is_alphanumeric() || is_mark_of_script(c) {
            letters += 1;
        } else if !matches!(c, '\u{a0}' | '\u{2000}'..='\u{206f}' | '\u{3000}'..='\u{303f}' | '\u{ff00}'..='\u{ff65}' | '«' | '»' | '°' | '€' | '£' | '§' | '·' | '™' | '©' | '®')
        {
            signs += 1;
        }
    }
    signs > 3 && signs * 2 > letters
}

/// Vowel signs and tone marks, which are no letters.
fn is_mark_of_script(c: char) -> bool {
    matches!(c, '\u{300}'..='\u{36f}' | '\u{591}'..='\u{5c7}' | '\u{610}'..='\u{61a}' | '\u{64b}'..='\u{65f}' | '\u{900}'..='\u{e4e}')
}

/// Whether text that is valid UTF-8 has enough characters outside ASCII to be no accident.
fn is_telling(text: &str) -> bool {
    text.chars()
        .filter(|c| !c.is_ascii())
        .nth(TELLING - 1)
        .is_some()
}

/// A text of 32-bit units with its mark, which starts like the mark of UTF-16.
fn utf32(content: &[u8]) -> Option<String> {
    let (mark, rest) = content.split_at_checked(4)?;
    let is_little = match mark {
        [0xff, 0xfe, 0, 0] => true,
        [0, 0, 0xfe, 0xff] => false,
        _ => return None,
    };
    let (units, _) = rest.as_chunks::<4>();
    let text = units.iter().map(|unit| {
        let code = if is_little {
            u32::from_le_bytes(*unit)
        } else {
            u32::from_be_bytes(*unit)
        };
        char::from_u32(code).unwrap_or('\u{fffd}')
    });
    Some(text.collect())
}

/// The encoding in an XML declaration. UTF-16 is replaced by UTF-8, because a readable declaration is not UTF-16.
fn xml_charset(content: &[u8]) -> Option<&'static Encoding> {
    let head = content.trim_ascii_start();
    let declaration = head.strip_prefix(b"<?xml")?;
    let end = declaration
        .windows(2)
        .take(HEAD)
        .position(|end| end == b"?>")?;
    let declaration = String::from_utf8_lossy(declaration.get(..end)?).into_owned();
    let (_, value) = declaration.split_once("encoding")?;
    let value = value.trim_start().strip_prefix('=')?.trim_start();
    readable(value.get(1..)?.split(['"', '\'']).next()?)
}

/// The encoding in a `meta` element.
fn meta_charset(content: &[u8]) -> Option<&'static Encoding> {
    let head = content.get(..HEAD.min(content.len()))?;
    let head = String::from_utf8_lossy(head).to_ascii_lowercase();
    let (_, value) = head
        .split("<meta")
        .skip(1)
        .filter_map(|meta| meta.split('>').next())
        .filter_map(|meta| meta.split_once("charset"))
        .find_map(|(before, value)| {
            let value = value.trim_start().strip_prefix('=')?;
            Some((before, value))
        })?;
    let label: String = value
        .trim_start_matches(['"', '\'', ' '])
        .chars()
        .take_while(|c| c.is_ascii_alphanumeric() || "-_:.".contains(*c))
        .collect();
    readable(&label)
}

fn readable(label: &str) -> Option<&'static Encoding> {
    let encoding = Encoding::for_label(label.trim().as_bytes())?;
    if encoding == REPLACEMENT {
        return None;
    }
    Some(if encoding == UTF_16BE || encoding == UTF_16LE {
        UTF_8
    } else {
        encoding
    })
}

/// Normalises line ends to `\n` and the forms of characters, and removes control characters and what is invisible.
pub(crate) fn clean(text: &str) -> String {
    let mut cleaned = String::with_capacity(text.len());
    let mut characters = text.chars().peekable();
    while let Some(c) = characters.next() {
        match c {
            '\r' if characters.peek() == Some(&'\n') => {}
            '\r' | '\u{2028}' | '\u{85}' => cleaned.push('\n'),
            '\u{c}' | '\u{2029}' => cleaned.push_str("\n\n"),
            '\n' | '\t' => cleaned.push(c),
            c if c.is_control() => {}
            c => cleaned.push(c),
        }
    }
    text_forms::normalize(cleaned)
}

/// The text as one line, with single spaces between words.
pub(crate) fn one_line(text: &str) -> String {
    let mut line = String::with_capacity(text.len());
    for word in text.split_whitespace() {
        if !line.is_empty() {
            line.push(' ');
        }
        line.push_str(word);
    }
    line
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mark_is_stronger_than_a_declaration_and_utf8_than_a_wrong_one() {
        let gbk = Charset::for_label("GBK");
        let utf8 = "Zürich, Köln, Genève: größer".as_bytes();
        assert_eq!(decode(utf8, gbk).unwrap(), "Zürich, Köln, Genève: größer");
        let marked = [b"\xef\xbb\xbf".as_slice(), "联通".as_bytes()].concat();
        assert_eq!(decode(&marked, gbk).unwrap(), "联通");
        // these bytes are valid UTF-8 as well
        assert_eq!(decode(b"\xc1\xaa\xcd\xa8", gbk).unwrap(), "联通");
    }
}
