//! Decodes bytes to text in the character sets of documents.

use std::borrow::Cow;

use encoding_rs::{Encoding, UTF_8, UTF_16BE, UTF_16LE, WINDOWS_1252};

/// The number of bytes within which a page declares its encoding (HTML, "Determining the character encoding").
const HTML_HEAD: usize = 1024;

/// Decodes a text: by its byte order mark, else as UTF-8 if it is valid, else as windows-1252, which accepts any bytes.
pub(crate) fn decode(content: &[u8]) -> String {
    with(content, None)
}

/// Decodes a web page: the same, but the encoding that it declares is used before windows-1252.
pub(crate) fn decode_html(content: &[u8]) -> String {
    with(content, meta_charset(content))
}

fn with(content: &[u8], told: Option<&'static Encoding>) -> String {
    if let Some((encoding, mark)) = Encoding::for_bom(content) {
        let rest = content.get(mark..).unwrap_or_default();
        return clean(&encoding.decode_without_bom_handling(rest).0);
    }
    let text = match (told, std::str::from_utf8(content)) {
        (Some(encoding), Err(_)) => encoding.decode_without_bom_handling(content).0,
        // valid as ASCII with another meaning, such as ISO-2022-JP
        (Some(encoding), Ok(_)) if !encoding.is_ascii_compatible() => {
            encoding.decode_without_bom_handling(content).0
        }
        (_, Ok(text)) => Cow::Borrowed(text),
        (None, Err(_)) => WINDOWS_1252.decode_without_bom_handling(content).0,
    };
    clean(&text)
}

/// The encoding in a `meta` element. UTF-16 is replaced by UTF-8, because a readable `meta` element is not UTF-16.
fn meta_charset(content: &[u8]) -> Option<&'static Encoding> {
    let head = content.get(..HTML_HEAD.min(content.len()))?;
    let head = String::from_utf8_lossy(head).to_ascii_lowercase();
    let (_, value) = head
        .split("<meta")
        .skip(1)
        .filter_map(|meta| meta.split('>').next())
        .find_map(|meta| meta.split_once("charset="))?;
    let label: String = value
        .trim_start_matches(['"', '\'', ' '])
        .chars()
        .take_while(|c| c.is_ascii_alphanumeric() || "-_:.".contains(*c))
        .collect();
    let encoding = Encoding::for_label(label.as_bytes())?;
    Some(if encoding == UTF_16BE || encoding == UTF_16LE {
        UTF_8
    } else {
        encoding
    })
}

/// Normalises line ends to `\n`, and removes control characters, soft hyphens and invisible changes of the text
/// direction.
pub(crate) fn clean(text: &str) -> String {
    let mut cleaned = String::with_capacity(text.len());
    let mut characters = text.chars().peekable();
    while let Some(c) = characters.next() {
        match c {
            '\r' if characters.peek() == Some(&'\n') => {}
            '\r' | '\u{2028}' | '\u{85}' => cleaned.push('\n'),
            '\u{c}' | '\u{2029}' => cleaned.push_str("\n\n"),
            '\n' | '\t' => cleaned.push(c),
            '\u{ad}' | '\u{feff}' | '\u{202A}'..='\u{202E}' | '\u{2066}'..='\u{2069}' => {}
            c if c.is_control() => {}
            c => cleaned.push(c),
        }
    }
    cleaned
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
