//! Seals secrets with the keys of `TROUPE_ENCRYPTION_KEYS`: XChaCha20-Poly1305, bound to the row that contains the
//! secret.
//!
//! The format is `version | length of the key's id | the key's id | nonce | ciphertext and tag`. Everything before the
//! nonce, and the table, column, account and row are authenticated with it, so that it cannot be opened anywhere else.

use chacha20poly1305::{
    KeyInit, XChaCha20Poly1305, XNonce,
    aead::{Aead, Payload},
};
use rand::Rng;

use crate::{
    domain::Secret,
    error::{Error, Result},
    port::{SecretLocation, Vault},
};

/// The first byte of every sealed secret. Another format has another version.
const VERSION: u8 = 1;
const NONCE_BYTES: usize = 24;
/// What a caller learns when there is no key; the log names the setting.
const NO_KEY: &str = "this installation has no key to encrypt secrets with; ask its operator";
/// What a caller learns when a key is missing; the log names it.
const KEY_IS_MISSING: &str =
    "a secret cannot be decrypted: this installation no longer has its key; ask its operator";

/// A vault with a key ring: the first key seals, every key opens.
pub struct KeyRingVault {
    keys: Vec<(String, XChaCha20Poly1305)>,
}

impl KeyRingVault {
    /// Creates a vault. The keys' ids have at most 255 bytes. Without keys, sealing is UNAVAILABLE.
    pub fn new(keys: impl IntoIterator<Item = (String, [u8; 32])>) -> Self {
        let cipher = |(id, bytes): (String, [u8; 32])| (id, XChaCha20Poly1305::new(&bytes.into()));
        Self {
            keys: keys.into_iter().map(cipher).collect(),
        }
    }
}

impl Vault for KeyRingVault {
    fn seal(&self, place: SecretLocation<'_>, secret: &Secret) -> Result<Vec<u8>> {
        let (id, cipher) = self.keys.first().ok_or_else(|| {
            Error::unavailable(NO_KEY).with_source(
                "TROUPE_ENCRYPTION_KEYS is not set: set it to id:key, where `openssl rand -base64 32` makes a key",
            )
        })?;
        let length = u8::try_from(id.len())
            .map_err(|error| Error::internal("naming the key of a secret").with_source(error))?;
        let mut sealed = vec![VERSION, length];
        sealed.extend_from_slice(id.as_bytes());
        let mut nonce = [0; NONCE_BYTES];
        rand::rng().fill_bytes(&mut nonce);
        let payload = Payload {
            msg: secret.reveal().as_bytes(),
            aad: &bound_to(&sealed, place),
        };
        // the cause is omitted on purpose, so that it reveals nothing
        let ciphertext = cipher
            .encrypt(&XNonce::from(nonce), payload)
            .map_err(|_| Error::internal("sealing a secret"))?;
        sealed.extend_from_slice(&nonce);
        sealed.extend_from_slice(&ciphertext);
        Ok(sealed)
    }

    fn open(&self, place: SecretLocation<'_>, sealed: &[u8]) -> Result<Secret> {
        let parts = SealedParts::read(sealed).ok_or_else(|| not_ours("it is no sealed secret"))?;
        let found = self.keys.iter().find(|(id, _)| id.as_bytes() == parts.key);
        let (_, cipher) = found.ok_or_else(|| {
            let id = String::from_utf8_lossy(parts.key).into_owned();
            Error::unavailable(KEY_IS_MISSING).with_source(format!(
                "TROUPE_ENCRYPTION_KEYS has no key {}",
                id.escape_debug()
            ))
        })?;
        let payload = Payload {
            msg: parts.ciphertext,
            aad: &bound_to(parts.header, place),
        };
        let opened = cipher
            .decrypt(&XNonce::from(parts.nonce), payload)
            .map_err(|_| not_ours("it was changed, or lies where it was not sealed for"))?;
        let opened = String::from_utf8(opened).map_err(|_| not_ours("it is no text"))?;
        Ok(Secret::new(opened))
    }
}

/// The parts of a sealed secret.
struct SealedParts<'a> {
    header: &'a [u8],
    key: &'a [u8],
    nonce: [u8; NONCE_BYTES],
    ciphertext: &'a [u8],
}

impl<'a> SealedParts<'a> {
    fn read(sealed: &'a [u8]) -> Option<Self> {
        let [VERSION, length, rest @ ..] = sealed else {
            return None;
        };
        let (key, rest) = rest.split_at_checked(usize::from(*length))?;
        let (nonce, ciphertext) = rest.split_first_chunk()?;
        Some(Self {
            header: sealed.get(..2 + key.len())?,
            key,
            nonce: *nonce,
            ciphertext,
        })
    }
}

/// The additional authenticated data. Each part is preceded by its length, so that parts cannot be confused.
fn bound_to(header: &[u8], place: SecretLocation<'_>) -> Vec<u8> {
    let account = place.account.uuid();
    let parts: [&[u8]; 5] = [
        header,
        place.table.as_bytes(),
        place.column.as_bytes(),
        account.as_bytes(),
        place.row.as_bytes(),
    ];
    let with_length = |part: &[u8]| [&(part.len() as u64).to_le_bytes(), part].concat();
    parts.into_iter().flat_map(with_length).collect()
}

fn not_ours(cause: &'static str) -> Error {
    Error::internal("opening a sealed secret").with_source(cause)
}
