//! The limits of the HTTP boundary: sizes, timeouts, and the allowed origins of browsers.

use std::time::Duration;

use serde::Deserialize;

use super::{ConnectionConfig, RequestRates};
use crate::domain::Actor;

/// The HTTP boundary; `http` in `app.yaml`.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct HttpConfig {
    /// The maximum size of a request body with a key, in bytes; a larger one is refused while it is still being sent.
    /// Default 1048576.
    pub body_bytes: usize,
    /// The maximum size of a request body, and of a WebSocket message, without a key, in bytes. Default 65536.
    pub anonymous_bytes: usize,
    /// The timeout for receiving a body, and for receiving the next part of a file, in milliseconds. Default 15000.
    pub body_timeout_ms: u64,
    /// The maximum size of the cache of persisted operations, in bytes. Default 8388608.
    pub persisted_bytes: u64,
    /// The interval of keep-alive messages on a silent stream (SSE comment, multipart `{}`, WebSocket ping), in
    /// milliseconds. Default 12000.
    pub keep_alive_ms: u64,
    /// The maximum number of concurrent SSE and multipart streams per key, and per address of anonymous callers.
    /// Default 100.
    pub streams_per_key: usize,
    /// Whether callers without a key may use introspection and get "Did you mean" in errors. Default false; `dev` sets
    /// it.
    pub public_introspection: bool,
    /// Limits of JSON, checked before it is parsed.
    pub json: JsonLimits,
    /// Rate limits of requests.
    pub rate: RequestRates,
    /// Limits of a GraphQL document.
    pub document: DocumentLimits,
    /// Limits of WebSockets.
    pub socket: SocketConfig,
    /// Limits of TCP connections, and the trusted proxies.
    pub connection: ConnectionConfig,
    /// The MCP servers at `/mcp/…`.
    pub mcp: McpConfig,
    /// `TROUPE_ALLOWED_ORIGINS`: origins, besides our own, whose pages may call from a browser; exactly as browsers
    /// send them, e.g. `https://app.example.com` or `capacitor://localhost`. Default none.
    pub allowed_origins: Vec<String>,
    /// `TROUPE_ALLOW_NULL_ORIGIN`: whether pages with the origin `null` may call: local files and sandboxed frames, of any
    /// site. Default false.
    pub allow_null_origin: bool,
    /// `TROUPE_ALLOW_LOOPBACK_ORIGINS`: whether pages of this machine may call, from any port. Default false; `dev` sets
    /// it.
    pub allow_loopback_origins: bool,
}

/// Limits of the JSON of a body, a message or a parameter; counted before any of it is parsed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct JsonLimits {
    /// The maximum number of values: objects, lists and everything in them. Default 20000.
    pub values: usize,
    /// The same without a key. Default 2000.
    pub anonymous_values: usize,
    /// The maximum nesting depth of objects and lists: the 32 levels of any one input, and what is around it. Default
    /// 64.
    pub depth: usize,
}

/// The size limits of one caller's request or WebSocket message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RequestLimits {
    /// The maximum size of a body, in bytes.
    pub body_bytes: usize,
    /// The maximum size of a WebSocket message, in bytes.
    pub message_bytes: usize,
    /// Limits of its JSON.
    pub json: JsonLimits,
}

/// Limits of one GraphQL document; a document over a limit is answered `TOO_COMPLEX`.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct DocumentLimits {
    /// The maximum size of the text, in bytes. Default 20480.
    pub bytes: usize,
    /// The maximum number of lexical tokens. Default 2000.
    pub tokens: usize,
    /// The maximum nesting depth of brackets of any kind; limits the parser's stack. Default 64.
    pub brackets: usize,
    /// The maximum nesting depth of fields. Default 12.
    pub depth: usize,
    /// The maximum nesting depth of fields under `__schema` and `__type`; the usual introspection query has 15. Default
    /// 20.
    pub introspection_depth: usize,
    /// The maximum number of aliases; fragments count at every use. Default 30.
    pub aliases: u64,
    /// The maximum number of fields of the root type. Default 20.
    pub root_fields: u64,
    /// The maximum number of directives on one field, fragment or operation. Default 10.
    pub directives: usize,
    /// The maximum number of fields and fragments after all fragments are expanded. Default 5000.
    pub selections: u64,
    /// The maximum number of items that all lists of the response can have together: a list multiplies the lists inside
    /// its items. Default 5000.
    pub cost: u64,
    /// The number of items that a connection without `first` and `last` counts as. Default 20.
    pub default_page: u64,
    /// The maximum number of items that a connection counts as; the services refuse larger pages. Default 100.
    pub largest_page: u64,
    /// The number of items that any other list counts as. Default 10.
    pub list_size: u64,
    /// The maximum number of items of a list in an argument or a variable; a longer list is answered `BAD_USER_INPUT`.
    /// Default 1000.
    pub list_items: usize,
}

/// Limits of WebSockets.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct SocketConfig {
    /// The maximum number of concurrent sockets per key, and per address of anonymous callers. Default 50.
    pub per_key: usize,
    /// The maximum number of concurrent operations on one socket. Default 100.
    pub operations: usize,
    /// The maximum number of messages from the client per second; a burst may be twice as many. Default 100.
    pub messages_per_second: u32,
    /// The maximum size of a message from the client, in bytes. Default 262144.
    pub message_bytes: usize,
    /// The timeout for the client's `connection_init`, in milliseconds. Default 3000.
    pub init_timeout_ms: u64,
}

/// The MCP servers at `/mcp/…`: their allowed host names, and limits of their sessions.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct McpConfig {
    /// `TROUPE_MCP_ALLOWED_HOSTS`: the allowed host names, with or without a port, besides those of this machine, e.g.
    /// `troupe.example.com`. A request with another `Host` is refused (DNS rebinding). Default none.
    pub allowed_hosts: Vec<String>,
    /// The maximum number of concurrent sessions per key; protocol revisions from 2026-07-28 on have no sessions.
    /// Default 20.
    pub sessions_per_key: usize,
    /// The maximum number of concurrent sessions in total. Default 2000.
    pub sessions: usize,
    /// The idle time after which a session ends, in milliseconds. Default 300000.
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
            allow_null_origin: false,
            allow_loopback_origins: false,
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
    /// The size limits of this caller's requests; smaller without a key.
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

    /// The timeout for receiving a body.
    pub fn body_timeout(&self) -> Duration {
        Duration::from_millis(self.body_timeout_ms)
    }

    /// The interval of keep-alive messages on a silent stream.
    pub fn keep_alive(&self) -> Duration {
        Duration::from_millis(self.keep_alive_ms)
    }
}

impl SocketConfig {
    /// The timeout for the client's `connection_init`.
    pub fn init_timeout(&self) -> Duration {
        Duration::from_millis(self.init_timeout_ms)
    }
}

impl McpConfig {
    /// The idle time after which an MCP session ends.
    pub fn session_idle(&self) -> Duration {
        Duration::from_millis(self.session_idle_ms)
    }
}
