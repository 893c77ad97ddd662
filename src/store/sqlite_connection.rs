//! How a connection to a SQLite file is opened, and when it may be used again.

use std::time::Duration;

use sea_orm::{
    ConnectOptions, SqlxError,
    sqlx::{Connection, SqliteConnection},
};

use crate::domain::Durability;

/// How long a connection waits for another process's write to end.
pub(super) const BUSY: Duration = Duration::from_secs(5);

/// Configures the connections of a pool.
pub(super) fn configure(options: &mut ConnectOptions, durability: Durability) {
    let synchronous = match durability {
        Durability::Process => "NORMAL",
        Durability::Power => "FULL",
    };
    options.map_sqlx_sqlite_opts(move |sqlite| {
        sqlite
            .foreign_keys(true)
            .busy_timeout(BUSY)
            .pragma("journal_mode", "WAL")
            .pragma("synchronous", synchronous)
    });
    options.map_sqlx_sqlite_pool_opts(|pool| {
        pool.after_release(|connection, _| Box::pin(has_no_transaction(connection)))
    });
}

/// Whether a released connection may be used again. A `COMMIT` that fails on a full disk leaves its transaction open,
/// with the lock that keeps every other writer out; closing the connection rolls it back.
async fn has_no_transaction(connection: &mut SqliteConnection) -> Result<bool, SqlxError> {
    if connection.is_in_transaction() {
        // a dropped transaction is rolled back by a command that waits in the connection's queue; the ping runs it
        connection.ping().await?;
    }
    Ok(!connection.is_in_transaction())
}
