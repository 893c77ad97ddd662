//! A whole process inside the test's process: configuration, database, engine and server, on a port of its own.

use std::collections::BTreeMap;

use serde_json::json;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;
use troupe::{
    app::App,
    config::{Config, Mode, Source},
    domain::{AccountId, AuditEntry, AuditRow, Durability, RowSecurity, Secret},
    store::{Store, StoreOptions},
};

use super::{Client, PATIENCE, TestDatabase, Upstream};

/// The operator's key in every test.
const OPERATOR: &str = "test_operator_key_of_more_than_32_characters";

/// A running Troupe with a scripted model provider.
pub(crate) struct TestApp {
    /// `http://127.0.0.1:port`.
    pub(crate) url: String,
    pub(crate) upstream: Upstream,
    /// A client with the operator's key.
    pub(crate) operator: Client,
    /// A client without a key.
    pub(crate) anonymous: Client,
    /// The account of most tests.
    pub(crate) home: Account,
    /// Another account, which must never see anything of the first.
    pub(crate) stranger: Account,
    shutdown: CancellationToken,
    served: Option<tokio::task::JoinHandle<()>>,
    database: TestDatabase,
}

/// Another process beside a [`TestApp`], which ends with it.
pub(crate) struct Second {
    /// `http://127.0.0.1:port`.
    pub(crate) url: String,
    shutdown: CancellationToken,
    served: tokio::task::JoinHandle<()>,
}

impl Drop for Second {
    fn drop(&mut self) {
        self.shutdown.cancel();
        self.served.abort();
    }
}

/// A worker process for background jobs, which ends with its test.
pub(crate) struct Worker {
    shutdown: CancellationToken,
    work: tokio::task::JoinHandle<()>,
}

impl Worker {
    /// Stops the process as SIGTERM would, and waits for its end.
    pub(crate) async fn stop(mut self) {
        self.shutdown.cancel();
        let ended = tokio::time::timeout(PATIENCE, &mut self.work).await;
        ended.expect("the worker ends").unwrap();
    }
}

impl Drop for Worker {
    fn drop(&mut self) {
        self.shutdown.cancel();
        self.work.abort();
    }
}

/// An account with a client for each role, and one active agent.
pub(crate) struct Account {
    pub(crate) id: String,
    pub(crate) owner: Client,
    /// A client that may manage agents.
    pub(crate) admin: Client,
    /// A client that may chat.
    pub(crate) member: Client,
    /// A client that may only read.
    pub(crate) reader: Client,
    /// The id of an active support agent that answers each message with one model call.
    pub(crate) agent: String,
}

impl TestApp {
    /// Starts an app with the default settings.
    pub(crate) async fn start() -> Self {
        Self::with(&[]).await
    }

    /// Starts an app with other settings, as environment variables.
    pub(crate) async fn with(settings: &[(&str, &str)]) -> Self {
        Self::configured("", settings).await
    }

    /// Starts an app with an `app.yaml` of its own, and other settings as environment variables.
    pub(crate) async fn configured(app_yaml: &str, settings: &[(&str, &str)]) -> Self {
        let database = TestDatabase::create().await;
        std::fs::write(database.folder.join("app.yaml"), app_yaml).unwrap();
        let upstream = Upstream::start().await;
        // boxed: a large future in each test
        let (url, shutdown, served) = Box::pin(serve(&database, &upstream, settings)).await;
        let operator = Client::new(&url, Some(OPERATOR));
        let home = Account::create(&operator, "Home").await;
        let stranger = Account::create(&operator, "Stranger").await;
        let anonymous = Client::new(&url, None);
        Self {
            url,
            upstream,
            operator,
            anonymous,
            home,
            stranger,
            shutdown,
            served: Some(served),
            database,
        }
    }

    /// The variables of a process for the app's database.
    pub(crate) fn of_processes(&self) -> impl Iterator<Item = (&'static str, &str)> {
        let access = self.database.of_processes.iter();
        access.map(|(name, value)| (*name, value.as_str()))
    }

    /// The URL of the app's database, for its owner.
    pub(crate) fn database_url(&self) -> &str {
        &self.database.url
    }

    /// The folder of the app's files.
    pub(crate) fn folder(&self) -> &std::path::Path {
        &self.database.folder
    }

    /// A direct connection to the app's database.
    pub(crate) async fn connect(&self) -> sea_orm::DatabaseConnection {
        let mut options = sea_orm::ConnectOptions::new(&self.database.url);
        options.max_connections(1).sqlx_logging(false);
        sea_orm::Database::connect(options).await.unwrap()
    }

