//! Byte-level vocabularies write every byte as one printable character; this converts tokens back to bytes.

use std::collections::HashMap;

/// The byte of each printable character.
pub(crate) struct ByteLevel(HashMap<char, u8>);

impl ByteLevel {
    /// Printable bytes are written as themselves, the others as the code points from 256 on.
    pub(crate) fn new() -> Self {
        let mut invented = (256_u32..).filter_map(char::from_u32);
        let spelled = (0..=u8::MAX).filter_map(|byte| {
            let printable = matches!(byte, b'!'..=b'~' | 0xA1..=0xAC | 0xAE..=0xFF);
            let stand_in = if printable {
                Some(char::from(byte))
            } else {
                invented.next()
            };
            stand_in.map(|stand_in| (stand_in, byte))
        });
        Self(spelled.collect())
    }

    /// The bytes of a token. A character outside the alphabet is kept as its UTF-8 bytes.
    pub(crate) fn bytes(&self, token: &str) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(token.len());
        for character in token.chars() {
            match self.0.get(&character) {
                Some(byte) => bytes.push(*byte),
                None => bytes.extend_from_slice(character.encode_utf8(&mut [0; 4]).as_bytes()),
            }
        }
        bytes
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_space_and_a_split_letter_come_back_as_their_bytes() {
        let alphabet = ByteLevel::new();
        assert_eq!(alphabet.bytes("Ġthe"), b" the");
        assert_eq!(alphabet.bytes("Ã¤"), "ä".as_bytes());
        assert_eq!(alphabet.bytes("Ċ"), b"\n");
    }

    #[test]
    fn every_byte_has_one_stand_in() {
        assert_eq!(ByteLevel::new().0.len(), 256);
    }
}
