//! The check that the database can be written, made by a write.

use std::{io, path::PathBuf};

use chrono::{DateTime, Utc};
use entity::health_probe::{ActiveModel, Column, Entity};
use sea_orm::{
    ActiveValue::Set, ConnectionTrait, DbBackend, EntityTrait, Statement, sea_query::OnConflict,
};
use tokio::io::AsyncWriteExt;
use uuid::Uuid;

use crate::{
    error::{Error, Result},
    store::PlatformStore,
};

/// The number of bytes that must fit beside a SQLite file. SQLite reuses its write-ahead log, so a small change alone
/// may succeed on a full disk.
const ROOM: usize = 64 * 1024;

const FILE: &str = "SELECT file FROM pragma_database_list WHERE name = 'main'";

impl PlatformStore {
    /// Changes one row and commits it, as every message does; `UNAVAILABLE` when the database or its disk accepts no
    /// write. A change that is rolled back would not reach the disk.
    pub async fn probe_write(&self, now: DateTime<Utc>) -> Result<()> {
        let row = ActiveModel {
            id: Set(Uuid::nil()),
            probed_at: Set(now),
        };
        let or_change = OnConflict::column(Column::Id)
            .update_column(Column::ProbedAt)
            .to_owned();
        let writer = self.database.writer().await;
        Entity::insert(row)
            .on_conflict(or_change)
            .exec_without_returning(&*writer)
            .await?;
        drop(writer);
        match self.sqlite_file().await? {
            Some(file) => write_beside(file).await.map_err(|cause| {
                Error::unavailable("the disk of the database cannot be written; make room on it")
                    .with_source(cause)
            }),
            None => Ok(()),
        }
    }

    /// The file of a SQLite database; none when it is in memory, or when the database is PostgreSQL.
    async fn sqlite_file(&self) -> Result<Option<PathBuf>> {
        let primary = self.database.primary();
        if primary.get_database_backend() != DbBackend::Sqlite {
            return Ok(None);
        }
        let question = Statement::from_string(DbBackend::Sqlite, FILE);
        let Some(row) = primary.query_one_raw(question).await? else {
            return Ok(None);
        };
        let file: String = row.try_get("", "file")?;
        Ok((!file.is_empty()).then(|| PathBuf::from(file)))
    }
}

/// Writes and deletes a file beside the database's.
async fn write_beside(database: PathBuf) -> io::Result<()> {
    let mut path = database.into_os_string();
    path.push(format!("-probe-{}", std::process::id()));
    let written = async {
        let mut options = tokio::fs::OpenOptions::new();
        options.write(true).create(true).truncate(true);
        #[cfg(unix)]
        options.mode(0o600);
        let mut file = options.open(&path).await?;
        file.write_all(&vec![0; ROOM]).await?;
        file.sync_all().await
    };
    let written = written.await;
    let removed = tokio::fs::remove_file(&path).await;
    written.and(removed)
}