    /// The variables of the app's Redis; empty without one.
    pub(crate) fn redis(&self) -> &[(&'static str, String)] {
        &self.database.redis
    }

    /// Whether processes over the same database share a Redis too.
    pub(crate) fn has_redis(&self) -> bool {
        !self.database.redis.is_empty()
    }

    /// Starts another process over the same database and the same Redis.
    pub(crate) async fn second(&self, settings: &[(&str, &str)]) -> Second {
        let (url, shutdown, served) = serve(&self.database, &self.upstream, settings).await;
        Second {
            url,
            shutdown,
            served,
        }
    }

    /// Starts a worker process for the background jobs.
    pub(crate) async fn worker(&self, settings: &[(&str, &str)]) -> Worker {
        let config = config(&self.database, &self.upstream, settings, Mode::Worker);
        let app = App::open(config)
            .await
            .map_err(|error| format!("{error:?}"))
            .unwrap();
        let shutdown = CancellationToken::new();
        let working = app.work(shutdown.clone());
        let work = tokio::runtime::Handle::current().spawn(async move {
            working.await.map_err(|error| format!("{error:?}")).unwrap();
        });
        Worker { shutdown, work }
    }

    /// The entries of an account's audit log, read from the tables.
    pub(crate) async fn audit_log(&self, account: &str) -> Vec<AuditEntry> {
        let options = StoreOptions {
            url: Secret::new(self.database.url.as_str()),
            read_url: None,
            max_connections: 1,
            row_security: RowSecurity::default(),
            durability: Durability::default(),
        };
        let store = Store::open(&options).await.unwrap();
        let account = AccountId::parse("account", account).unwrap();
        let log = store.tenant(account).audit_rows_after(None, 1_000).await;
        store.close().await.unwrap();
        let entry = |row| match row {
            AuditRow::Entry(entry) => *entry,
            AuditRow::Unreadable { .. } => panic!("{row:?}"),
        };
        log.unwrap().0.into_iter().map(entry).collect()
    }

    /// Stops the process as SIGTERM would, and waits for its end.
    pub(crate) async fn stop(&mut self) {
        self.shutdown.cancel();
        if let Some(served) = self.served.take() {
            served.await.unwrap();
        }
    }

    /// Restarts the process over the same database on another port; existing clients use the new port.
    pub(crate) async fn restart(&mut self, settings: &[(&str, &str)]) {
        self.stop().await;
        let (url, shutdown, served) = serve(&self.database, &self.upstream, settings).await;
        (self.shutdown, self.served) = (shutdown, Some(served));
        for account in [&mut self.home, &mut self.stranger] {
            for client in [
                &mut account.owner,
                &mut account.admin,
                &mut account.member,
                &mut account.reader,
            ] {
                client.moves_to(&url);
            }
        }
        self.operator.moves_to(&url);
        self.anonymous.moves_to(&url);
        self.url = url;
    }
}

impl Drop for TestApp {
    fn drop(&mut self) {
        self.shutdown.cancel();
        if let Some(served) = self.served.take() {
            served.abort();
        }
    }
}

fn config(
    database: &TestDatabase,
    upstream: &Upstream,
    settings: &[(&str, &str)],
    mode: Mode,
) -> Config {
    let _ = rustls::crypto::ring::default_provider().install_default();
    let mut environment = BTreeMap::from([
        ("TROUPE_OPENAI_BASE_URL", upstream.url.as_str()),
        ("TROUPE_OPERATOR_KEY", OPERATOR),
        ("TROUPE_SHUTDOWN_DRAIN_SECONDS", "0"),
        // Many tests run concurrently on one server.
        ("TROUPE_DATABASE_MAX_CONNECTIONS", "5"),
    ]);
    let access = database.of_processes.iter();
    environment.extend(access.map(|(name, value)| (*name, value.as_str())));
    let redis = database.redis.iter();
    environment.extend(redis.map(|(name, value)| (*name, value.as_str())));
    environment.extend(settings.iter().copied());
    let environment = environment
        .into_iter()
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .collect();
    let source = Source {
        environment,
        folder: database.folder.clone(),
        program: Some(env!("CARGO_BIN_EXE_troupe").into()),
        ..Source::new(mode)
    };
    Config::load(&source).unwrap()
}

async fn serve(
    database: &TestDatabase,
    upstream: &Upstream,
    settings: &[(&str, &str)],
) -> (String, CancellationToken, tokio::task::JoinHandle<()>) {
    let config = config(database, upstream, settings, Mode::Serve);
    let store: Store = troupe::app::open_store(&config)
        .await
        .map_err(|error| format!("{error:?}"))
        .unwrap();
    store
        .migrate_up()
        .await
        .map_err(|error| format!("{error:?}"))
        .unwrap();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let app = App::open(config)
        .await
        .map_err(|error| format!("{error:?}"))
        .unwrap();
    app.operator()
        .bootstrap()
        .await
        .map_err(|error| format!("{error:?}"))
        .unwrap();
    let shutdown = CancellationToken::new();
    let serving = Box::pin(app.serve(listener, shutdown.clone()));
    let served = tokio::runtime::Handle::current().spawn(async move {
        serving.await.map_err(|error| format!("{error:?}")).unwrap();
    });
    (url, shutdown, served)
}

impl Account {
    async fn create(operator: &Client, name: &str) -> Self {
        let made = operator
            .ok("mutation($name: String!) { createAccount(input: {name: $name, tier: STANDARD}) { account { id } ownerKey } }", json!({"name": name}))
            .await;
        let owner = operator.with_key(made["createAccount"]["ownerKey"].as_str().unwrap());
        let (admin, member, reader) = futures::join!(
            key(&owner, "ADMIN"),
            key(&owner, "MEMBER"),
            key(&owner, "READER")
        );
        let agent = owner.ok("mutation { createAgent(input: {template: \"support_agent\", tier: \"standard\", name: \"Support\", configuration: {keepCase: false}}) { agent { id } } }", json!({})).await;
        Self {
            id: made["createAccount"]["account"]["id"]
                .as_str()
                .unwrap()
                .to_owned(),
            agent: agent["createAgent"]["agent"]["id"]
                .as_str()
                .unwrap()
                .to_owned(),
            owner,
            admin,
            member,
            reader,
        }
    }
}

async fn key(owner: &Client, role: &str) -> Client {
    let made = owner.ok("mutation($role: Role!) { createApiKey(input: {name: \"test\", role: $role}) { secret } }", json!({"role": role})).await;
    owner.with_key(made["createApiKey"]["secret"].as_str().unwrap())
}
