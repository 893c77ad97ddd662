//! Connections: one that all commands share and that comes back by itself, and one for each reader that waits.

use std::{fmt::Display, time::Duration};

use redis::{
    AsyncConnectionConfig, Client, RedisError, RedisResult,
    aio::{ConnectionManager, ConnectionManagerConfig, MultiplexedConnection},
};

use crate::{
    domain::Secret,
    error::{Error, Result},
};

/// A command that is not answered for this long has failed.
const PATIENCE: Duration = Duration::from_secs(1);
/// A connection that cannot be made in this time is tried again by the next command.
const CONNECT: Duration = Duration::from_millis(500);
/// Pause before the one repeated attempt to connect.
const PAUSE: Duration = Duration::from_millis(50);
/// Commands that may wait to be written.
const PIPELINE: usize = 1024;

/// The way to Redis. Cloning it is cheap; all clones share the connection for commands.
#[derive(Clone)]
pub struct RedisConnection {
    client: Client,
    commands: ConnectionManager,
    prefix: String,
}

impl RedisConnection {
    /// Prepares the way; nothing is connected before the first command. `prefix` begins every key, so that several
    /// installations can share one Redis.
    pub fn open(url: &Secret, prefix: &str) -> Result<Self> {
        let refused = |cause: RedisError| {
            Error::unavailable("the address of Redis cannot be used; check TROUPE_REDIS_URL")
                .because(cause)
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

    /// For commands that are answered at once.
    pub(super) fn commands(&self) -> ConnectionManager {
        self.commands.clone()
    }

    /// A connection of its own, for a reader that waits in `XREAD BLOCK`; it does not come back by itself.
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

    /// Whether Redis answers.
    pub async fn ping(&self) -> Result<()> {
        redis::cmd("PING")
            .query_async(&mut self.commands())
            .await
            .map_err(unavailable)
    }
}

/// Redis does not do what it was asked.
pub(super) fn unavailable(cause: RedisError) -> Error {
    Error::unavailable("Redis does not answer; check TROUPE_REDIS_URL and that it runs")
        .because(cause)
}
