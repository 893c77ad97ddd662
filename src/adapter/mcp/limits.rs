//! Limits of MCP calls: time, sizes, rate and concurrency.

use std::time::Duration;

/// The limits of all requests to MCP servers.
#[derive(Debug, Clone, Copy)]
pub struct McpLimits {
    /// The timeout of connecting.
    pub connect: Duration,
    /// The timeout of initialising a connection, and of listing the tools, all pages together.
    pub list: Duration,
    /// The timeout of the probe whether a server speaks the newest revision, and whether it knows a session.
    pub probe: Duration,
    /// The timeout of a call without an answer; each byte and each progress notification restarts it.
    pub call: Duration,
    /// The timeout of a call with all its attempts and progress.
    pub call_total: Duration,
    /// The maximum number of retries of a call.
    pub retries: usize,
    /// The pause before the first retry, doubled for each further one. Up to as much again is added at random.
    pub pause: Duration,
    /// The maximum pause. A server that asks for a longer one is not called again.
    pub longest_pause: Duration,
    /// The maximum size of a response with all its events, decompressed, in bytes.
    pub largest_body: usize,
    /// The maximum size of a response without what is cut out of long strings, in bytes.
    pub largest_answer: usize,
    /// The maximum size of a result in bytes, as text and as JSON; longer ones are truncated.
    pub largest_result: usize,
    /// The maximum number of tools of a server.
    pub tools: usize,
    /// The maximum total size of a server's tool definitions in bytes.
    pub definitions: usize,
    /// The maximum number of concurrent calls per server.
    pub concurrent: usize,
    /// The maximum number of calls per server and minute; all of them may come at once.
    pub per_minute: u32,
    /// The number of consecutive failures that opens a server's circuit breaker.
    pub failures: u32,
    /// How long an open circuit breaker blocks calls.
    pub rest: Duration,
    /// The maximum number of open sessions, for all servers together.
    pub sessions: usize,
    /// The idle time after which a session is ended.
    pub idle: Duration,
}

impl McpLimits {
    /// The limits for servers on the public internet.
    pub const USUAL: Self = Self {
        connect: Duration::from_secs(10),
        list: Duration::from_secs(15),
        probe: Duration::from_secs(5),
        call: Duration::from_mins(1),
        call_total: Duration::from_mins(10),
        retries: 2,
        pause: Duration::from_millis(400),
        longest_pause: Duration::from_secs(5),
        largest_body: 64 * 1024 * 1024,
        largest_answer: 4 * 1024 * 1024,
        largest_result: 64 * 1024,
        tools: 500,
        definitions: 1024 * 1024,
        concurrent: 16,
        per_minute: 600,
        failures: 5,
        rest: Duration::from_secs(30),
        sessions: 1000,
        idle: Duration::from_mins(5),
    };

    /// The limits of a server whose calls may take this long, also in silence.
    pub(super) fn with_call_timeout(self, timeout: Option<Duration>) -> Self {
        let Some(timeout) = timeout else {
            return self;
        };
        Self {
            call: timeout,
            call_total: timeout,
            ..self
        }
    }
}
