//! Text that arrives in pieces: half characters are joined, and reasoning in `<think>` tags is separated.

use std::fmt;

use serde::{Deserializer, de::Visitor};
use serde_json::value::RawValue;

use super::json::first_byte;

/// The tags in which some models write their reasoning at the start of an answer.
const OPEN: &str = "<think>";
const CLOSE: &str = "</think>";

/// A text that grows by JSON strings. A character may be divided between two strings: JSON escapes one beyond U+FFFF as
/// two UTF-16 halves, and providers cut between them.
#[derive(Default)]
pub(in crate::adapter) struct TextBuffer {
    text: String,
    /// The first half of a character whose second half is expected next.
    high: Option<u16>,
}

impl TextBuffer {
    /// Adds a JSON string; a value of another type adds nothing.
    pub(in crate::adapter) fn push(&mut self, raw: &RawValue) {
        if first_byte(raw) != b'"' {
            return;
        }
        let inner = raw.get().trim_matches('"');
        if self.high.is_none() && !inner.contains('\\') {
            self.text.push_str(inner);
            return;
        }
        let mut reader = serde_json::Deserializer::from_str(raw.get());
        // bytes and not a string, because a half character is no valid UTF-8
        let _ = reader.deserialize_bytes(Bytes(self));
    }

    /// Takes the text so far. A half character stays until the other half arrives.
    pub(in crate::adapter) fn take(&mut self) -> String {
        std::mem::take(&mut self.text)
    }

    /// Takes the whole text; a half character becomes U+FFFD.
    pub(in crate::adapter) fn finish(&mut self) -> String {
        if self.high.take().is_some() {
            self.text.push(char::REPLACEMENT_CHARACTER);
        }
        self.take()
    }

    pub(in crate::adapter) fn is_empty(&self) -> bool {
        self.text.is_empty()
    }

    /// Adds UTF-8 in which half characters are encoded like characters, as `serde_json` returns it.
    fn push_bytes(&mut self, mut bytes: &[u8]) {
        while !bytes.is_empty() {
            let (valid, rest) = match str::from_utf8(bytes) {
                Ok(text) => (text, &[][..]),
                Err(error) => {
                    let (valid, rest) = bytes.split_at(error.valid_up_to());
                    (str::from_utf8(valid).unwrap_or_default(), rest)
                }
            };
            if !valid.is_empty() {
                self.end_half();
                self.text.push_str(valid);
            }
            bytes = match rest {
                [0xED, second, third, rest @ ..] => {
                    let unit = 0xD000 | u16::from(second & 0x3F) << 6 | u16::from(third & 0x3F);
                    self.push_half(unit);
                    rest
                }
                [] => &[],
                [_, rest @ ..] => rest,
            };
        }
    }

    fn push_half(&mut self, unit: u16) {
        let Some(high) = self.high.take() else {
            match unit {
                0xD800..=0xDBFF => self.high = Some(unit),
                _ => self.text.push(char::REPLACEMENT_CHARACTER),
            }
            return;
        };
        let mut decoded = char::decode_utf16([high, unit]);
        if let Some(Ok(character)) = decoded.next() {
            self.text.push(character);
        } else {
            self.text.push(char::REPLACEMENT_CHARACTER);
            self.push_half(unit);
        }
    }

    fn end_half(&mut self) {
        if self.high.take().is_some() {
            self.text.push(char::REPLACEMENT_CHARACTER);
        }
    }
}

struct Bytes<'a>(&'a mut TextBuffer);

impl Visitor<'_> for Bytes<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a string")
    }

    fn visit_bytes<E>(self, bytes: &[u8]) -> Result<(), E> {
        self.0.push_bytes(bytes);
        Ok(())
    }
}

/// Separates reasoning in `<think>` tags at the start of an answer from the answer.
#[derive(Default)]
pub(in crate::adapter) struct ThinkTags {
    state: TagState,
    /// Text that may be the beginning of a tag.
    held: String,
}

#[derive(Default, Clone, Copy, PartialEq)]
enum TagState {
    /// Nothing but white space arrived so far.
    #[default]
    Start,
    /// The text is reasoning.
    Inside,
    /// The reasoning ended; white space before the answer is left out.
    Closed,
    /// The text is the answer.
    Answer,
}

/// A piece of text, divided.
#[derive(Default, Debug, PartialEq)]
pub(in crate::adapter) struct Divided {
    pub(in crate::adapter) answer: String,
    pub(in crate::adapter) reasoning: String,
}

