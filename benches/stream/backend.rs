//! The storage below the program: a SQLite file, or a fresh database on a PostgreSQL server with Redis beside it.

use std::{env, fs, path::PathBuf, time::Duration};

use sea_orm::{ConnectionTrait, Database};
use uuid::Uuid;

use crate::Result;

/// Settings of the program: many readers share one account, and the whole load comes from one address. All other limits
/// keep their defaults.
const SETTINGS: &str = "
http:
  socket: {per_key: 1000}
  connection: {address_percent: 100}
  rate:
    key_per_minute: 6000000
    key_burst: 100000
    address_per_minute: 6000000
    address_burst: 100000
    anonymous_per_minute: 6000000
    anonymous_burst: 100000
";

const DURABILITY: &str = "TROUPE_DATABASE_DURABILITY";

/// A temporary database.
pub(crate) struct Backend {
    /// The name in the tables.
    pub(crate) name: String,
    /// The folder of this database.
    pub(crate) folder: PathBuf,
    /// The environment variables that configure it.
    pub(crate) settings: Vec<(&'static str, String)>,
    server: Option<String>,
    database: String,
}

impl Backend {
    /// The embedded default, with `power` also as it waits for the disk, and PostgreSQL with Redis if they are configured.
    pub(crate) async fn all(embedded: bool, power: bool) -> Result<Vec<Self>> {
        let mut all = vec![Self::embedded(false)?];
        if power {
            all.push(Self::embedded(true)?);
        }
        if embedded {
            return Ok(all);
        }
        match variable("TROUPE_TEST_DATABASE_URL") {
            Some(server) => all.push(Self::on_server(server).await?),
            None => println!(
                "PostgreSQL and Redis are left out: `scripts/services.sh start && eval \"$(scripts/services.sh env)\"` \
                 sets the variables that name them.\n"
            ),
        }
        Ok(all)
    }

    /// The same kind of backend with an empty database.
    pub(crate) async fn fresh(&self) -> Result<Self> {
        match &self.server {
            None => Self::embedded(self.setting(DURABILITY).is_some()),
            Some(server) => Self::on_server(server.clone()).await,
        }
    }

    /// Deletes the database.
    pub(crate) async fn clear(&self) -> Result<()> {
        if let Some(server) = &self.server {
            let database = &self.database;
            let drop = format!("DROP DATABASE IF EXISTS {database} WITH (FORCE)");
            let mut dropped = run(server, &drop).await;
            for _ in 0..20 {
                if dropped.is_ok() {
                    break;
                }
                // the server's own autovacuum may be connected, and cannot be ended from here
                tokio::time::sleep(Duration::from_millis(500)).await;
                dropped = run(server, &drop).await;
            }
            dropped?;
        }
        match self.setting("TROUPE_REDIS_URL") {
            Some(redis) => forget(redis, self.setting("TROUPE_REDIS_PREFIX")).await,
            None => Ok(()),
        }
    }

    fn setting(&self, name: &str) -> Option<&str> {
        let named = self.settings.iter().find(|(known, _)| *known == name);
        named.map(|(_, value)| value.as_str())
    }

    fn embedded(power: bool) -> Result<Self> {
        let (database, folder) = place()?;
        let file = folder.join("troupe.db");
        let url = format!("sqlite://{}?mode=rwc", file.display());
        let mut name = "SQLite".to_owned();
        let mut settings = vec![("TROUPE_DATABASE_URL", url)];
        // not set otherwise: earlier builds, which are measured beside this one, do not know it
        if power {
            name.push_str(", durability power");
            settings.push((DURABILITY, "power".to_owned()));
        }
        Ok(Self {
            name,
            folder,
            settings,
            server: None,
            database,
        })
    }

    async fn on_server(server: String) -> Result<Self> {
        let (database, folder) = place()?;
        run(&server, &format!("CREATE DATABASE {database}")).await?;
        let (address, _) = server.rsplit_once('/').ok_or("an odd database address")?;
        let mut settings = vec![("TROUPE_DATABASE_URL", format!("{address}/{database}"))];
        let mut name = "PostgreSQL".to_owned();
        if let Some(redis) = variable("TROUPE_TEST_REDIS_URL") {
            settings.push(("TROUPE_REDIS_URL", redis));
            settings.push(("TROUPE_REDIS_PREFIX", database.replace('_', "-")));
            name.push_str(" + Redis");
        }
        Ok(Self {
            name,
            folder,
            settings,
            server: Some(server),
            database,
        })
    }
}

impl Drop for Backend {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.folder);
    }
}

fn place() -> Result<(String, PathBuf)> {
    let name = format!("bench_{}", Uuid::now_v7().simple());
    let folder = env::temp_dir().join(format!("troupe-{name}"));
    fs::create_dir_all(&folder)?;
    fs::write(folder.join("app.yaml"), SETTINGS)?;
    Ok((name, folder))
}

async fn run(server: &str, statement: &str) -> Result<()> {
    let connection = Database::connect(server).await?;
    connection.execute_unprepared(statement).await?;
    Ok(connection.close().await?)
}

/// Removes every key with the prefix.
async fn forget(address: &str, prefix: Option<&str>) -> Result<()> {
    let prefix = prefix.ok_or("no prefix")?;
    let mut redis = redis::Client::open(address)?
        .get_multiplexed_async_connection()
        .await?;
    let mut cursor = 0_u64;
    loop {
        let mut scan = redis::cmd("SCAN");
        scan.arg(cursor).arg("MATCH").arg(format!("{prefix}*"));
        let (next, keys): (u64, Vec<String>) =
            scan.arg("COUNT").arg(1000).query_async(&mut redis).await?;
        if !keys.is_empty() {
            let mut unlink = redis::cmd("UNLINK");
            unlink.arg(keys).exec_async(&mut redis).await?;
        }
        if next == 0 {
            return Ok(());
        }
        cursor = next;
    }
}

#[expect(
    clippy::disallowed_methods,
    reason = "a benchmark reads where its database is"
)]
fn variable(name: &str) -> Option<String> {
    env::var(name).ok().filter(|value| !value.is_empty())
}
