//! The migrations run up, down and up again.

use migration::{Migrator, MigratorTrait};
use sea_orm::{ConnectionTrait, DbBackend};

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
async fn an_older_version_leaves_the_tables_of_a_newer_one_as_they_are() {
    on_each_empty_database(async |store| {
        store.migrate_up().await.unwrap();
        let newer = "INSERT INTO seaql_migrations (version, applied_at) VALUES ('m99991231_000001_newer', 0)";
        store.database.primary().execute_unprepared(newer).await.unwrap();
        assert!(store.is_migrated().await.unwrap());
        assert_eq!(store.migrate_up().await.unwrap(), Vec::<String>::new());
        let status = store.migration_status().await.unwrap();
        assert_eq!(status.last().unwrap().0, "m99991231_000001_newer");
        for refusal in [
            store.migrate_down(1).await.unwrap_err(),
            store.migration_effects().await.unwrap_err(),
        ] {
            assert_eq!(*refusal.kind(), Kind::Conflict);
            assert!(refusal.message().contains("m99991231"), "{refusal:?}");
        }
        // one of this version is missing as well
        let last = Migrator::migrations().pop().unwrap();
        let removal = format!("DELETE FROM seaql_migrations WHERE version = '{}'", last.name());
        store.database.primary().execute_unprepared(&removal).await.unwrap();
        let refusal = store.migrate_up().await.unwrap_err();
        assert_eq!(*refusal.kind(), Kind::Conflict);
    })
    .await;
}

#[tokio::test]
async fn a_check_tells_what_migrations_would_do_and_changes_nothing() {
    let all = Migrator::migrations().len();
    on_each_empty_database(async |store| {
        let effects = store.migration_effects().await.unwrap();
        assert_eq!(effects.len(), all);
        // none of these tables exists yet
        assert!(effects.iter().all(|effect| effect.locks.is_empty()));
        assert!(!store.is_migrated().await.unwrap());
        store.migrate_up().await.unwrap();
        assert_eq!(store.migration_effects().await.unwrap(), []);
        // from the last one down to the one that adds a column to a table
        let mut losses = Vec::new();
        while !losses.contains(&"agent_instances.canary".to_owned()) {
            losses = store.migration_losses().await.unwrap();
            assert_eq!(store.migration_losses().await.unwrap(), losses);
            store.migrate_down(1).await.unwrap();
        }
        let effects = store.migration_effects().await.unwrap();
        let locks = effects[0].locks.iter().map(|lock| lock.table.as_str());
        let locks: Vec<_> = locks.collect();
        if store.database.primary().get_database_backend() == DbBackend::Postgres {
            assert!(locks.contains(&"agent_instances"), "{locks:?}");
        } else {
            assert!(locks.is_empty(), "{locks:?}");
        }
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
