//! The tables themselves: making them, unmaking them, and whether they are as this program needs them.

use migration::{MigrationTrait, Migrator, MigratorTrait};
use sea_orm::{ConnectionTrait, DbBackend};

use crate::{
    error::Result,
    store::{Store, connection::Transaction},
};

/// Two processes that migrate at once take turns on this PostgreSQL advisory lock; any number does.
const MIGRATION_LOCK: i64 = 0x7472_6f75_7065;

impl Store {
    /// Makes every change that is missing, all or none of them, and says which.
    pub async fn migrate_up(&self) -> Result<Vec<String>> {
        let transaction = self.begin_migration().await?;
        let pending = Migrator::get_pending_migrations(transaction.unbounded()).await?;
        Migrator::up(transaction.unbounded(), None).await?;
        migration::catch_up(transaction.unbounded()).await?;
        transaction.commit().await?;
        Ok(pending
            .iter()
            .map(|change| change.name().to_owned())
            .collect())
    }

    /// Takes the last `steps` changes back, all or none of them, and says which.
    pub async fn migrate_down(&self, steps: u32) -> Result<Vec<String>> {
        let transaction = self.begin_migration().await?;
        let applied = Migrator::get_applied_migrations(transaction.unbounded()).await?;
        Migrator::down(transaction.unbounded(), Some(steps)).await?;
        transaction.commit().await?;
        let undone = applied.iter().rev().take(steps as usize);
        Ok(undone.map(|change| change.name().to_owned()).collect())
    }

    /// Every change with whether it was made, the oldest first.
    pub async fn migration_status(&self) -> Result<Vec<(String, bool)>> {
        let changes =
            Migrator::get_migration_with_status_read_only(self.database.primary().unbounded())
                .await?;
        Ok(changes
            .iter()
            .map(|change| {
                let made = change.status() == migration::MigrationStatus::Applied;
                (change.name().to_owned(), made)
            })
            .collect())
    }

    /// Whether every change of this version was made; a newer version may have made more, and both can run.
    pub async fn is_migrated(&self) -> Result<bool> {
        let applied = migration::applied(self.database.primary().unbounded()).await?;
        let made = |change: &dyn MigrationTrait| applied.iter().any(|one| one == change.name());
        Ok(Migrator::migrations().iter().all(|change| made(&**change)))
    }

    async fn begin_migration(&self) -> Result<Transaction> {
        let transaction = self.database.begin_unbounded().await?;
        if transaction.get_database_backend() == DbBackend::Postgres {
            transaction
                .execute_unprepared(&format!(
                    "SET LOCAL statement_timeout = 0; SELECT pg_advisory_xact_lock({MIGRATION_LOCK})"
                ))
                .await?;
        }
        Ok(transaction)
    }
}
