//! What `troupe check --connect` reads of the database's own state.

use sea_orm::{ConnectionTrait, DbBackend, Statement};

use crate::{
    domain::{ConnectionUse, VectorExtension},
    error::Result,
    store::PlatformStore,
};

/// The beginning of the name that each process gives its connections; a unique id follows.
pub(super) const APPLICATION: &str = "troupe ";

/// `$1` is the name of this process's own connections.
const CONNECTIONS: &str = "
SELECT current_setting('max_connections')::bigint
       - current_setting('superuser_reserved_connections')::bigint
       - coalesce(current_setting('reserved_connections', true)::bigint, 0) AS available,
       (SELECT count(DISTINCT application_name) FROM pg_stat_activity
        WHERE datname = current_database() AND application_name LIKE $1
              AND application_name <> current_setting('application_name')) AS processes";
const EXTENSION: &str = "
SELECT EXISTS (SELECT 1 FROM pg_extension WHERE extname = 'vector')
       AND to_regclass('pgvectors') IS NOT NULL AS present,
       EXISTS (SELECT 1 FROM pg_available_extensions WHERE name = 'vector') AS available";

impl PlatformStore {
    /// The connections that the database accepts, and the processes that have some; none for SQLite.
    pub async fn connection_use(&self) -> Result<Option<ConnectionUse>> {
        let connection = self.database.primary();
        if connection.get_database_backend() != DbBackend::Postgres {
            return Ok(None);
        }
        let pattern = [format!("{APPLICATION}%").into()];
        let question = Statement::from_sql_and_values(DbBackend::Postgres, CONNECTIONS, pattern);
        let Some(row) = connection.query_one_raw(question).await? else {
            return Ok(None);
        };
        let number = |column: &str| row.try_get("", column).map(i64::unsigned_abs);
        Ok(Some(ConnectionUse {
            available: number("available")?,
            processes: number("processes")?,
        }))
    }

    /// Whether vectors can be stored with pgvector; none for SQLite.
    pub async fn vector_extension(&self) -> Result<Option<VectorExtension>> {
        let connection = self.database.primary();
        if connection.get_database_backend() != DbBackend::Postgres {
            return Ok(None);
        }
        let question = Statement::from_string(DbBackend::Postgres, EXTENSION);
        let Some(row) = connection.query_one_raw(question).await? else {
            return Ok(None);
        };
        Ok(Some(if row.try_get("", "present")? {
            VectorExtension::Present
        } else if row.try_get("", "available")? {
            VectorExtension::Available
        } else {
            VectorExtension::Missing
        }))
    }
}
