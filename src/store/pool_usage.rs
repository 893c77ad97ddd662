//! The use of the connection pools, for `/metrics`.

use sea_orm::{ConnectionTrait, DatabaseConnection, DbBackend};

use crate::{
    metrics::number_of,
    store::{Store, timed_connection::TimedConnection},
};

/// The use of one pool at present.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct PoolUsage {
    /// The role of the pool: `writer`, or `reader` for the replica.
    pub role: &'static str,
    /// The maximum number of connections.
    pub most: f64,
    /// The number of open connections.
    pub open: f64,
    /// The number of open connections that no statement uses.
    pub idle: f64,
    /// The number of statements and transactions that wait for a connection.
    pub waiting: f64,
}

impl Store {
    /// The use of each pool of this process.
    pub fn pool_usage(&self) -> Vec<PoolUsage> {
        let database = &self.database;
        let writer = usage_of("writer", database.primary());
        let reader = database
            .has_replica()
            .then(|| usage_of("reader", database.replica()));
        [Some(writer), reader].into_iter().flatten().collect()
    }
}

fn usage_of(role: &'static str, connection: &TimedConnection<DatabaseConnection>) -> PoolUsage {
    let pool = connection.unbounded();
    let (most, open, idle) = if connection.get_database_backend() == DbBackend::Postgres {
        let pool = pool.get_postgres_connection_pool();
        let most = pool.options().get_max_connections();
        (most, pool.size(), pool.num_idle())
    } else {
        let pool = pool.get_sqlite_connection_pool();
        let most = pool.options().get_max_connections();
        (most, pool.size(), pool.num_idle())
    };
    // a pool opens a connection for each that is wanted, up to its maximum
    let wanted = connection.wanted();
    PoolUsage {
        role,
        most: f64::from(most),
        open: f64::from(open),
        idle: number_of(idle),
        waiting: (wanted - f64::from(most)).max(0.0),
    }
}
