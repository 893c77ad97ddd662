//! The program under test, `troupe serve` over a fresh database, with an account and its agents.

use std::{env, fs, path::PathBuf, process::Stdio, time::Duration};

use base64::{Engine, prelude::BASE64_STANDARD};
use sea_orm::{ConnectionTrait, Database, DatabaseConnection};
use serde_json::{Value, json};
use tokio::process::{Child, Command};
use troupe::domain::{AccountId, AgentId};
use uuid::Uuid;

use crate::{Result, failure, port::ReservedPort};

const OPERATOR: &str = "operator-of-a-benchmark-and-of-nothing-else";
/// The maximum time until the program answers.
const PATIENCE: Duration = Duration::from_mins(2);
/// The number of agents.
const AGENTS: usize = 10;

/// An agent of the account.
pub(crate) struct BenchAgent {
    /// The id in the API.
    pub(crate) id: String,
    /// The id in the tables.
    pub(crate) uuid: Uuid,
}

/// A running program.
pub(crate) struct Server {
    /// The URL of the database.
    pub(crate) database_url: String,
    /// The account's id in the tables.
    pub(crate) account: Uuid,
    pub(crate) agents: Vec<BenchAgent>,
    url: String,
    key: String,
    http: reqwest::Client,
    process: Child,
    folder: PathBuf,
    /// The URL of the PostgreSQL server.
    postgres: String,
    database: String,
    _port: ReservedPort,
}

impl Server {
    /// Starts the program over a new database on a PostgreSQL server.
    pub(crate) async fn start(server: &str) -> Result<Self> {
        let database = format!("bench_{}", Uuid::now_v7().simple());
        let folder = env::temp_dir().join(format!("troupe-{database}"));
        fs::create_dir_all(&folder)?;
        fs::write(folder.join("app.yaml"), "")?;
        execute(server, &format!("CREATE DATABASE {database}")).await?;
        let (address, _) = server.rsplit_once('/').ok_or("an odd database address")?;
        let database_url = format!("{address}/{database}");
        let command = |arguments: &[&str]| {
            let mut command = Command::new(env!("CARGO_BIN_EXE_troupe"));
            command
                .args(arguments)
                .current_dir(&folder)
                .env_clear()
                .env("TROUPE_DATABASE_URL", &database_url)
                .env("TROUPE_OPERATOR_KEY", OPERATOR)
                .env("TROUPE_OPENAI_BASE_URL", "http://127.0.0.1:9/v1")
                .env("TROUPE_LOG_FILTER", "error")
                .env(
                    "TROUPE_ENCRYPTION_KEYS",
                    format!("bench:{}", BASE64_STANDARD.encode([7; 32])),
                )
                .stdout(Stdio::null())
                .kill_on_drop(true);
            command
        };
        let migrated = command(&["migrate", "up"]).status().await?;
        if !migrated.success() {
            return Err("making the tables failed".into());
        }
        let port = ReservedPort::new();
        let address = port.address();
        let process = command(&["serve", "--addr", &address.to_string()]).spawn()?;
        let mut started = Self {
            database_url,
            account: Uuid::nil(),
            agents: Vec::new(),
            url: format!("http://{address}"),
            key: OPERATOR.to_owned(),
            http: reqwest::Client::builder().no_proxy().build()?,
            process,
            folder,
            postgres: server.to_owned(),
            database,
            _port: port,
        };
        tokio::time::timeout(PATIENCE, started.ready()).await?;
        started.create_agents().await?;
        Ok(started)
    }

    /// Sends a request by POST; returns `data`.
    pub(crate) async fn ask(&self, query: &str, variables: &Value) -> Result<Value> {
        let url = format!("{}/graphql", self.url);
        let request = self.http.post(url).bearer_auth(&self.key);
        let request = request.json(&json!({"query": query, "variables": variables}));
        let mut reply: Value = request.send().await?.json().await?;
        match reply.get("errors") {
            Some(errors) => Err(format!("the program refuses: {errors}").into()),
            None => Ok(reply
                .pointer_mut("/data")
                .map(Value::take)
                .unwrap_or_default()),
        }
    }

    /// A connection to the database, without a timeout.
    pub(crate) async fn connect(&self) -> Result<DatabaseConnection> {
        Ok(Database::connect(&self.database_url).await?)
    }

    /// Stops the program, and deletes its database.
    pub(crate) async fn clear(mut self) -> Result<()> {
        self.process.kill().await?;
        fs::remove_dir_all(&self.folder)?;
        let drop = format!("DROP DATABASE {} WITH (FORCE)", self.database);
        execute(&self.postgres, &drop).await
    }

    async fn create_agents(&mut self) -> Result<()> {
        let create = "mutation { createAccount(input: {name: \"Bench\", tier: PREMIUM}) { ownerKey account { id } } }";
        let made = self.ask(create, &json!({})).await?;
        let id = text(&made, "/createAccount/account/id")?;
        self.account = AccountId::parse("account", &id).map_err(failure)?.uuid();
        self.key = text(&made, "/createAccount/ownerKey")?;
        for number in 0..AGENTS {
            let create = "mutation($name: String!) { createAgent(input: {template: \"support_agent\", tier: \"standard\", name: $name}) { agent { id } } }";
            let variables = json!({"name": format!("Agent {number}")});
            let made = self.ask(create, &variables).await?;
            let id = text(&made, "/createAgent/agent/id")?;
            let uuid = AgentId::parse("agent", &id).map_err(failure)?.uuid();
            self.agents.push(BenchAgent { id, uuid });
        }
        Ok(())
    }

    async fn ready(&self) {
        let url = format!("{}/readyz", self.url);
        loop {
            let ready = self.http.get(&url).send().await;
            if ready.is_ok_and(|ready| ready.status().is_success()) {
                return;
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }
}

fn text(value: &Value, path: &str) -> Result<String> {
    let found = value.pointer(path).and_then(Value::as_str);
    Ok(found.ok_or_else(|| format!("no {path}"))?.to_owned())
}

async fn execute(server: &str, statement: &str) -> Result<()> {
    let connection = Database::connect(server).await?;
    connection.execute_unprepared(statement).await?;
    Ok(connection.close().await?)
}
