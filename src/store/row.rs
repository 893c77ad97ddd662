//! Conversion between rows and domain types: enums with the same variants on both sides, and JSON columns.

use sea_orm::JsonValue;
use serde::{Serialize, de::DeserializeOwned};

use crate::error::{Error, Result};

/// Converts between an enum of a table and one of the domain; a variant that only one of them has does not compile.
macro_rules! same_variants {
    ($row:ty, $domain:ty: $($variant:ident),+ $(,)?) => {
        impl From<$row> for $domain {
            fn from(row: $row) -> Self {
                match row {
                    $(<$row>::$variant => Self::$variant,)+
                }
            }
        }

        impl From<$domain> for $row {
            fn from(domain: $domain) -> Self {
                match domain {
                    $(<$domain>::$variant => Self::$variant,)+
                }
            }
        }
    };
}

pub(super) use same_variants;

/// Parses a JSON column; `column` names it for the log.
pub(super) fn from_json<T: DeserializeOwned>(column: &str, value: JsonValue) -> Result<T> {
    serde_json::from_value(value)
        .map_err(|cause| Error::internal(format!("read the column {column}")).with_source(cause))
}

/// Serializes a JSON column; `column` names it for the log.
pub(super) fn to_json<T: Serialize>(column: &str, value: &T) -> Result<JsonValue> {
    serde_json::to_value(value)
        .map_err(|cause| Error::internal(format!("write the column {column}")).with_source(cause))
}
