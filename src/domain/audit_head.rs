//! The head of an audit log: its length and the hash of its last entry. A head commits to all entries before it.

use std::fmt;

use serde_json::json;

use crate::{
    domain::{AccountId, AuditKey, AuditKeys, canonical_json},
    error::{Error, Result},
};

/// The length of a log and the hash of its last entry, written as `12:ab34…`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AuditHead {
    /// The number of entries.
    pub length: i64,
    /// The hash of the last entry; zeros for an empty log.
    pub hash: [u8; 32],
}

/// A head's HMAC, which the account's row holds beside the log. Only a holder of the key can make one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AuditSeal {
    /// The id of the key.
    pub key: String,
    /// HMAC-SHA256 of the account and its head.
    pub mac: [u8; 32],
}

/// The result of checking a seal against a head.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SealState {
    /// There is no seal: the log has no key.
    Unsealed,
    /// The seal matches the head.
    Sealed,
    /// The seal does not match the head.
    Broken,
    /// The seal's key is not in the key ring.
    UnknownKey,
}

impl AuditHead {
    /// The head of a log without entries.
    pub const EMPTY: Self = Self {
        length: 0,
        hash: [0; 32],
    };

    /// Parses a head as [`Self`] displays it; `BAD_USER_INPUT` for any other text.
    pub fn parse(field: &str, text: &str) -> Result<Self> {
        let read = || {
            let (length, hash) = text.trim().split_once(':')?;
            let hash = data_encoding::HEXLOWER_PERMISSIVE.decode(hash.as_bytes());
            Some(Self {
                length: length.parse().ok().filter(|length| *length >= 0)?,
                hash: hash.ok()?.try_into().ok()?,
            })
        };
        read().ok_or_else(|| {
            Error::bad_input(
                field,
                "expected a head of an audit log: its length, a colon and 64 hexadecimal digits, as in 12:ab34…",
            )
        })
    }

    /// Seals this head of an account's log.
    pub fn seal(&self, account: AccountId, key: &AuditKey) -> AuditSeal {
        AuditSeal {
            key: key.id().to_owned(),
            mac: key.seal_head(self.message(account).as_bytes()),
        }
    }

    /// Checks the account's seal against this head.
    pub fn check(
        &self,
        account: AccountId,
        seal: Option<&AuditSeal>,
        keys: &AuditKeys,
    ) -> SealState {
        let Some(seal) = seal else {
            return SealState::Unsealed;
        };
        let Some(key) = keys.find(&seal.key) else {
            return SealState::UnknownKey;
        };
        if key.has_sealed(self.message(account).as_bytes(), &seal.mac) {
            SealState::Sealed
        } else {
            SealState::Broken
        }
    }

    fn message(&self, account: AccountId) -> String {
        canonical_json(&json!({
            "account": account.to_string(),
            "length": self.length,
            "hash": data_encoding::HEXLOWER.encode(&self.hash),
        }))
    }
}

impl fmt::Display for AuditHead {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{}:{}",
            self.length,
            data_encoding::HEXLOWER.encode(&self.hash)
        )
    }
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;

    #[test]
    fn a_head_is_parsed_from_its_text_form() {
        let head = AuditHead {
            length: 12,
            hash: [0xab; 32],
        };
        let written = head.to_string();
        assert!(written.starts_with("12:abab"), "{written}");
        assert_eq!(AuditHead::parse("head", &written).unwrap(), head);
        let copied = format!(" {}\n", written.to_uppercase());
        assert_eq!(AuditHead::parse("head", &copied).unwrap(), head);
        for wrong in ["", "12", ":", "12:ab", "-1:", "twelve:ab", &written[1..4]] {
            assert!(AuditHead::parse("head", wrong).is_err(), "{wrong}");
        }
        let negative = written.replacen("12", "-12", 1);
        assert!(AuditHead::parse("head", &negative).is_err());
    }

    #[test]
    fn a_seal_is_bound_to_one_head_account_and_key() {
        let keys = AuditKeys::derived_from([("a".to_owned(), [1; 32]), ("b".to_owned(), [2; 32])]);
        let (account, other) = (
            AccountId::from_uuid(Uuid::from_u128(1)),
            AccountId::from_uuid(Uuid::from_u128(2)),
        );
        let head = AuditHead {
            length: 2,
            hash: [7; 32],
        };
        let seal = head.seal(account, keys.current().unwrap());
        let check =
            |head: AuditHead, account, seal: &AuditSeal| head.check(account, Some(seal), &keys);
        assert_eq!(check(head, account, &seal), SealState::Sealed);
        assert_eq!(check(head, other, &seal), SealState::Broken);
        assert_eq!(
            check(AuditHead { length: 1, ..head }, account, &seal),
            SealState::Broken
        );
        assert_eq!(check(AuditHead::EMPTY, account, &seal), SealState::Broken);
        let renamed = |key: &str| AuditSeal {
            key: key.to_owned(),
            ..seal.clone()
        };
        assert_eq!(check(head, account, &renamed("b")), SealState::Broken);
        assert_eq!(check(head, account, &renamed("c")), SealState::UnknownKey);
        assert_eq!(head.check(account, None, &keys), SealState::Unsealed);
    }
}
