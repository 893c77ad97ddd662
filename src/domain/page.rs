//! Pages of a list, by position instead of offset: rows that are added or removed between two pages disturb neither.

use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use uuid::Uuid;

use crate::{
    domain::{Id, IdKind, text::excerpt},
    error::{Error, Result},
};

/// The part of a list to return.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PageRequest {
    /// The maximum number of items, 1 to 100.
    pub limit: u64,
    /// Only items after this position.
    pub after: Option<Position>,
    /// Only items before this position.
    pub before: Option<Position>,
    /// Whether to return the last items of the range instead of the first; the order of the list stays the same.
    pub from_end: bool,
}

/// A part of a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Page<T> {
    /// The items in the list's order.
    pub items: Vec<T>,
    /// Whether the list has items before the page.
    pub has_previous: bool,
    /// Whether the list has items after the page.
    pub has_next: bool,
}

/// A position in a list: the sort value, and the id that orders equal values.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Position {
    /// The value that the list is sorted by; none for a list that is sorted by id.
    pub sort: Option<String>,
    /// The id of the item.
    pub id: Uuid,
}

impl Position {
    /// The position of an item in a list that is sorted by id.
    pub fn of<K: IdKind>(id: Id<K>) -> Self {
        Self {
            sort: None,
            id: id.uuid(),
        }
    }

    /// The opaque cursor for clients; valid only for the list that `scope` names.
    pub fn encode(&self, scope: &str) -> String {
        let payload = self.payload();
        let mut bytes = checksum(scope, &payload).to_vec();
        bytes.extend(payload);
        BASE64_URL_SAFE_NO_PAD.encode(bytes)
    }

    /// Parses a cursor of the list that `scope` names; `field` is the input's path in errors.
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

/// Binds a cursor to its list. A checksum that catches mistakes is enough, since a cursor grants no access.
fn checksum(scope: &str, payload: &[u8]) -> [u8; 4] {
    let mut hasher = crc32fast::Hasher::new();
    hasher.update(scope.as_bytes());
    hasher.update(&[0]);
    hasher.update(payload);
    hasher.finalize().to_be_bytes()
}
