//! `troupe check --connect`: finds what would stop a start or cause trouble later, by connecting as the role would.

mod finding;

pub use self::finding::{Finding, Severity};

use super::{keys, open_store};
use crate::{
    adapter::redis::RedisConnection,
    config::{Config, DatabaseKind, Mode},
    domain::VectorExtension,
    error::{Error, Result},
    port::{Clock, SystemClock},
    service::KeyCheck,
    store::Store,
};

/// The connections of a process beside those of its pool: one watches whether the database is back.
const BESIDE_POOL: u64 = 1;
/// The oldest version of Redis, as its two numbers.
const OLDEST_REDIS: [u32; 2] = [6, 2];
/// The setting of Redis that keeps it from removing what is not expired.
const POLICY: &str = "noeviction";

/// Connects to the database and to Redis as the role of the configuration would; returns what was found.
pub async fn connect(config: &Config) -> Vec<Finding> {
    let mut findings = Vec::new();
    match open_store(config).await {
        Ok(store) => {
            findings.push(Finding::good("database", "answers"));
            if let Err(error) = database(config, &store, &mut findings).await {
                findings.push(Finding::stop("database", sentence(&error)));
            }
            // nothing was written
            let _ = store.close().await;
        }
        Err(error) => findings.push(Finding::stop("database", sentence(&error))),
    }
    redis(config, &mut findings).await;
    findings
}

/// Checks the database; what needs its tables only if they are of this version.
async fn database(config: &Config, store: &Store, findings: &mut Vec<Finding>) -> Result<()> {
    findings.extend(connections(config, store).await?);
    findings.extend(vectors(store).await?);
    let status = store.migration_status().await?;
    let missing: Vec<&str> = status
        .iter()
        .filter(|(_, is_applied)| !is_applied)
        .map(|(name, _)| name.as_str())
        .collect();
    if let Some(first) = missing.first() {
        findings.push(Finding::stop(
            "tables",
            format!(
                "{} of {} migrations are missing, the first is {first}: run `troupe migrate up`",
                missing.len(),
                status.len()
            ),
        ));
        return Ok(());
    }
    let last = status.last().map_or("", |(name, _)| name.as_str());
    findings.push(Finding::good(
        "tables",
        format!("are of this version, {last}"),
    ));
    findings.extend(encryption_keys(config, store).await?);
    findings.push(worker(config, store).await?);
    Ok(())
}

/// Compares the pools of the live processes and of one more with what the database accepts.
async fn connections(config: &Config, store: &Store) -> Result<Option<Finding>> {
    let Some(found) = store.platform().connection_use().await? else {
        return Ok(None);
    };
    let of_process = u64::from(config.database.max_connections) + BESIDE_POOL;
    let processes = found.processes + 1;
    let needed = of_process * processes;
    let sum = format!(
        "{processes} processes (this one and {} that are connected) with {of_process} connections each may open {needed}, and \
         the database accepts {}",
        found.processes, found.available
    );
    if needed > found.available {
        let remedy =
            "lower TROUPE_DATABASE_MAX_CONNECTIONS, or raise max_connections of PostgreSQL";
        return Ok(Some(Finding::stop(
            "connections",
            format!("{sum}: {remedy}"),
        )));
    }
    Ok(Some(Finding::good("connections", sum)))
}

async fn vectors(store: &Store) -> Result<Option<Finding>> {
    let found = store.platform().vector_extension().await?;
    Ok(found.map(|found| match found {
        VectorExtension::Present => Finding::good("pgvector", "is there"),
        VectorExtension::Available => Finding::warning(
            "pgvector",
            "is not used by this database: `troupe migrate up` prepares it, with a role that may run `CREATE EXTENSION vector`; \
             until then vectors are in the embedded store",
        ),
        VectorExtension::Missing => Finding::warning(
            "pgvector",
            "is not installed on this server: vectors are in the embedded store, in the memory of each process",
        ),
    }))
}

/// A finding for each key in use that is not configured, else one about all of them.
async fn encryption_keys(config: &Config, store: &Store) -> Result<Vec<Finding>> {
    let ring = keys::ring(config);
    let check = KeyCheck { store, ring: &ring };
    let missing = check.missing().await?;
    if !missing.is_empty() {
        let findings = missing.iter().map(|used| {
            let remedy = "is not in TROUPE_ENCRYPTION_KEYS; put it back after the first key";
            Finding::stop("keys", format!("{}, and {remedy}", used.sentence()))
        });
        return Ok(findings.collect());
    }
    let in_use = check.all().await?;
    let older = in_use.iter().filter(|used| ring.first() != Some(&used.key));
    let mut findings: Vec<Finding> = older
        .map(|used| {
            let remedy = "and is not the first one: run `troupe keys rotate` before you remove it";
            Finding::warning("keys", format!("{} {remedy}", used.sentence()))
        })
        .collect();
    if findings.is_empty() {
        findings.push(Finding::good(
            "keys",
            match (ring.first(), in_use.first()) {
                (_, Some(used)) => used.sentence(),
                (Some(first), None) => format!("the key \"{first}\" has sealed nothing yet"),
                (None, None) => "none is configured, and none is in use".to_owned(),
            },
        ));
    }
    Ok(findings)
}

async fn worker(config: &Config, store: &Store) -> Result<Finding> {
    let has_worker = store.platform().has_worker(SystemClock.now()).await?;
    Ok(match (has_worker, config.mode) {
        (true, _) => Finding::good("workers", "one is running"),
        (false, Mode::Worker) => Finding::good("workers", "this will be the first one"),
        (false, _) => Finding::warning(
            "workers",
            "none is running: documents are not read, and runs of the class DEEP wait; start `troupe worker`",
        ),
    })
}

async fn redis(config: &Config, findings: &mut Vec<Finding>) {
    let Some(redis) = &config.redis else {
        let several = config.database.kind() == DatabaseKind::Postgres;
        let text = "is not configured (TROUPE_REDIS_URL): only one process can run";
        findings.push(if several {
            Finding::warning("redis", text)
        } else {
            Finding::good("redis", text)
        });
        return;
    };
    let server = match RedisConnection::open(&redis.url, &redis.prefix) {
        Ok(connection) => connection.server().await,
        Err(error) => Err(error),
    };
    let server = match server {
        Ok(server) => server,
        Err(error) => {
            let text = format!(
                "{}; check TROUPE_REDIS_URL and that it runs",
                sentence(&error)
            );
            return findings.push(Finding::stop("redis", text));
        }
    };
    let mut numbers = server
        .version
        .split('.')
        .map_while(|part| part.parse().ok());
    let version = [numbers.next().unwrap_or(0), numbers.next().unwrap_or(0)];
    findings.push(if version < OLDEST_REDIS {
        let text = format!("is version {}, and 6.2 or newer is needed", server.version);
        Finding::stop("redis", text)
    } else {
        Finding::good("redis", format!("answers, version {}", server.version))
    });
    findings.push(if server.policy == POLICY {
        Finding::good("redis policy", format!("maxmemory-policy is {POLICY}"))
    } else {
        let policy = &server.policy;
        Finding::stop(
            "redis policy",
            format!("maxmemory-policy is {policy}: events of runs and limits would be removed when its memory is full; set {POLICY}"),
        )
    });
}

fn sentence(error: &Error) -> String {
    match error.cause() {
        Some(cause) => format!("{}: {cause}", error.message()),
        None => error.message().to_owned(),
    }
}
