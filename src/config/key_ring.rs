//! The key ring that seals secrets.

use std::fmt;

use base64::{
    Engine,
    alphabet::STANDARD,
    engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig},
};

use super::reader::Section;
use crate::domain::{LONGEST_KEY_ID, is_key_id};

/// The size of a key, in bytes.
const KEY_BYTES: usize = 32;
/// Base64 with optional padding, because people copy both forms.
const BASE64: GeneralPurpose = GeneralPurpose::new(
    &STANDARD,
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

/// `TROUPE_ENCRYPTION_KEYS`, `id:base64,…` of 32 bytes each: the first key seals, all keys open.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeyRing {
    sealing: EncryptionKey,
    older: Vec<EncryptionKey>,
}

/// A key of the ring.
#[derive(Clone, PartialEq, Eq)]
pub struct EncryptionKey {
    /// The key's id, which every secret that it sealed names.
    pub id: String,
    /// The secret key.
    pub bytes: [u8; KEY_BYTES],
}

impl fmt::Debug for EncryptionKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "<key {}>", self.id)
    }
}

impl KeyRing {
    /// A ring of the sealing key and the older keys.
    pub fn new(sealing: EncryptionKey, older: Vec<EncryptionKey>) -> Self {
        Self { sealing, older }
    }

    /// The key that seals new secrets.
    pub fn sealing(&self) -> &EncryptionKey {
        &self.sealing
    }

    /// All keys, the sealing one first.
    pub fn keys(&self) -> impl Iterator<Item = &EncryptionKey> {
        std::iter::once(&self.sealing).chain(&self.older)
    }

    /// The ids of all keys, the sealing one first.
    pub fn ids(&self) -> Vec<String> {
        self.keys().map(|key| key.id.clone()).collect()
    }

    /// The key with this id.
    pub fn find(&self, id: &str) -> Option<&EncryptionKey> {
        self.keys().find(|key| key.id == id)
    }

    pub(super) fn read(section: &mut Section<'_, '_>) -> Option<Self> {
        let items = section.list("encryption_keys")?;
        let mut keys: Vec<EncryptionKey> = Vec::new();
        for (index, item) in items.iter().enumerate() {
            let place = format!("key {} of {}", index + 1, items.len());
            match parse(item) {
                Ok(key) if keys.iter().any(|other| other.id == key.id) => section.problem(
                    "encryption_keys",
                    &format!(
                        "{place} has the id {} of an earlier one; each needs its own",
                        key.id
                    ),
                ),
                Ok(key) => keys.push(key),
                Err(reason) => section.problem(
                    "encryption_keys",
                    &format!("{place} {reason}; `openssl rand -base64 32` makes a key"),
                ),
            }
        }
        let mut keys = keys.into_iter();
        keys.next()
            .map(|sealing| Self::new(sealing, keys.collect()))
    }
}

/// Parses `id:base64`; the error never repeats the input.
fn parse(item: &str) -> Result<EncryptionKey, String> {
    let (id, encoded) = item
        .split_once(':')
        .ok_or("has no id, expected id:base64")?;
    if !is_key_id(id) {
        return Err(format!(
            "has an id that is not 1 to {LONGEST_KEY_ID} of a-z, 0-9, - and _"
        ));
    }
    let bytes = BASE64
        .decode(encoded)
        .map_err(|_| format!("({id}) is not base64"))?;
    let length = bytes.len();
    let bytes = bytes
        .try_into()
        .map_err(|_| format!("({id}) has {length} bytes, expected {KEY_BYTES}"))?;
    Ok(EncryptionKey {
        id: id.to_owned(),
        bytes,
    })
}
