//! A fresh database for each test: a SQLite file, or a database on the server of `TROUPE_TEST_DATABASE_URL`; and a key
//! prefix of its own in the Redis of `TROUPE_TEST_REDIS_URL`, if it is set.

use std::{
    env, fs,
    path::{Path, PathBuf},
};

use tokio::sync::OnceCell;
use troupe::{
    domain::Secret,
    store::{Store, StoreOptions},
};
use uuid::Uuid;

use super::server;

/// A database that is deleted at the end of its test.
pub(crate) struct TestDatabase {
    pub(crate) url: String,
    /// A folder for the test's files.
    pub(crate) folder: PathBuf,
    /// The variables for Redis and the test's key prefix; empty without a Redis.
    pub(crate) redis: Vec<(&'static str, String)>,
    server: Option<(String, String)>,
}

impl TestDatabase {
    /// A migrated database without rows.
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
            let file = folder.join("it.db");
            fs::write(&file, migrated_file(&folder).await).unwrap();
            return Self {
                url: format!("sqlite://{}?mode=rwc", file.display()),
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
        // A thread with a runtime of its own, because the test's runtime may have ended. No one joins it: the server
        // waits for connections that the test's runtime has yet to close.
        drop(std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread()
                .enable_all()
                .build()
                .unwrap();
            runtime.block_on(server::remove(&address, &name));
        }));
    }
}

/// The content of a migrated SQLite file. The first test migrates one in `folder`; the others copy it.
async fn migrated_file(folder: &Path) -> &'static [u8] {
    static CONTENT: OnceCell<Vec<u8>> = OnceCell::const_new();
    let migrated = CONTENT.get_or_init(async || {
        let file = folder.join("migrated.db");
        migrate(format!("sqlite://{}?mode=rwc", file.display())).await;
        fs::read(&file).unwrap()
    });
    migrated.await
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
