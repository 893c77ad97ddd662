//! The limits and manners of the HTTP boundary: what a request may weigh, how long a peer may take, which browsers may come.

use std::time::Duration;

use serde::Deserialize;

use super::{ConnectionConfig, RequestRates};
use crate::domain::Actor;

/// The HTTP boundary; `http` in `app.yaml`.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct HttpConfig {
    /// The largest request body of a caller with a key, in bytes; a larger one is refused while it is still being sent.
    /// Default 1048576.
    pub body_bytes: usize,
    /// The largest request body, and the largest WebSocket message, of a caller without a key, in bytes. Default 65536.
    pub anonymous_bytes: usize,
    /// How long a body may take to arrive, in milliseconds. Default 15000.
    pub body_timeout_ms: u64,
    /// How many bytes of persisted operations are remembered. Default 8388608.
    pub persisted_bytes: u64,
    /// How long a silent stream waits before it shows that it lives (SSE comment, multipart `{}`, WebSocket ping), in
    /// milliseconds. Default 12000.
    pub keep_alive_ms: u64,
    /// SSE and multipart streams at the same time per key, and per address of anonymous callers. Default 100.
    pub streams_per_key: usize,
    /// Answers introspection and adds "Did you mean" to errors for callers without a key too. Default false; `dev` sets it.
    pub public_introspection: bool,
    /// The size of JSON before it is read.
    pub json: JsonLimits,
    /// How often a caller may ask.
    pub rate: RequestRates,
    /// What a document may ask for.
    pub document: DocumentLimits,
    /// Sockets.
    pub socket: SocketConfig,
    /// TCP connections and the end of them.
    pub connection: ConnectionConfig,
    /// The MCP servers at `/mcp/…`.
    pub mcp: McpConfig,
    /// `TROUPE_ALLOWED_ORIGINS`: pages of these origins besides our own may call from a browser; exactly as it sends
    /// them, e.g. `https://app.example.com`. Default none.
    pub allowed_origins: Vec<String>,
}

/// The size of a body's, a message's or a parameter's JSON; counted before any of it is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct JsonLimits {
    /// Values: objects, lists and everything in them. Default 20000.
    pub values: usize,
    /// The same for callers without a key. Default 2000.
    pub anonymous_values: usize,
    /// Objects and lists inside each other: the 32 levels of any one input, and what is around it. Default 64.
    pub depth: usize,
}

/// What one request, or one WebSocket message, of a caller may weigh.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RequestLimits {
    /// Bytes of a body.
    pub body_bytes: usize,
    /// Bytes of a WebSocket message.
    pub message_bytes: usize,
    /// The size of its JSON.
    pub json: JsonLimits,
}

/// What one GraphQL document may ask for; over a limit it answers `TOO_COMPLEX`.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct DocumentLimits {
    /// Bytes of the text. Default 20480.
    pub bytes: usize,
    /// Lexical tokens. Default 2000.
    pub tokens: usize,
    /// Brackets inside each other, of any kind; bounds the parser's stack. Default 64.
    pub brackets: usize,
    /// Fields below each other. Default 12.
    pub depth: usize,
    /// Fields below each other under `__schema` and `__type`; the usual introspection query has 15. Default 20.
    pub introspection_depth: usize,
    /// Aliases, fragments counted at every use. Default 30.
    pub aliases: u64,
    /// Fields of the root type. Default 20.
    pub root_fields: u64,
    /// Directives on one field, fragment or operation. Default 10.
    pub directives: usize,
    /// Fields and fragments after every fragment has been put in its place. Default 5000.
    pub selections: u64,
    /// Values in the largest possible answer: lists multiply what is below them. Default 5000.
    pub cost: u64,
    /// The page that a connection without `first` and `last` is counted with, in items. Default 20.
    pub default_page: u64,
    /// The largest page that is counted, in items; the services refuse larger ones. Default 100.
    pub largest_page: u64,
    /// What any other list is counted with, in items. Default 10.
    pub list_size: u64,
    /// Items of any list in an argument or in a variable; one that is longer answers `BAD_USER_INPUT`. Default 1000.
    pub list_items: usize,
}

