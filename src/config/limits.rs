//! Rate limits of one account.

use super::reader::Section;

/// Limits of one account; section `limits` of `app.yaml`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LimitsConfig {
    /// `TROUPE_LIMITS_MESSAGES_PER_MINUTE`: the long-run rate of messages of an account. Default: 600 a minute.
    pub messages_per_minute: u32,
    /// `TROUPE_LIMITS_MESSAGE_BURST`: the messages that are allowed at once, after a pause. Default: 120.
    pub message_burst: u32,
    /// `TROUPE_LIMITS_RUNS_QUEUED_PER_ACCOUNT`: the maximum number of queued and running runs of an account; a further
    /// message is refused. Default: 1000.
    pub runs_queued_per_account: u64,
    /// `TROUPE_LIMITS_SESSION_MESSAGES_PER_MINUTE`: the rate of messages of an end user whose session names none.
    /// Default: 20 a minute.
    pub session_messages_per_minute: u32,
    /// `TROUPE_LIMITS_MCP_CALLS_PER_MINUTE`: the long-run rate of tool calls at `/mcp/…` of an account. Default: 1200 a
    /// minute.
    pub mcp_calls_per_minute: u32,
    /// `TROUPE_LIMITS_MCP_CALL_BURST`: the tool calls that are allowed at once, after a pause. Default: 240.
    pub mcp_call_burst: u32,
    /// `TROUPE_LIMITS_ADDRESS_SESSIONS_PER_MINUTE`: the sessions with public agents that one address may begin, also the
    /// number at once. Default: 20 a minute.
    pub address_sessions_per_minute: u32,
    /// `TROUPE_LIMITS_PUBLIC_AGENT_SESSIONS_PER_MINUTE`: the sessions that may begin with one public agent, also the number
    /// at once. Default: 120 a minute.
    pub public_agent_sessions_per_minute: u32,
}

impl LimitsConfig {
    pub(super) fn read(section: &mut Section<'_, '_>) -> Self {
        Self {
            messages_per_minute: section
                .number("messages_per_minute", 1..=10_000_000)
                .unwrap_or(600),
            message_burst: section
                .number("message_burst", 1..=1_000_000)
                .unwrap_or(120),
            runs_queued_per_account: section
                .number("runs_queued_per_account", 1..=1_000_000)
                .unwrap_or(1_000),
            session_messages_per_minute: section
                .number("session_messages_per_minute", 1..=1_000)
                .unwrap_or(20),
            mcp_calls_per_minute: section
                .number("mcp_calls_per_minute", 1..=10_000_000)
                .unwrap_or(1_200),
            mcp_call_burst: section
                .number("mcp_call_burst", 1..=1_000_000)
                .unwrap_or(240),
            address_sessions_per_minute: section
                .number("address_sessions_per_minute", 1..=100_000)
                .unwrap_or(20),
            public_agent_sessions_per_minute: section
                .number("public_agent_sessions_per_minute", 1..=1_000_000)
                .unwrap_or(120),
        }
    }
}
