//! A sealed secret opens only in its own context, with a key of the ring, and unchanged.

use uuid::Uuid;

use super::id;
use crate::{
    adapter::vault::KeyRingVault,
    domain::{AccountId, Secret},
    error::Kind,
    port::{SecretLocation, Vault},
};

const OLD: (&str, [u8; 32]) = ("2023", [7; 32]);
const NEW: (&str, [u8; 32]) = ("2024", [8; 32]);

fn vault<const N: usize>(keys: [(&str, [u8; 32]); N]) -> KeyRingVault {
    KeyRingVault::new(keys.map(|(id, bytes)| (id.to_owned(), bytes)))
}

fn a_place() -> SecretLocation<'static> {
    SecretLocation {
        table: "vector_db_config",
        column: "credentials",
        account: id(),
        row: Uuid::now_v7(),
    }
}

#[test]
fn a_secret_opens_in_the_context_it_was_sealed_for() {
    let (vault, place) = (vault([NEW]), a_place());
    for text in ["pcsk_a-key", "", "ключ 🔑", &"long ".repeat(10_000)] {
        let secret = Secret::new(text);
        let sealed = vault.seal(place, &secret).unwrap();
        assert_eq!(vault.open(place, &sealed).unwrap(), secret);
        let again = vault.seal(place, &secret).unwrap();
        assert_ne!(again, sealed, "the nonce was used twice");
        let shown = String::from_utf8_lossy(&sealed).into_owned();
        assert!(text.is_empty() || !shown.contains(text));
    }
}

#[test]
fn a_secret_opens_in_no_other_context() {
    let (vault, place) = (vault([NEW]), a_place());
    let sealed = vault.seal(place, &Secret::new("pcsk_a-key")).unwrap();
    let elsewhere = [
        SecretLocation {
            table: "vector_db_confi",
            ..place
        },
        // the same characters, split differently between table and column
        SecretLocation {
            table: "vector_db_configc",
            column: "redentials",
            ..place
        },
        SecretLocation {
            column: "credential",
            ..place
        },
        SecretLocation {
            account: id(),
            ..place
        },
        SecretLocation {
            row: Uuid::now_v7(),
            ..place
        },
        SecretLocation {
            account: AccountId::from_uuid(place.row),
            row: place.account.uuid(),
            ..place
        },
    ];
    for elsewhere in elsewhere {
        let error = vault.open(elsewhere, &sealed).unwrap_err();
        assert_eq!(*error.kind(), Kind::Internal, "{elsewhere:?}");
    }
    assert!(vault.open(place, &sealed).is_ok());
}

#[test]
fn a_changed_or_truncated_secret_does_not_open() {
    let (vault, place) = (vault([NEW, OLD]), a_place());
    let sealed = vault.seal(place, &Secret::new("pcsk_a-key")).unwrap();
    for at in 0..sealed.len() {
        for bit in 0..8 {
            let mut changed = sealed.clone();
            changed[at] ^= 1 << bit;
            let error = vault.open(place, &changed).unwrap_err();
            // A changed id names a key that is not in the ring.
            let expected = [Kind::Internal, Kind::Unavailable];
            assert!(expected.contains(error.kind()), "byte {at}: {error:?}");
        }
        assert!(
            vault.open(place, &sealed[..at]).is_err(),
            "the first {at} bytes"
        );
        assert!(
            vault.open(place, &sealed[at + 1..]).is_err(),
            "all after {at}"
        );
    }
    let longer = [sealed.as_slice(), &[0]].concat();
    assert!(vault.open(place, &longer).is_err());
    // The header names another key of the ring.
    let mut renamed = sealed.clone();
    renamed[2..6].copy_from_slice(OLD.0.as_bytes());
    assert_eq!(
        *vault.open(place, &renamed).unwrap_err().kind(),
        Kind::Internal
    );
}

#[test]
fn the_first_key_seals_and_every_key_opens() {
    let (place, secret) = (a_place(), Secret::new("pcsk_a-key"));
    let before = vault([OLD]).seal(place, &secret).unwrap();
    let rotated = vault([NEW, OLD]);
    assert_eq!(rotated.open(place, &before).unwrap(), secret);
    let after = rotated.seal(place, &secret).unwrap();
    assert_eq!(vault([NEW]).open(place, &after).unwrap(), secret);
    let error = vault([NEW]).open(place, &before).unwrap_err();
    assert_eq!(*error.kind(), Kind::Unavailable);
    assert!(error.message().contains("no longer has its key"));
    assert_eq!(
        error.cause().unwrap(),
        "TROUPE_ENCRYPTION_KEYS has no key 2023"
    );
    let error = vault([("2023", NEW.1)]).open(place, &before).unwrap_err();
    assert_eq!(
        *error.kind(),
        Kind::Internal,
        "another key of the same name"
    );
}

#[test]
fn without_a_key_nothing_is_sealed() {
    let place = a_place();
    let error = vault([])
        .seal(place, &Secret::new("pcsk_a-key"))
        .unwrap_err();
    assert_eq!(*error.kind(), Kind::Unavailable);
    assert!(error.message().contains("ask its operator"), "{error:?}");
    let shown = format!("{error:?} {:?}", error.cause());
    assert!(!shown.contains("a-key"));
    let sealed = vault([NEW])
        .seal(place, &Secret::new("pcsk_a-key"))
        .unwrap();
    assert_eq!(
        *vault([]).open(place, &sealed).unwrap_err().kind(),
        Kind::Unavailable
    );
}
