//! Connections to Redis: one for all commands, which reconnects by itself, and one for each blocking reader.

use std::{fmt::Display, time::Duration};

use redis::{
    AsyncConnectionConfig, Client, RedisError, RedisResult,
    aio::{ConnectionManager, ConnectionManagerConfig, MultiplexedConnection},
};

use crate::{
    domain::{RedisServer, Secret},
    error::{Error, Result},
};

/// The timeout of a command.
const PATIENCE: Duration = Duration::from_secs(1);
/// The timeout of connecting. After it, the next command connects again.
const CONNECT: Duration = Duration::from_millis(500);
/// The pause before the one retry of connecting.
const PAUSE: Duration = Duration::from_millis(50);
/// The maximum number of commands that wait to be sent.
const PIPELINE: usize = 1024;

/// A client of Redis. Cheap to clone; all clones share the connection for commands.
#[derive(Clone)]
pub struct RedisConnection {
    client: Client,
    commands: ConnectionManager,
    prefix: String,
}

impl RedisConnection {
    /// Prepares the client; it connects at the first command. `prefix` starts every key, so that several installations
    /// can share one Redis.
    pub fn open(url: &Secret, prefix: &str) -> Result<Self> {
        let refused = |cause: RedisError| {
            Error::unavailable("the address of Redis cannot be used").with_source(cause)
        };
        let client = Client::open(url.reveal()).map_err(refused)?;
        let config = ConnectionManagerConfig::new()
            .set_connection_timeout(Some(CONNECT))
            .set_response_timeout(Some(PATIENCE))
            .set_number_of_retries(1)
            .set_min_delay(PAUSE)
            .set_pipeline_buffer_size(PIPELINE);
        let commands =
            ConnectionManager::new_lazy_with_config(client.clone(), config).map_err(refused)?;
        Ok(Self {
            client,
            commands,
            prefix: prefix.to_owned(),
        })
    }

    /// The connection for commands that do not block.
    pub(super) fn commands(&self) -> ConnectionManager {
        self.commands.clone()
    }

    /// A new connection for a reader that blocks in `XREAD BLOCK`. It does not reconnect by itself.
    pub(super) async fn waiting(&self) -> RedisResult<MultiplexedConnection> {
        let config = AsyncConnectionConfig::new()
            .set_connection_timeout(Some(CONNECT))
            .set_response_timeout(None);
        self.client
            .get_multiplexed_async_connection_with_config(&config)
            .await
    }

    /// The key of something that belongs to no account.
    pub(super) fn key(&self, name: impl Display) -> String {
        format!("{}:{name}", self.prefix)
    }

    /// Checks that Redis answers.
    pub async fn ping(&self) -> Result<()> {
        redis::cmd("PING")
            .query_async(&mut self.commands())
            .await
            .map_err(unavailable)
    }

    /// What the server reports about itself. `INFO` and not `CONFIG`, which many providers forbid.
    pub async fn server(&self) -> Result<RedisServer> {
        let report: String = redis::cmd("INFO")
            .query_async(&mut self.commands())
            .await
            .map_err(unavailable)?;
        let value = |name: &str| {
            let mut lines = report.lines().filter_map(|line| line.split_once(':'));
            let found = lines.find(|(known, _)| *known == name);
            found.map_or("", |(_, value)| value.trim()).to_owned()
        };
        Ok(RedisServer {
            version: value("redis_version"),
            policy: value("maxmemory_policy"),
            memory_limit: value("maxmemory").parse().unwrap_or_default(),
        })
    }
}

/// The error for a failed command.
pub(super) fn unavailable(cause: RedisError) -> Error {
    Error::unavailable("Redis does not answer").with_source(cause)
}
