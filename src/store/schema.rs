//! Migrations: applying them, reverting them, and checking that the tables are as this version needs them. All of these
//! fail with CONFLICT on a database of before the first release.

use migration::{MigrationTrait, Migrator, MigratorTrait};
use sea_orm::{ConnectionTrait, DbBackend};

use crate::{
    error::{Error, Result},
    store::{
        Store,
        connection::Transaction,
        row_security::{self, Reach},
    },
};

/// The PostgreSQL advisory lock that serializes concurrent migrations; the number is arbitrary.
const MIGRATION_LOCK: i64 = 0x7472_6f75_7065;

impl Store {
    /// Applies all missing migrations, all or none of them, and returns their names. None are missing in a database that a
    /// newer version has migrated, which is left as it is.
    pub async fn migrate_up(&self) -> Result<Vec<String>> {
        self.check_set().await?;
        if !self.newer_migrations().await?.is_empty() {
            if self.is_migrated().await? {
                return Ok(Vec::new());
            }
            return Err(Error::conflict(
                "a newer version has migrated this database, and migrations of this version are missing: run `troupe migrate up` \
                 of the newer version",
            ));
        }
        let transaction = self.begin_migration().await?;
        let pending = Migrator::get_pending_migrations(transaction.unbounded()).await?;
        Migrator::up(transaction.unbounded(), None).await?;
        migration::catch_up(transaction.unbounded()).await?;
        if !pending.is_empty() {
            row_security::renew(&transaction).await?;
        }
        transaction.commit().await?;
        Ok(pending
            .iter()
            .map(|change| change.name().to_owned())
            .collect())
    }

    /// Reverts the last `steps` migrations, all or none of them, and returns their names. CONFLICT when the last one is of a
    /// newer version, which alone knows how to revert it.
    pub async fn migrate_down(&self, steps: u32) -> Result<Vec<String>> {
        self.check_set().await?;
        if let Some(newer) = self.newer_migrations().await?.pop() {
            return Err(Error::conflict(format!(
                "the last migration, {newer}, is of a newer version: revert it with that version"
            )));
        }
        let transaction = self.begin_migration().await?;
        let applied = Migrator::get_applied_migrations(transaction.unbounded()).await?;
        Migrator::down(transaction.unbounded(), Some(steps)).await?;
        transaction.commit().await?;
        let undone = applied.iter().rev().take(steps as usize);
        Ok(undone.map(|change| change.name().to_owned()).collect())
    }

    /// Every migration and whether it is applied, oldest first; those of newer versions too.
    pub async fn migration_status(&self) -> Result<Vec<(String, bool)>> {
        self.check_set().await?;
        let applied = migration::applied(self.database.primary().unbounded()).await?;
        let ours = Migrator::migrations().into_iter().map(|change| {
            let name = change.name().to_owned();
            let made = applied.contains(&name);
            (name, made)
        });
        let newer = self.newer_migrations().await?;
        Ok(ours
            .chain(newer.into_iter().map(|name| (name, true)))
            .collect())
    }

    /// The names of applied migrations that this version does not know, oldest first.
    pub async fn newer_migrations(&self) -> Result<Vec<String>> {
        let applied = migration::applied(self.database.primary().unbounded()).await?;
        let ours = Migrator::migrations();
        let is_ours = |name: &String| ours.iter().any(|change| change.name() == name);
        let mut newer: Vec<String> = applied.into_iter().filter(|name| !is_ours(name)).collect();
        newer.sort_unstable();
        Ok(newer)
    }

    /// Whether every migration of this version is applied; a newer version may have applied more, and both versions can
    /// run.
    pub async fn is_migrated(&self) -> Result<bool> {
        self.check_set().await?;
        let applied = migration::applied(self.database.primary().unbounded()).await?;
        let made = |change: &dyn MigrationTrait| applied.iter().any(|one| one == change.name());
        Ok(Migrator::migrations().iter().all(|change| made(&**change)))
    }

    /// CONFLICT when the tables were created by the migrations of before the first release.
    async fn check_set(&self) -> Result<()> {
        if migration::has_older_set(self.database.primary().unbounded()).await? {
            return Err(Error::conflict(
                "this database was created before the first release, and no migration leads from it to this version: use a new \
                 database (`make clean-data` deletes that of `make run`)",
            ));
        }
        Ok(())
    }

    pub(super) async fn begin_migration(&self) -> Result<Transaction> {
        self.check_set().await?;
        let transaction = self.database.begin_unbounded().await?;
        if transaction.get_database_backend() == DbBackend::Postgres {
            transaction
                .execute_unprepared(&format!(
                    "SET LOCAL statement_timeout = 0; {}; SELECT pg_advisory_xact_lock({MIGRATION_LOCK})",
                    Reach::Platform.settings()
                ))
                .await?;
        }
        Ok(transaction)
    }
}
