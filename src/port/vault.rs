//! Seals secrets that the tables keep.

use crate::{
    domain::{AccountId, Secret},
    error::Result,
};

/// Where a sealed secret lies. It opens nowhere else.
#[derive(Debug, Clone, Copy)]
pub struct Sealed<'a> {
    /// The table.
    pub table: &'a str,
    /// The column.
    pub column: &'a str,
    /// Whose row it is.
    pub account: AccountId,
    /// The row.
    pub row: uuid::Uuid,
}

/// Seals secrets and opens them.
pub trait Vault: Send + Sync {
    /// Seals a secret for a place. UNAVAILABLE, with what to configure, when there is no key.
    fn seal(&self, place: Sealed<'_>, secret: &Secret) -> Result<Vec<u8>>;

    /// Opens what was sealed for this place. UNAVAILABLE when its key is not in the ring; INTERNAL when it was changed,
    /// or lies where it was not sealed for.
    fn open(&self, place: Sealed<'_>, sealed: &[u8]) -> Result<Secret>;
}
