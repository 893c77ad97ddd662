//! The changes of the tables run up, down and up again.

use migration::{Migrator, MigratorTrait};

use super::fixture::{a_claimed_run, an_account, an_agent, on_each_empty_database};

#[tokio::test]
async fn changes_run_up_down_and_up_again() {
    let all = Migrator::migrations().len();
    on_each_empty_database(async |store| {
        assert!(!store.is_migrated().await.unwrap());
        assert_eq!(store.migrate_up().await.unwrap().len(), all);
        assert!(store.is_migrated().await.unwrap());
        assert_eq!(store.migrate_up().await.unwrap(), Vec::<String>::new());
        assert_eq!(
            store.migrate_down(1).await.unwrap(),
            ["m20261122_000005_create_knowledge"]
        );
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
async fn changes_run_down_over_rows() {
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
async fn two_processes_may_migrate_at_once() {
    on_each_empty_database(async |store| {
        let (one, other) = tokio::join!(store.migrate_up(), store.migrate_up());
        let made = one.unwrap().len() + other.unwrap().len();
        assert_eq!(made, Migrator::migrations().len());
    })
    .await;
}
