//! How long calls may take, how much a server may answer, and how often it is asked.

use std::time::Duration;

/// The bounds of everything that is asked of MCP servers.
#[derive(Debug, Clone, Copy)]
pub struct McpLimits {
    /// A connection that is not there after this time is given up.
    pub connect: Duration,
    /// Beginning to speak with a server, or asking it for its tools, all pages together.
    pub list: Duration,
    /// A call that says nothing for this long is given up; its progress begins the time anew.
    pub call: Duration,
    /// A call with all its attempts, whatever its progress.
    pub call_total: Duration,
    /// A call is made again at most this often.
    pub retries: u32,
    /// The pause before the first repetition, doubled for each more; what is really waited is a random part of it.
    pub pause: Duration,
    /// A server that wants a longer pause is not asked again.
    pub longest_pause: Duration,
    /// An answer with everything that comes with it has at most this many bytes.
    pub largest_answer: usize,
    /// A result has at most this many bytes as text, and as JSON; the rest is cut.
    pub largest_result: usize,
    /// A server offers at most this many tools.
    pub tools: usize,
    /// The definitions of a server's tools have at most this many bytes together.
    pub definitions: usize,
    /// Calls that one server is asked at a time.
    pub concurrent: usize,
    /// Calls that one server is asked in a minute; as many may come at once.
    pub per_minute: u32,
    /// So many calls fail in a row before a server is left alone for a while.
    pub failures: u32,
    /// For this long.
    pub rest: Duration,
    /// Sessions with servers that are kept, all together.
    pub sessions: usize,
    /// A session that nobody used for this long is ended.
    pub idle: Duration,
}

impl McpLimits {
    /// What servers on the web need.
    pub const USUAL: Self = Self {
        connect: Duration::from_secs(10),
        list: Duration::from_secs(15),
        call: Duration::from_mins(1),
        call_total: Duration::from_mins(10),
        retries: 2,
        pause: Duration::from_millis(400),
        longest_pause: Duration::from_secs(5),
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
}
