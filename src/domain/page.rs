//! Pages of a list, by the place in it and not by number: rows that come or go between two pages disturb neither.

use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use uuid::Uuid;

use crate::{
    domain::{Id, IdKind, text::excerpt},
    error::{Error, Result},
};

/// Which part of a list is asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PageRequest {
    /// At most this many, 1 to 100.
    pub limit: u64,
    /// Only what comes after it.
    pub after: Option<Position>,
    /// Only what comes before it.
    pub before: Option<Position>,
    /// The last ones of what is left, not the first ones; in the list's own order all the same.
    pub from_end: bool,
}

/// A part of a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Page<T> {
    /// The items in the list's order.
    pub items: Vec<T>,
    /// Something stands before them.
    pub has_previous: bool,
    /// Something stands after them.
    pub has_next: bool,
}

/// A place in a list: what it is sorted by, and the id that settles ties.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Position {
    /// The value that the list is sorted by; none when it is sorted by id.
    pub sort: Option<String>,
    /// The id.
    pub id: Uuid,
}

impl Position {
    /// The place of an item in a list that is sorted by id.
    pub fn of<K: IdKind>(id: Id<K>) -> Self {
        Self {
            sort: None,
            id: id.uuid(),
        }
    }

    /// The text that clients hold; good only for the list that `scope` names.
    pub fn encode(&self, scope: &str) -> String {
        let payload = self.payload();
        let mut bytes = checksum(scope, &payload).to_vec();
        bytes.extend(payload);
        BASE64_URL_SAFE_NO_PAD.encode(bytes)
    }

    /// Reads a cursor given as `field`; one of another list is refused.
    pub fn parse(field: &str, scope: &str, text: &str) -> Result<Self> {
        let wrong = || {
            Error::bad_input(
                field,
                format!(
                    "\"{}\" is not a cursor of this list, expected one of its `cursor`, `startCursor` or `endCursor`",
                    excerpt(text)
                ),
            )
        };
        let bytes = BASE64_URL_SAFE_NO_PAD.decode(text).map_err(|_| wrong())?;
        let (sum, payload) = bytes.split_at_checked(4).ok_or_else(wrong)?;
        if sum != checksum(scope, payload) {
            return Err(wrong());
        }
        let (id, sort) = payload.split_at_checked(16).ok_or_else(wrong)?;
        let sort = String::from_utf8(sort.to_vec()).map_err(|_| wrong())?;
        Ok(Self {
            sort: (!sort.is_empty()).then_some(sort),
            id: Uuid::from_slice(id).map_err(|_| wrong())?,
        })
    }

    fn payload(&self) -> Vec<u8> {
        let mut bytes = self.id.as_bytes().to_vec();
        bytes.extend(self.sort.iter().flat_map(|sort| sort.bytes()));
        bytes
    }
}

/// Ties a cursor to its list: a mistake is caught, and nothing more is needed, since a cursor opens no door.
fn checksum(scope: &str, payload: &[u8]) -> [u8; 4] {
    let mut hasher = crc32fast::Hasher::new();
    hasher.update(scope.as_bytes());
    hasher.update(&[0]);
    hasher.update(payload);
    hasher.finalize().to_be_bytes()
}
