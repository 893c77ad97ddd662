//! A database that is not there.

use std::time::{Duration, Instant};

use crate::{
    domain::Secret,
    error::{Error, Kind},
    store::{Store, StoreOptions},
};

async fn refused(url: &str) -> Error {
    let options = StoreOptions {
        url: Secret::new(url),
        read_url: None,
        max_connections: 2,
    };
    Store::open(&options).await.unwrap_err()
}

#[tokio::test]
async fn a_database_that_does_not_answer_is_unavailable_within_seconds() {
    for url in [
        "postgres://someone:hush@127.0.0.1:1/troupe",
        "sqlite:///no/such/folder/troupe.db?mode=rwc",
    ] {
        let begin = Instant::now();
        assert_eq!(refused(url).await.kind(), &Kind::Unavailable);
        assert!(begin.elapsed() < Duration::from_secs(5));
    }
}

#[tokio::test]
async fn a_wrong_address_is_not_repeated() {
    let failure = refused("mysql://someone:hush@127.0.0.1/troupe").await;
    assert_eq!(failure.kind(), &Kind::Unavailable);
    assert!(!format!("{failure:?}").contains("hush"));
}
