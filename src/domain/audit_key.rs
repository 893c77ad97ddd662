//! The keys of audit logs: a writer of the database without a key cannot make a valid entry.

use std::fmt;

use hmac::{Hmac, KeyInit, Mac};
use serde_json::json;
use sha2::{Digest, Sha256};

use crate::domain::{AccountId, canonical_json};

/// The block size of SHA-256 in bytes; HMAC pads a key to it.
const BLOCK: usize = 64;

/// The audit keys derived from a key of `TROUPE_ENCRYPTION_KEYS`: one for entries, one for heads and one for
/// the fingerprints of erased people, so that none can stand for another, and none is the key that seals secrets.
pub struct AuditKey {
    id: String,
    entries: [u8; BLOCK],
    heads: [u8; BLOCK],
    people: [u8; BLOCK],
}

impl AuditKey {
    /// Derives the audit keys from the ring's key with this id.
    pub fn derived_from(id: String, ring_key: [u8; 32]) -> Self {
        let ring_key = padded(ring_key);
        Self {
            id,
            entries: padded(hmac(&ring_key, b"troupe audit entry 1").finish()),
            heads: padded(hmac(&ring_key, b"troupe audit head 1").finish()),
            people: padded(hmac(&ring_key, b"troupe erased person 1").finish()),
        }
    }

    /// The id of the ring's key.
    pub fn id(&self) -> &str {
        &self.id
    }

    /// HMAC-SHA256 of an entry.
    pub(super) fn hash_entry(&self, entry: &[u8]) -> [u8; 32] {
        hmac(&self.entries, entry).finish()
    }

    /// HMAC-SHA256 of a head.
    pub(super) fn seal_head(&self, head: &[u8]) -> [u8; 32] {
        hmac(&self.heads, head).finish()
    }

    /// Whether a head was sealed with this key; a comparison in constant time.
    pub(super) fn has_sealed(&self, head: &[u8], seal: &[u8; 32]) -> bool {
        hmac(&self.heads, head).0.verify(&(*seal).into()).is_ok()
    }
}

impl fmt::Debug for AuditKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "<audit key {}>", self.id)
    }
}

/// An HMAC whose message is complete, to be read or verified.
struct Authenticated(Hmac<Sha256>);

impl Authenticated {
    fn finish(self) -> [u8; 32] {
        self.0.finalize().into_bytes().into()
    }
}

fn hmac(key: &[u8; BLOCK], message: &[u8]) -> Authenticated {
    let mut mac = Hmac::<Sha256>::new(&(*key).into());
    mac.update(message);
    Authenticated(mac)
}

fn padded(key: [u8; 32]) -> [u8; BLOCK] {
    let mut block = [0; BLOCK];
    for (place, byte) in block.iter_mut().zip(key) {
        *place = byte;
    }
    block
}

/// The audit keys of the key ring; when it is empty, logs are chains of plain hashes.
#[derive(Debug, Default)]
pub struct AuditKeys {
    keys: Vec<AuditKey>,
}

impl AuditKeys {
    /// Derives the audit keys of a key ring, the current one first.
    pub fn derived_from(ring: impl IntoIterator<Item = (String, [u8; 32])>) -> Self {
        let derive = |(id, key)| AuditKey::derived_from(id, key);
        Self {
            keys: ring.into_iter().map(derive).collect(),
        }
    }

    /// The key for new entries.
    pub fn current(&self) -> Option<&AuditKey> {
        self.keys.first()
    }

    /// The fingerprints of a person whom an account names so, the one to store first: an HMAC under each key and, in an
    /// installation without keys or from before it had one, a plain SHA-256.
    pub fn fingerprints(&self, account: AccountId, end_user: &str) -> Vec<[u8; 32]> {
        let person = canonical_json(&json!({"account": account.to_string(), "endUser": end_user}));
        let keyed = self
            .keys
            .iter()
            .map(|key| hmac(&key.people, person.as_bytes()).finish());
        keyed
            .chain([Sha256::digest(person.as_bytes()).into()])
            .collect()
    }

    /// The key with this id.
    pub fn find(&self, id: &str) -> Option<&AuditKey> {
        self.keys.iter().find(|key| key.id == id)
    }
}

/// The hash of an entry: an HMAC with a key, else a plain SHA-256.
pub(super) fn hash_under(key: Option<&AuditKey>, entry: &[u8]) -> [u8; 32] {
    match key {
        Some(key) => key.hash_entry(entry),
        None => Sha256::digest(entry).into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn entries_and_heads_use_different_keys() {
        let keys =
            AuditKeys::derived_from([("new".to_owned(), [1; 32]), ("old".to_owned(), [2; 32])]);
        let (new, old) = (keys.current().unwrap(), keys.find("old").unwrap());
        assert_eq!(new.id(), "new");
        assert!(keys.find("other").is_none());
        let macs = [
            new.hash_entry(b"a"),
            new.seal_head(b"a"),
            old.hash_entry(b"a"),
            old.seal_head(b"a"),
            hash_under(None, b"a"),
        ];
        for (number, mac) in macs.iter().enumerate() {
            assert!(!macs[..number].contains(mac), "{number}");
        }
        assert!(new.has_sealed(b"a", &macs[1]));
        assert!(!old.has_sealed(b"a", &macs[1]));
        assert!(!new.has_sealed(b"b", &macs[1]));
        assert!(!format!("{keys:?}").contains('1'), "{keys:?}");
    }

    #[test]
    fn a_hash_is_hmac_sha256() {
        // RFC 4231, test case 1; its key of 20 bytes is padded like a key of 32
        let mut key = [0; BLOCK];
        key[..20].fill(0x0b);
        let mac = data_encoding::HEXLOWER.encode(&hmac(&key, b"Hi There").finish());
        assert_eq!(
            mac,
            "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7"
        );
    }
}
