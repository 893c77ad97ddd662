//! A fresh database for each test: a SQLite file, or a database on the server of `TROUPE_TEST_DATABASE_URL`; and a key
//! prefix of its own in the Redis of `TROUPE_TEST_REDIS_URL`, if it is set.

use std::{
    env, fs,
    path::{Path, PathBuf},
};

use sea_orm::{ConnectionTrait, Database};
use tokio::sync::OnceCell;
use troupe::{
    domain::{Durability, RowSecurity, Secret},
    store::{Store, StoreOptions},
};
use uuid::Uuid;

use super::server;

/// The role of the processes, and its password: neither superuser nor owner of the tables.
const ROLE: &str = "troupe_process";

/// A database that is deleted at the end of its test.
pub(crate) struct TestDatabase {
    /// The database for its owner, who reads all rows.
    pub(crate) url: String,
    /// The database for the processes, and the mode of row-level security that they have.
    pub(crate) of_processes: [(&'static str, String); 2],
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
            let url = format!("sqlite://{}?mode=rwc", file.display());
            return Self {
                of_processes: access(&url, "none"),
                url,
                folder,
                redis,
                server: None,
            };
        };
        let template = server::template(&address, "secured", async |url| {
            migrate(url.clone()).await;
            secure(&url).await;
        });
        let name = server::create(&address, Some(&template.await)).await;
        let url = server::url_of(&address, &name);
        Self {
            of_processes: access(&as_role(&url), "require"),
            // the owner, who reads all rows
            url: format!("{url}?options=-c%20troupe.platform%3Don"),
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
    let store = open(url).await;
    store.migrate_up().await.unwrap();
    store.close().await.unwrap();
}

/// Has the database enforce its policies for the role of the processes.
async fn secure(url: &str) {
    let connection = Database::connect(url).await.unwrap();
    let role = format!(
        "DO $$ BEGIN IF NOT EXISTS (SELECT 1 FROM pg_roles WHERE rolname = '{ROLE}') THEN \
         CREATE ROLE {ROLE} LOGIN PASSWORD '{ROLE}'; GRANT {ROLE} TO CURRENT_USER; END IF; END $$"
    );
    connection.execute_unprepared(&role).await.unwrap();
    connection.close().await.unwrap();
    let store = open(url.to_owned()).await;
    store.secure_rows(ROLE).await.unwrap();
    store.close().await.unwrap();
}

async fn open(url: String) -> Store {
    let options = StoreOptions {
        url: Secret::new(url),
        read_url: None,
        max_connections: 2,
        row_security: RowSecurity::default(),
        durability: Durability::default(),
    };
    Store::open(&options).await.unwrap()
}

/// The variables of a process for its database.
fn access(url: &str, row_security: &str) -> [(&'static str, String); 2] {
    [
        ("TROUPE_DATABASE_URL", url.to_owned()),
        ("TROUPE_DATABASE_ROW_SECURITY", row_security.to_owned()),
    ]
}

/// The same database for the role of the processes.
fn as_role(url: &str) -> String {
    let mut url = url::Url::parse(url).unwrap();
    url.set_username(ROLE).unwrap();
    url.set_password(Some(ROLE)).unwrap();
    url.into()
}

#[expect(clippy::disallowed_methods, reason = "a test reads where its Redis is")]
fn variable(name: &str) -> Option<String> {
    env::var(name).ok()
}
