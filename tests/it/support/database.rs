//! A fresh database for each test: a SQLite file, or a database on the server that `TROUPE_TEST_DATABASE_URL` names; and
//! a fresh part of the Redis that `TROUPE_TEST_REDIS_URL` names, if there is one.

use std::{env, fs, path::PathBuf};

use sea_orm::{ConnectionTrait, Database};
use uuid::Uuid;

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
    /// An empty one.
    pub(crate) async fn create() -> Self {
        let name = format!("it_{}", Uuid::now_v7().simple());
        let folder = env::temp_dir().join(format!("troupe-{name}"));
        fs::create_dir_all(&folder).unwrap();
        let redis = match variable("TROUPE_TEST_REDIS_URL") {
            Some(url) => vec![
                ("TROUPE_REDIS_URL", url),
                ("TROUPE_REDIS_PREFIX", name.clone()),
            ],
            None => Vec::new(),
        };
        let Some(server) = variable("TROUPE_TEST_DATABASE_URL") else {
            return Self {
                url: format!("sqlite://{}?mode=rwc", folder.join("it.db").display()),
                folder,
                redis,
                server: None,
            };
        };
        run(&server, format!("CREATE DATABASE {name}")).await;
        let (address, _) = server.rsplit_once('/').unwrap();
        Self {
            url: format!("{address}/{name}"),
            folder,
            redis,
            server: Some((server, name)),
        }
    }
}

impl Drop for TestDatabase {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.folder);
        let Some((server, name)) = self.server.take() else {
            return;
        };
        // a drop cannot wait, and the test's runtime may be gone: a thread with a runtime of its own can
        let dropped = std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread()
                .enable_all()
                .build()
                .unwrap();
            runtime.block_on(run(
                &server,
                format!("DROP DATABASE IF EXISTS {name} WITH (FORCE)"),
            ));
        });
        let _ = dropped.join();
    }
}

async fn run(server: &str, statement: String) {
    let connection = Database::connect(server).await.unwrap();
    connection.execute_unprepared(&statement).await.unwrap();
    connection.close().await.unwrap();
}

#[expect(
    clippy::disallowed_methods,
    reason = "a test reads where its database and its Redis are"
)]
fn variable(name: &str) -> Option<String> {
    env::var(name).ok()
}
