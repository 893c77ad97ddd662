//! Opens the database, and checks that a process can work with it.

use super::{keys, knowledge};
use crate::{
    config::Config,
    domain::RowSecurity,
    error::{Error, Result},
    store::{Store, StoreOptions},
};

/// Opens only the database, for commands that need nothing else.
pub async fn open_store(config: &Config) -> Result<Store> {
    let database = &config.database;
    let store = Store::open(&StoreOptions {
        url: database.url.clone(),
        read_url: database.read_url.clone(),
        max_connections: database.max_connections,
        row_security: database.row_security,
    })
    .await?;
    Ok(store
        .with_audit_keys(knowledge::audit_keys(config))
        .with_quotas(config.quotas.clone()))
}

/// UNAVAILABLE when the tables are not of this version, when the policies of rows are required and do not hold, or when a
/// key is missing that has sealed a value.
pub(super) async fn check(config: &Config, store: &Store) -> Result<()> {
    if !store.is_migrated().await? {
        return Err(Error::unavailable(
            "the database's tables are not those of this version: run `troupe migrate up`",
        ));
    }
    match config.database.row_security {
        RowSecurity::Off => store.platform().refuse_row_security().await?,
        RowSecurity::Prepared => {}
        RowSecurity::Required => store.platform().require_row_security().await?,
    }
    keys::require(config, store).await
}
