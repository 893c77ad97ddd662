//! Databases that cannot be reached.

use std::time::Duration;

use sea_orm::{ConnectionTrait, DbBackend, Statement};

use super::fixture::Directory;
use crate::{
    domain::{Durability, RowSecurity, Secret},
    error::{Error, Kind},
    store::{Store, StoreOptions},
};

/// The timeout of every wait; a passing test needs much less.
const PATIENCE: Duration = Duration::from_mins(2);

async fn refused(url: &str) -> Error {
    let options = StoreOptions {
        url: Secret::new(url),
        read_url: None,
        max_connections: 2,
        row_security: RowSecurity::default(),
        durability: Durability::default(),
    };
    Store::open(&options).await.unwrap_err()
}

#[tokio::test]
async fn a_database_that_does_not_answer_is_unavailable() {
    for url in [
        "postgres://someone:hush@127.0.0.1:1/troupe",
        "sqlite:///no/such/folder/troupe.db?mode=rwc",
    ] {
        let refused = tokio::time::timeout(PATIENCE, refused(url)).await;
        assert_eq!(refused.unwrap().kind(), &Kind::Unavailable);
    }
}

#[tokio::test]
async fn an_invalid_address_is_not_echoed() {
    let failure = refused("mysql://someone:hush@127.0.0.1/troupe").await;
    assert_eq!(failure.kind(), &Kind::Unavailable);
    assert!(!format!("{failure:?}").contains("hush"));
}

#[tokio::test]
async fn durability_against_a_loss_of_power_makes_each_commit_wait_for_the_disk() {
    let directory = Directory::new();
    for (durability, synchronous) in [(Durability::Process, 1), (Durability::Power, 2)] {
        let file = directory.0.join("test.db");
        let options = StoreOptions {
            url: Secret::new(format!("sqlite://{}?mode=rwc", file.display())),
            read_url: None,
            max_connections: 1,
            row_security: RowSecurity::default(),
            durability,
        };
        let store = Store::open(&options).await.unwrap();
        let query = Statement::from_string(DbBackend::Sqlite, "PRAGMA synchronous");
        let answer = store.database.primary().query_one_raw(query).await.unwrap();
        let set: i32 = answer.unwrap().try_get_by_index(0).unwrap();
        assert_eq!(set, synchronous);
        store.close().await.unwrap();
    }
}
