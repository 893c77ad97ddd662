//! Opens the database, and checks that a process can work with it.

use std::time::Duration;

use futures::{FutureExt, future::BoxFuture};
use tokio::time::{Instant, sleep};

use super::{keys, knowledge};
use crate::{
    config::Config,
    domain::RowSecurity,
    error::{Error, Result},
    service::SetupService,
    store::{Store, StoreOptions, is_busy},
};

/// The time for which a process that starts waits for a database that does not answer or is too busy.
const PATIENCE: Duration = Duration::from_secs(30);
/// The pause before the next try.
const PAUSE: Duration = Duration::from_millis(500);

/// Opens only the database, for commands that need nothing else.
pub async fn open_store(config: &Config) -> Result<Store> {
    let database = &config.database;
    let store = Store::open(&StoreOptions {
        url: database.url.clone(),
        read_url: database.read_url.clone(),
        max_connections: database.max_connections,
        row_security: database.row_security,
        durability: database.durability,
    })
    .await?;
    Ok(store
        .with_audit_keys(knowledge::audit_keys(config))
        .with_quotas(config.quotas.clone()))
}

/// Repeats a step of a process's start, which may be repeated, while the database does not answer or is too busy: the
/// processes beside it, which keep the database busy, are often the reason for the start.
pub(super) async fn patiently<'a, T>(step: impl Fn() -> BoxFuture<'a, Result<T>>) -> Result<T> {
    let deadline = Instant::now() + PATIENCE;
    loop {
        match step().await {
            Err(error) if is_busy(&error) && Instant::now() < deadline => {
                tracing::warn!(
                    cause = error.cause(),
                    "the start waits for the database, which does not answer or is too busy"
                );
                sleep(PAUSE).await;
            }
            outcome => return outcome,
        }
    }
}

/// Checks the database as [`check`] does, and brings what this version ships with into its tables.
pub(super) async fn prepare(config: &Config, store: &Store, setup: &SetupService) -> Result<()> {
    let step = || async {
        check(config, store).await?;
        setup.publish_shipped(&config.templates).await?;
        setup.register_built_in().await
    };
    patiently(|| step().boxed()).await
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
