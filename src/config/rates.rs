//! Rate limits of requests, whatever they ask for.

use serde::Deserialize;

/// Rate limits of this process; `http.rate` in `app.yaml`. A rate applies in the long run, a burst after a pause; 0
/// counts as 1.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct RequestRates {
    /// Requests and WebSocket operations of one key, a minute. Default 12000.
    pub key_per_minute: u32,
    /// The burst of one key. Default 2400.
    pub key_burst: u32,
    /// Requests and WebSocket operations of one session of an end user, a minute. Default 600.
    pub end_user_per_minute: u32,
    /// The burst of one session of an end user. Default 120.
    pub end_user_burst: u32,
    /// Requests of one MCP session, a minute. Default 6000.
    pub session_per_minute: u32,
    /// The burst of one MCP session. Default 1200.
    pub session_burst: u32,
    /// Requests from one address, a minute, without those to `/healthz` and those with a key that was valid lately; an
    /// IPv6 /64 is one address. Default 24000.
    pub address_per_minute: u32,
    /// The burst of one address. Default 4800.
    pub address_burst: u32,
    /// Requests to the API without a valid key from one address, a minute. Default 1200.
    pub anonymous_per_minute: u32,
    /// The burst of such requests. Default 600.
    pub anonymous_burst: u32,
}

impl Default for RequestRates {
    fn default() -> Self {
        Self {
            key_per_minute: 12_000,
            key_burst: 2_400,
            end_user_per_minute: 600,
            end_user_burst: 120,
            session_per_minute: 6_000,
            session_burst: 1_200,
            address_per_minute: 24_000,
            address_burst: 4_800,
            anonymous_per_minute: 1_200,
            anonymous_burst: 600,
        }
    }
}
