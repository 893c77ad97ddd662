//! Holds back the bytes of a character until the last of them has arrived.

/// A buffer that takes bytes and returns whole characters.
#[derive(Default)]
pub(crate) struct Utf8Buffer {
    pending: Vec<u8>,
}

impl Utf8Buffer {
    /// Adds bytes; returns all complete characters. Bytes that can never become a character are replaced by U+FFFD;
    /// bytes that still can are kept.
    pub(crate) fn push(&mut self, bytes: &[u8]) -> String {
        self.pending.extend_from_slice(bytes);
        let mut text = String::new();
        let mut kept = 0;
        let mut chunks = self.pending.utf8_chunks().peekable();
        while let Some(chunk) = chunks.next() {
            text.push_str(chunk.valid());
            let invalid = chunk.invalid();
            if !invalid.is_empty() {
                if chunks.peek().is_none() && could_grow(invalid) {
                    kept = invalid.len();
                } else {
                    text.push(char::REPLACEMENT_CHARACTER);
                }
            }
        }
        self.pending.drain(..self.pending.len() - kept);
        text
    }
}

/// Whether the bytes are the beginning of a character whose end is missing.
fn could_grow(bytes: &[u8]) -> bool {
    std::str::from_utf8(bytes).is_err_and(|error| error.error_len().is_none())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_character_appears_with_its_last_byte() {
        let mut buffer = Utf8Buffer::default();
        let bytes = "🦀".as_bytes();
        assert_eq!(buffer.push(b"a "), "a ");
        assert_eq!(buffer.push(&bytes[..1]), "");
        assert_eq!(buffer.push(&bytes[1..3]), "");
        assert_eq!(buffer.push(&[bytes[3], b'!']), "🦀!");
    }

    #[test]
    fn bytes_that_are_no_text_are_replaced_and_do_not_block() {
        let mut buffer = Utf8Buffer::default();
        assert_eq!(buffer.push(&[0xFF, b'a']), "\u{FFFD}a");
        assert_eq!(buffer.push(&[0xF0, 0x9F]), "");
        assert_eq!(buffer.push(b"b"), "\u{FFFD}b");
    }

    #[test]
    fn an_invalid_byte_before_an_incomplete_character_keeps_only_the_latter() {
        let mut buffer = Utf8Buffer::default();
        assert_eq!(buffer.push(&[0xC3, 0xC3]), "\u{FFFD}");
        assert_eq!(buffer.push(&[0xA4]), "ä");
    }
}
