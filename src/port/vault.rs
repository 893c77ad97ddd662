//! Seals secrets for storage in the tables.

use crate::{
    domain::{AccountId, SealedColumn, Secret},
    error::Result,
};

/// The location of a sealed secret. The secret can be opened at this location only.
#[derive(Debug, Clone, Copy)]
pub struct SecretLocation<'a> {
    /// The table.
    pub table: &'a str,
    /// The column.
    pub column: &'a str,
    /// The account that owns the row.
    pub account: AccountId,
    /// The row.
    pub row: uuid::Uuid,
}

impl SecretLocation<'static> {
    /// The location of a stored secret; a row of the operator has no account.
    pub fn of_stored(column: SealedColumn, account: Option<AccountId>, row: uuid::Uuid) -> Self {
        Self {
            table: column.table(),
            column: column.column(),
            account: account.unwrap_or_else(|| AccountId::from_uuid(uuid::Uuid::nil())),
            row,
        }
    }
}

/// Seals and opens secrets.
pub trait Vault: Send + Sync {
    /// Seals a secret for a location. UNAVAILABLE, with what to configure, when there is no key.
    fn seal(&self, place: SecretLocation<'_>, secret: &Secret) -> Result<Vec<u8>>;

    /// Opens a secret that was sealed for this location. UNAVAILABLE when its key is not in the key ring; INTERNAL when
    /// the secret was changed, or was sealed for another location.
    fn open(&self, place: SecretLocation<'_>, sealed: &[u8]) -> Result<Secret>;
}
