//! The PostgreSQL server of the tests: databases on it are copies of one that was migrated once.

use std::{
    env, fs,
    hash::{DefaultHasher, Hash, Hasher},
    path::Path,
};

use sea_orm::{ConnectOptions, ConnectionTrait, Database, DatabaseConnection};
use tokio::sync::OnceCell;
use uuid::Uuid;

/// The lock under which concurrently started test programs create the template.
const TEMPLATE_LOCK: i64 = 0x7472_6f75_7074;

/// The URL of the server's own database, if a server is configured.
#[expect(
    clippy::disallowed_methods,
    reason = "a test reads where its database is"
)]
pub(crate) fn address() -> Option<String> {
    env::var("TROUPE_TEST_DATABASE_URL").ok()
}

/// The URL of another database on the same server.
pub(crate) fn url_of(server: &str, name: &str) -> String {
    let (address, _) = server.rsplit_once('/').unwrap();
    format!("{address}/{name}")
}

/// The name of a database of this kind with the tables of these sources; `migrate` creates it if it does not exist.
pub(crate) async fn template(server: &str, kind: &str, migrate: impl AsyncFn(String)) -> String {
    static TEMPLATE: OnceCell<String> = OnceCell::const_new();
    let made = TEMPLATE.get_or_init(async || {
        let name = format!("troupe_{kind}_{:016x}", hash_of_sources());
        let maintenance = connect(server).await;
        let ask = async |statement: String| {
            maintenance.execute_unprepared(&statement).await.unwrap();
        };
        // Released with the connection in any case.
        ask(format!("SELECT pg_advisory_lock({TEMPLATE_LOCK})")).await;
        if !exists(&maintenance, &name).await {
            let unfinished = format!("{name}_unfinished");
            ask(format!("DROP DATABASE IF EXISTS {unfinished} WITH (FORCE)")).await;
            ask(format!("CREATE DATABASE {unfinished}")).await;
            migrate(url_of(server, &unfinished)).await;
            ask(format!("ALTER DATABASE {unfinished} RENAME TO {name}")).await;
        }
        maintenance.close().await.unwrap();
        name
    });
    made.await.clone()
}

/// Creates a database, empty or as a copy; returns its name.
pub(crate) async fn create(server: &str, template: Option<&str>) -> String {
    let name = format!("troupe_{}", Uuid::now_v7().simple());
    let copy = template.map_or_else(String::new, |template| format!(" TEMPLATE {template}"));
    run(server, &format!("CREATE DATABASE {name}{copy}")).await;
    name
}

/// Deletes a database, even while it is in use.
pub(crate) async fn remove(server: &str, name: &str) {
    run(
        server,
        &format!("DROP DATABASE IF EXISTS {name} WITH (FORCE)"),
    )
    .await;
}

async fn run(server: &str, statement: &str) {
    let maintenance = connect(server).await;
    maintenance.execute_unprepared(statement).await.unwrap();
    maintenance.close().await.unwrap();
}

async fn connect(server: &str) -> DatabaseConnection {
    let mut options = ConnectOptions::new(server);
    // A session lock needs a single session.
    options.max_connections(1).sqlx_logging(false);
    Database::connect(options).await.unwrap()
}

async fn exists(maintenance: &DatabaseConnection, name: &str) -> bool {
    let question = format!("SELECT 1 FROM pg_database WHERE datname = '{name}'");
    let answer = maintenance.execute_unprepared(&question).await.unwrap();
    answer.rows_affected() > 0
}

/// A hash that changes with every migration, released or not, and with the policies.
fn hash_of_sources() -> u64 {
    let sources = Path::new(env!("CARGO_MANIFEST_DIR"));
    let folders = ["migration/src", "src/store/row_security"];
    let mut files: Vec<_> = folders
        .iter()
        .flat_map(|folder| fs::read_dir(sources.join(folder)).unwrap())
        .map(|file| file.unwrap().path())
        .collect();
    files.push(sources.join("src/store/scoped.rs"));
    files.sort();
    let mut hasher = DefaultHasher::new();
    for file in files {
        fs::read(file).unwrap().hash(&mut hasher);
    }
    hasher.finish()
}