/// Sockets (WebSocket): how many, how fast, how large.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct SocketConfig {
    /// Sockets at the same time per key, and per address of anonymous callers. Default 50.
    pub per_key: usize,
    /// Operations that run at the same time on one socket. Default 100.
    pub operations: usize,
    /// Messages from the client per second; a burst may be twice as many. Default 100.
    pub messages_per_second: u32,
    /// The largest message from the client, in bytes. Default 262144.
    pub message_bytes: usize,
    /// How long the client may take to send `connection_init`, in milliseconds. Default 3000.
    pub init_timeout_ms: u64,
}

/// The MCP servers at `/mcp/…`: by which names they may be called, and their sessions.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct McpConfig {
    /// `TROUPE_MCP_ALLOWED_HOSTS`: the names, with or without a port, that they may be called by besides those of this
    /// machine, e.g. `troupe.example.com`. A page that has its own name lead here by DNS is refused. Default none.
    pub allowed_hosts: Vec<String>,
    /// Sessions at the same time per key; revisions from 2026-07-28 on have none. Default 20.
    pub sessions_per_key: usize,
    /// Sessions at the same time of everyone. Default 2000.
    pub sessions: usize,
    /// A session that nobody uses ends after so many milliseconds. Default 300000.
    pub session_idle_ms: u64,
}

impl Default for HttpConfig {
    fn default() -> Self {
        Self {
            body_bytes: 1024 * 1024,
            anonymous_bytes: 64 * 1024,
            body_timeout_ms: 15_000,
            persisted_bytes: 8 * 1024 * 1024,
            keep_alive_ms: 12_000,
            streams_per_key: 100,
            public_introspection: false,
            json: JsonLimits::default(),
            rate: RequestRates::default(),
            document: DocumentLimits::default(),
            socket: SocketConfig::default(),
            connection: ConnectionConfig::default(),
            mcp: McpConfig::default(),
            allowed_origins: Vec::new(),
        }
    }
}

impl Default for JsonLimits {
    fn default() -> Self {
        Self {
            values: 20_000,
            anonymous_values: 2_000,
            depth: 64,
        }
    }
}

impl Default for DocumentLimits {
    fn default() -> Self {
        Self {
            bytes: 20 * 1024,
            tokens: 2_000,
            brackets: 64,
            depth: 12,
            introspection_depth: 20,
            aliases: 30,
            root_fields: 20,
            directives: 10,
            selections: 5_000,
            cost: 5_000,
            default_page: 20,
            largest_page: 100,
            list_size: 10,
            list_items: 1_000,
        }
    }
}

impl Default for SocketConfig {
    fn default() -> Self {
        Self {
            per_key: 50,
            operations: 100,
            messages_per_second: 100,
            message_bytes: 256 * 1024,
            init_timeout_ms: 3_000,
        }
    }
}

impl Default for McpConfig {
    fn default() -> Self {
        Self {
            allowed_hosts: Vec::new(),
            sessions_per_key: 20,
            sessions: 2_000,
            session_idle_ms: 300_000,
        }
    }
}

impl HttpConfig {
    /// What one request of this caller may weigh; a caller without a key may send little.
    pub fn request_limits(&self, actor: Option<&Actor>) -> RequestLimits {
        let keyed = RequestLimits {
            body_bytes: self.body_bytes,
            message_bytes: self.socket.message_bytes,
            json: self.json,
        };
        if actor.is_some() {
            return keyed;
        }
        RequestLimits {
            body_bytes: keyed.body_bytes.min(self.anonymous_bytes),
            message_bytes: keyed.message_bytes.min(self.anonymous_bytes),
            json: JsonLimits {
                values: self.json.values.min(self.json.anonymous_values),
                ..self.json
            },
        }
    }

    /// How long a body may take to arrive.
    pub fn body_timeout(&self) -> Duration {
        Duration::from_millis(self.body_timeout_ms)
    }

    /// How long a silent stream waits before it shows that it lives.
    pub fn keep_alive(&self) -> Duration {
        Duration::from_millis(self.keep_alive_ms)
    }
}

impl SocketConfig {
    /// How long the client may take to send `connection_init`.
    pub fn init_timeout(&self) -> Duration {
        Duration::from_millis(self.init_timeout_ms)
    }
}

impl McpConfig {
    /// A session that nobody uses ends after this.
    pub fn session_idle(&self) -> Duration {
        Duration::from_millis(self.session_idle_ms)
    }
}
