//! The public keys of an identity provider, read from its JWKS (RFC 7517). A key that cannot be used is left out.

use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use jsonwebtoken::DecodingKey;
use serde::Deserialize;
use serde_json::Value;

use crate::domain::SignatureAlgorithm;

/// The maximum number of keys that are read.
const MOST_KEYS: usize = 100;
/// The sizes of the modulus of an RSA key that ring verifies with, in bytes.
const MODULUS_BYTES: std::ops::RangeInclusive<usize> = 256..=1024;

/// The usable keys of an identity provider.
#[derive(Debug, Default)]
pub(super) struct KeySet(Vec<VerificationKey>);

/// A public key.
#[derive(Debug)]
struct VerificationKey {
    kid: Option<String>,
    kind: KeyKind,
    /// The only algorithm that it is for; none for every one of its kind.
    algorithm: Option<SignatureAlgorithm>,
    key: DecodingKey,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum KeyKind {
    Rsa,
    P256,
    P384,
    Ed25519,
}

/// The key that a token asks for.
#[derive(Debug, Clone, Copy)]
pub(super) struct KeyQuery<'a> {
    pub(super) kid: Option<&'a str>,
    pub(super) algorithm: SignatureAlgorithm,
}

/// The answer to a [`KeyQuery`].
pub(super) enum Choice<'a> {
    /// The key.
    Key(&'a DecodingKey),
    /// There is a key, and it is not for the algorithm; or there are several, and the token names none.
    Unfit,
    /// There is no key with this id.
    Unknown,
}

#[derive(Deserialize)]
struct JsonWebKeySet {
    keys: Vec<Value>,
}

/// The fields of a key that are read: <https://www.rfc-editor.org/rfc/rfc7518#section-6>.
#[derive(Deserialize)]
struct JsonWebKey {
    kty: String,
    #[serde(rename = "use")]
    usage: Option<String>,
    key_ops: Option<Vec<String>>,
    alg: Option<String>,
    kid: Option<String>,
    crv: Option<String>,
    n: Option<String>,
    e: Option<String>,
    x: Option<String>,
    y: Option<String>,
}

impl KeySet {
    /// Reads a JWKS; none when it is not one. A key of another use, of an unknown type or with missing fields is left
    /// out, as are those after the first hundred.
    pub(super) fn parse(json: &[u8]) -> Option<Self> {
        let JsonWebKeySet { keys } = serde_json::from_slice(json).ok()?;
        let keys = keys.into_iter().take(MOST_KEYS);
        let keys = keys.filter_map(|key| serde_json::from_value::<JsonWebKey>(key).ok());
        Some(Self(
            keys.filter_map(|key| VerificationKey::of(&key)).collect(),
        ))
    }

    /// The key that a token asks for. A token that names no key is verified only if there is a single one.
    pub(super) fn choose(&self, query: &KeyQuery<'_>) -> Choice<'_> {
        let fits = |key: &&VerificationKey| key.fits(query.algorithm);
        let Some(kid) = query.kid else {
            return match self.0.as_slice() {
                [only] if fits(&only) => Choice::Key(&only.key),
                _ => Choice::Unfit,
            };
        };
        let mut named = self.0.iter().filter(|key| key.kid.as_deref() == Some(kid));
        let Some(first) = named.next() else {
            return Choice::Unknown;
        };
        let mut named = std::iter::once(first).chain(named);
        named
            .find(fits)
            .map_or(Choice::Unfit, |key| Choice::Key(&key.key))
    }
}

impl VerificationKey {
    fn of(key: &JsonWebKey) -> Option<Self> {
        let is_for_signatures = key.usage.as_deref().is_none_or(|usage| usage == "sig");
        let operations = key.key_ops.as_ref();
        let verifies = operations.is_none_or(|all| all.iter().any(|one| one == "verify"));
        if !is_for_signatures || !verifies {
            return None;
        }
        let (kind, decoding_key) = match (key.kty.as_str(), key.crv.as_deref()) {
            ("RSA", _) => (KeyKind::Rsa, rsa(key)?),
            ("EC", Some("P-256")) => (KeyKind::P256, point(key, 32)?),
            ("EC", Some("P-384")) => (KeyKind::P384, point(key, 48)?),
            ("OKP", Some("Ed25519")) => {
                let x = sized(key.x.as_ref(), 32)?;
                (KeyKind::Ed25519, DecodingKey::from_ed_der(&x))
            }
            _ => return None,
        };
        let algorithm = match &key.alg {
            // a key for an algorithm that is not accepted is no key
            Some(name) => Some(SignatureAlgorithm::named(name)?),
            None => None,
        };
        Some(Self {
            kid: key.kid.clone(),
            kind,
            algorithm,
            key: decoding_key,
        })
    }

    fn fits(&self, algorithm: SignatureAlgorithm) -> bool {
        use SignatureAlgorithm::{EdDsa, Es256, Es384, Ps256, Ps384, Ps512, Rs256, Rs384, Rs512};
        let kind = match algorithm {
            Rs256 | Rs384 | Rs512 | Ps256 | Ps384 | Ps512 => KeyKind::Rsa,
            Es256 => KeyKind::P256,
            Es384 => KeyKind::P384,
            EdDsa => KeyKind::Ed25519,
        };
        kind == self.kind && self.algorithm.is_none_or(|only| only == algorithm)
    }
}

fn rsa(key: &JsonWebKey) -> Option<DecodingKey> {
    let (modulus, exponent) = (decoded(key.n.as_ref())?, decoded(key.e.as_ref())?);
    let (modulus, exponent) = (without_zeros(&modulus), without_zeros(&exponent));
    let is_usable = MODULUS_BYTES.contains(&modulus.len()) && !exponent.is_empty();
    is_usable.then(|| DecodingKey::from_rsa_raw_components(modulus, exponent))
}

/// An uncompressed point on a curve.
fn point(key: &JsonWebKey, bytes: usize) -> Option<DecodingKey> {
    let (x, y) = (sized(key.x.as_ref(), bytes)?, sized(key.y.as_ref(), bytes)?);
    Some(DecodingKey::from_ec_der(&[&[4], x.as_slice(), &y].concat()))
}

fn sized(text: Option<&String>, bytes: usize) -> Option<Vec<u8>> {
    decoded(text).filter(|decoded| decoded.len() == bytes)
}

/// Some providers pad.
fn decoded(text: Option<&String>) -> Option<Vec<u8>> {
    let text = text?.trim_end_matches('=');
    BASE64_URL_SAFE_NO_PAD.decode(text).ok()
}

/// Some providers write a sign byte, which ring refuses.
fn without_zeros(bytes: &[u8]) -> &[u8] {
    let zeros = bytes.iter().take_while(|byte| **byte == 0).count();
    bytes.get(zeros..).unwrap_or_default()
}
