//! What keeps an evaluation apart: a database and limits of its own, in a folder that is removed after it.

use std::path::{Path, PathBuf};

use uuid::Uuid;

use crate::{
    config::{
        Config, DatabaseConfig, LimitsConfig, PineconeConfig, ReadFrom, ShutdownConfig,
        TracesConfig,
    },
    domain::Secret,
};

/// More messages and tool calls than any evaluation sends, a minute.
const UNLIMITED: u32 = 1_000_000;

/// The configuration of a server whose database and limits are its own: no evaluation writes to another database, to
/// Redis, to Pinecone or to a collector of traces.
pub(super) fn isolated(config: &Config, folder: PathBuf) -> Config {
    Config {
        database: DatabaseConfig {
            url: Secret::new(format!("sqlite://{}/troupe.db?mode=rwc", folder.display())),
            read_url: None,
            max_connections: config.database.max_connections,
            row_security: config.database.row_security,
            durability: config.database.durability,
            is_default: true,
        },
        data_dir: folder,
        redis: None,
        encryption_keys: None,
        operator_key: None,
        pinecone: PineconeConfig {
            api_key: None,
            ..config.pinecone.clone()
        },
        limits: LimitsConfig {
            messages_per_minute: UNLIMITED,
            message_burst: UNLIMITED,
            mcp_calls_per_minute: UNLIMITED,
            mcp_call_burst: UNLIMITED,
            ..config.limits.clone()
        },
        shutdown: ShutdownConfig {
            drain_seconds: 0,
            ..config.shutdown.clone()
        },
        traces: TracesConfig {
            otlp_endpoint: None,
            ..config.traces.clone()
        },
        // not what the files say, so it does not follow them
        read_from: ReadFrom {
            source: None,
            ..config.read_from.clone()
        },
        ..config.clone()
    }
}

/// A folder for the databases of one evaluation, which is removed with it unless the person named it.
pub(super) struct EvalFolder {
    path: PathBuf,
    is_temporary: bool,
}

impl EvalFolder {
    pub(super) fn new(given: Option<&Path>) -> Self {
        let temporary =
            || std::env::temp_dir().join(format!("troupe-eval-{}", Uuid::now_v7().simple()));
        Self {
            path: given.map_or_else(temporary, Path::to_owned),
            is_temporary: given.is_none(),
        }
    }

    /// The folder of one server.
    pub(super) fn of(&self, name: &str) -> PathBuf {
        self.path.join(name)
    }
}

impl Drop for EvalFolder {
    fn drop(&mut self) {
        if self.is_temporary {
            // what stays behind is in the system's folder for temporary files
            let _ = std::fs::remove_dir_all(&self.path);
        }
    }
}