impl ThinkTags {
    /// Divides the next piece of text.
    pub(in crate::adapter) fn divide(&mut self, text: String) -> Divided {
        if self.state == TagState::Answer {
            return Divided {
                answer: text,
                reasoning: String::new(),
            };
        }
        self.held.push_str(&text);
        let mut divided = Divided::default();
        if self.state == TagState::Start {
            let begun = self.held.trim_start();
            if let Some(rest) = begun.strip_prefix(OPEN) {
                self.held = rest.to_owned();
                self.state = TagState::Inside;
            } else if !OPEN.starts_with(begun) {
                self.state = TagState::Answer;
            }
        }
        if self.state == TagState::Inside {
            if let Some((reasoning, rest)) = self.held.split_once(CLOSE) {
                reasoning.clone_into(&mut divided.reasoning);
                self.held = rest.to_owned();
                self.state = TagState::Closed;
            } else {
                let whole = self.held.len() - longest_start(&self.held);
                divided.reasoning = self.held.drain(..whole).collect();
            }
        }
        if self.state == TagState::Closed {
            self.held = self.held.trim_start().to_owned();
            if !self.held.is_empty() {
                self.state = TagState::Answer;
            }
        }
        if self.state == TagState::Answer {
            divided.answer = std::mem::take(&mut self.held);
        }
        divided
    }

    /// What was held back at the end of the answer.
    pub(in crate::adapter) fn finish(&mut self) -> Divided {
        let held = std::mem::take(&mut self.held);
        match self.state {
            TagState::Inside => Divided {
                answer: String::new(),
                reasoning: held,
            },
            TagState::Start | TagState::Closed | TagState::Answer => Divided {
                answer: held,
                reasoning: String::new(),
            },
        }
    }
}

/// The number of bytes at the end of `text` that may begin the closing tag.
fn longest_start(text: &str) -> usize {
    let starts = (1..CLOSE.len()).rev();
    starts
        .into_iter()
        .find(|&length| {
            CLOSE
                .get(..length)
                .is_some_and(|start| text.ends_with(start))
        })
        .unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use serde_json::value::RawValue;

    use super::{Divided, TextBuffer, ThinkTags};

    fn joined(pieces: &[&str]) -> String {
        let mut buffer = TextBuffer::default();
        let mut text = String::new();
        for piece in pieces {
            let raw: &RawValue = serde_json::from_str(piece).unwrap();
            buffer.push(raw);
            text += &buffer.take();
        }
        text + &buffer.finish()
    }

    #[test]
    fn halves_of_a_character_are_joined() {
        let cases: [(&[&str], &str); 7] = [
            (&[r#""ok \ud83d""#, r#""\udc4d done""#], "ok 👍 done"),
            (&[r#""\ud83d\udc4d""#, r#""\n""#], "👍\n"),
            (&[r#""\ud83d""#, r#""x""#], "\u{fffd}x"),
            (&[r#""\ud83d\ud83d""#, r#""\udc4d""#], "\u{fffd}👍"),
            (&[r#""\udc4d""#], "\u{fffd}"),
            (&[r#""a\ud83d""#], "a\u{fffd}"),
            (&["null", "7", "[]", r#""""#, r#""\"ä\"""#], "\"ä\""),
        ];
        for (pieces, expected) in cases {
            assert_eq!(joined(pieces), expected, "{pieces:?}");
        }
    }

    #[test]
    fn reasoning_in_tags_is_divided_wherever_the_text_is_cut() {
        let whole = "\n<think>I see <b> </thin</think>\n\nHello </think> <think>";
        for cut in 0..=whole.len() {
            let mut tags = ThinkTags::default();
            let (start, end) = whole.split_at(cut);
            let mut all = Divided::default();
            let last = |tags: &mut ThinkTags| tags.finish();
            for part in [
                tags.divide(start.to_owned()),
                tags.divide(end.to_owned()),
                last(&mut tags),
            ] {
                all.answer += &part.answer;
                all.reasoning += &part.reasoning;
            }
            assert_eq!(all.answer, "Hello </think> <think>", "cut at {cut}");
            assert_eq!(all.reasoning, "I see <b> </thin", "cut at {cut}");
        }
        let mut tags = ThinkTags::default();
        assert_eq!(tags.divide("<the".to_owned()).answer, "<the");
    }
}
