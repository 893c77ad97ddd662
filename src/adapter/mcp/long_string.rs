//! Cuts long strings out of JSON while it is received, so that a picture of many megabytes takes neither memory nor the
//! rest of the answer with it.
//!
//! Works on JSON and on server-sent events, whose `data` is JSON: no JSON string contains a line break, so each line
//! starts outside a string. Nothing is parsed; what is no JSON passes unchanged, up to quotes with more than
//! [`LONGEST`] bytes between them.

use std::borrow::Cow;

/// The maximum length of a string that is kept, in bytes. More than any part of a result or a definition may have.
pub(super) const LONGEST: usize = 256 * 1024;
/// Marks a string that was cut, followed by its original length. A private-use character, which no text has.
const MARK: &str = "\u{F8FF}cut:";

/// Cuts the strings of one body. Its parts are given in order.
#[derive(Default)]
pub(super) struct LongStrings {
    place: Place,
    /// The bytes of the current string.
    length: usize,
    is_cut: bool,
    /// Whether the string's last character was the first half of a surrogate pair.
    is_half: bool,
}

#[derive(Default, Clone, Copy)]
enum Place {
    #[default]
    Outside,
    Text,
    Escape,
    /// The digits of `\uXXXX` that are missing, and the value of the others.
    Digits {
        missing: u8,
        value: u32,
    },
}

impl LongStrings {
    /// The part without what is beyond [`LONGEST`] in each string.
    pub(super) fn cut(&mut self, part: &[u8]) -> Vec<u8> {
        let mut kept = Vec::with_capacity(part.len());
        for byte in part {
            self.next(*byte, &mut kept);
        }
        kept
    }

    fn next(&mut self, byte: u8, kept: &mut Vec<u8>) {
        if let (Place::Text, b'"' | b'\n' | b'\r') = (self.place, byte) {
            if self.is_cut {
                kept.extend_from_slice(format!("{MARK}{}", self.length).as_bytes());
            }
            *self = Self::default();
            kept.push(byte);
            return;
        }
        match self.place {
            Place::Outside => {
                if byte == b'"' {
                    self.place = Place::Text;
                }
                kept.push(byte);
                return;
            }
            Place::Text => {
                // never inside a character, neither of UTF-8 nor of two escapes
                let is_start = !(0x80..0xC0).contains(&byte) && !self.is_half;
                self.is_cut |= self.length >= LONGEST && is_start;
                self.is_half = false;
                if byte == b'\\' {
                    self.place = Place::Escape;
                }
            }
            Place::Escape if byte == b'u' => {
                self.place = Place::Digits {
                    missing: 4,
                    value: 0,
                };
            }
            Place::Escape => self.place = Place::Text,
            Place::Digits { missing, value } => {
                let digit = char::from(byte).to_digit(16).unwrap_or_default();
                let value = value * 16 + digit;
                self.place = match missing {
                    0 | 1 => Place::Text,
                    more => Place::Digits {
                        missing: more - 1,
                        value,
                    },
                };
                self.is_half = missing <= 1 && (0xD800..0xDC00).contains(&value);
            }
        }
        self.length += 1;
        if !self.is_cut {
            kept.push(byte);
        }
    }
}

/// A string of an answer, and its original length if it was cut.
pub(super) fn original_length(text: &str) -> (Cow<'_, str>, Option<usize>) {
    match text.rsplit_once(MARK) {
        Some((head, length)) => match length.parse() {
            Ok(length) => (Cow::Borrowed(head), Some(length)),
            Err(_) => (Cow::Borrowed(text), None),
        },
        None => (Cow::Borrowed(text), None),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::{LONGEST, LongStrings, original_length};

    /// The text after it was cut in parts of `size` bytes.
    fn cut(text: &str, size: usize) -> String {
        let mut cutter = LongStrings::default();
        let parts = text.as_bytes().chunks(size);
        let kept: Vec<u8> = parts.flat_map(|part| cutter.cut(part)).collect();
        String::from_utf8(kept).unwrap()
    }

    #[test]
    fn short_strings_stay_as_they_are() {
        let text =
            json!({"a": ["b\\\"c", "ä\u{1F600}", 1, {"\n": "x".repeat(LONGEST)}]}).to_string();
        for size in [1, 7, text.len()] {
            assert_eq!(cut(&text, size), text);
        }
    }

    #[test]
    fn a_long_string_is_cut_and_the_others_are_kept() {
        for filling in ["x", "ä", "\u{1F600}", "\\\"", "\\u00e4", "\\ud83d\\ude00"] {
            let long = filling.repeat(LONGEST + 1);
            let text = format!("{{\"a\": \"{long}\", \"b\": \"c\"}}");
            for size in [999, text.len()] {
                let kept = cut(&text, size);
                assert!(kept.len() < LONGEST + 100, "{filling}");
                let value: Value = serde_json::from_str(&kept).unwrap();
                assert_eq!(value["b"], "c");
                let (head, length) = original_length(value["a"].as_str().unwrap());
                assert_eq!(length, Some(long.len()), "{filling}");
                assert!(!head.is_empty());
            }
        }
    }

    #[test]
    fn a_line_break_ends_a_string() {
        let text = format!(
            ": a comment's \"quote\n{}\ndata: \"b\"\n",
            "x".repeat(LONGEST + 1)
        );
        assert_eq!(cut(&text, 100), text);
    }
}
