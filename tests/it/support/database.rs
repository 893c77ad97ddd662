//! A fresh database for each test: a SQLite file, or a database on the server that `TROUPE_TEST_DATABASE_URL` names; and
//! a fresh part of the Redis that `TROUPE_TEST_REDIS_URL` names, if there is one.

use std::{env, fs, path::PathBuf};

use troupe::{
    domain::Secret,
    store::{Store, StoreOptions},
};
use uuid::Uuid;

use super::server;

/// A database that is gone when the test is.
pub(crate) struct TestDatabase {
    /// Where it is.
    pub(crate) url: String,
    /// A folder of the test's own.
    pub(crate) folder: PathBuf,
    /// The variables that name Redis, and the part of it that is the test's own; none without a Redis.
    pub(crate) redis: Vec<(&'static str, String)>,
    server: Option<(String, String)>,
}

impl TestDatabase {
    /// One without rows; on PostgreSQL it has its tables.
    pub(crate) async fn create() -> Self {
        let folder = env::temp_dir().join(format!("troupe-it-{}", Uuid::now_v7().simple()));
        fs::create_dir_all(&folder).unwrap();
        let redis = match variable("TROUPE_TEST_REDIS_URL") {
            Some(url) => vec![
                ("TROUPE_REDIS_URL", url),
                (
                    "TROUPE_REDIS_PREFIX",
                    format!("it_{}", Uuid::now_v7().simple()),
                ),
            ],
            None => Vec::new(),
        };
        let Some(address) = server::address() else {
            return Self {
                url: format!("sqlite://{}?mode=rwc", folder.join("it.db").display()),
                folder,
                redis,
                server: None,
            };
        };
        let template = server::template(&address, migrate).await;
        let name = server::create(&address, Some(&template)).await;
        Self {
            url: server::url_of(&address, &name),
            folder,
            redis,
            server: Some((address, name)),
        }
    }
}

impl Drop for TestDatabase {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.folder);
        let Some((address, name)) = self.server.take() else {
            return;
        };
        // a thread with a runtime of its own, as the test's may be gone; nobody waits for it: the server waits in turn for
        // connections that the test's runtime has yet to close
        drop(std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread()
                .enable_all()
                .build()
                .unwrap();
            runtime.block_on(server::remove(&address, &name));
        }));
    }
}

async fn migrate(url: String) {
    let options = StoreOptions {
        url: Secret::new(url),
        read_url: None,
        max_connections: 2,
    };
    let store = Store::open(&options).await.unwrap();
    store.migrate_up().await.unwrap();
    store.close().await.unwrap();
}

#[expect(clippy::disallowed_methods, reason = "a test reads where its Redis is")]
fn variable(name: &str) -> Option<String> {
    env::var(name).ok()
}
