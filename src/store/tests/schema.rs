//! The migrations run up, down and up again.

use migration::{Migrator, MigratorTrait};
use sea_orm::ConnectionTrait;

use super::fixture::{a_claimed_run, an_account, an_agent, on_each_empty_database};
use crate::error::Kind;

#[tokio::test]
async fn migrations_run_up_down_and_up_again() {
    let all = Migrator::migrations().len();
    on_each_empty_database(async |store| {
        assert!(!store.is_migrated().await.unwrap());
        assert_eq!(store.migrate_up().await.unwrap().len(), all);
        assert!(store.is_migrated().await.unwrap());
        assert_eq!(store.migrate_up().await.unwrap(), Vec::<String>::new());
        let last = Migrator::migrations().pop().unwrap();
        assert_eq!(store.migrate_down(1).await.unwrap(), [last.name()]);
        assert!(!store.is_migrated().await.unwrap());
        let steps = u32::try_from(all).unwrap();
        assert_eq!(store.migrate_down(steps).await.unwrap().len(), all - 1);
        assert_eq!(store.migrate_up().await.unwrap().len(), all);
        let status = store.migration_status().await.unwrap();
        assert!(status.iter().all(|(_, made)| *made));
    })
    .await;
}

#[tokio::test]
async fn migrations_run_down_with_rows_present() {
    on_each_empty_database(async |store| {
        store.migrate_up().await.unwrap();
        let tenant = an_account(store).await;
        let agent = an_agent(store, &tenant).await;
        a_claimed_run(&tenant, &agent).await;
        store.migrate_down(u32::MAX).await.unwrap();
        store.migrate_up().await.unwrap();
        assert!(!store.platform().has_keys().await.unwrap());
    })
    .await;
}

#[tokio::test]
async fn two_processes_may_migrate_concurrently() {
    on_each_empty_database(async |store| {
        let (one, other) = tokio::join!(store.migrate_up(), store.migrate_up());
        let made = one.unwrap().len() + other.unwrap().len();
        assert_eq!(made, Migrator::migrations().len());
    })
    .await;
}

#[tokio::test]
async fn an_unknown_migration_of_a_newer_version_does_not_prevent_the_start() {
    on_each_empty_database(async |store| {
        store.migrate_up().await.unwrap();
        let newer = "INSERT INTO seaql_migrations (version, applied_at) VALUES ('m99991231_000001_newer', 0)";
        store.database.primary().execute_unprepared(newer).await.unwrap();
        assert!(store.is_migrated().await.unwrap());
        store.migrate_up().await.unwrap_err();
    })
    .await;
}

#[tokio::test]
async fn a_database_of_before_the_first_release_is_refused_in_a_sentence() {
    on_each_empty_database(async |store| {
        store.migrate_up().await.unwrap();
        let older = "INSERT INTO seaql_migrations (version, applied_at) VALUES ('m20261122_000001_create_accounts', 0)";
        store.database.primary().execute_unprepared(older).await.unwrap();
        let refusals = [
            store.is_migrated().await.unwrap_err(),
            store.migrate_up().await.unwrap_err(),
            store.migrate_down(1).await.unwrap_err(),
            store.migration_status().await.unwrap_err(),
        ];
        for refusal in refusals {
            assert_eq!(*refusal.kind(), Kind::Conflict);
            assert!(refusal.message().contains("use a new database"), "{refusal:?}");
        }
    })
    .await;
}
