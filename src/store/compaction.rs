//! What deleted rows leave in the files of the database.

use sea_orm::{ConnectionTrait, DbBackend, Statement};

use crate::{
    error::{Error, Result},
    store::PlatformStore,
};

impl PlatformStore {
    /// Rewrites a SQLite database, so that its files hold nothing of the rows that were deleted: neither free pages, nor
    /// what moved rows left in their old places, nor the write-ahead log. It takes as long as copying the file, and other
    /// writers wait. UNAVAILABLE when another process reads an old state; nothing is lost by repeating it. PostgreSQL
    /// reuses the space of deleted rows after its own VACUUM.
    pub async fn compact(&self) -> Result<()> {
        let writer = self.database.writer().await;
        if writer.get_database_backend() != DbBackend::Sqlite {
            return Ok(());
        }
        let connection = writer.patient();
        connection.execute_unprepared("VACUUM").await?;
        let truncate = Statement::from_string(DbBackend::Sqlite, "PRAGMA wal_checkpoint(TRUNCATE)");
        let outcome = connection.query_one_raw(truncate).await?;
        let is_busy = match outcome {
            Some(row) => row.try_get_by_index::<i32>(0)? != 0,
            None => false,
        };
        if is_busy {
            return Err(Error::unavailable(
                "the database is being read; its log is emptied later",
            ));
        }
        Ok(())
    }
}
