//! TCP connections: their limits, and the trusted proxies.

use std::time::Duration;

use ipnet::IpNet;
use serde::Deserialize;

/// The networks of proxies by default: this machine, and the private, shared and link-local networks.
const PRIVATE: [&str; 9] = [
    "127.0.0.0/8",
    "10.0.0.0/8",
    "172.16.0.0/12",
    "192.168.0.0/16",
    "100.64.0.0/10",
    "169.254.0.0/16",
    "::1/128",
    "fc00::/7",
    "fe80::/10",
];

/// TCP connections; `http.connection` in `app.yaml`.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct ConnectionConfig {
    /// The maximum number of concurrent connections; further ones are answered 503. Default 20000.
    pub most: usize,
    /// The maximum share of them for one address, in percent, and at least one connection. An IPv6 /64 counts as one
    /// address; a trusted proxy has no limit. Default 5.
    pub address_percent: usize,
    /// The share of them that is reserved for connections with a valid key in their first request, in percent. Default
    /// 10.
    pub reserve_percent: usize,
    /// The timeout for the head of a request, and for an idle kept-alive connection, in milliseconds. A request without
    /// a key does not reset the idle time. Default 12000.
    pub header_timeout_ms: u64,
    /// `TROUPE_TRUSTED_PROXIES`: the number of proxies in front of this program that add to `X-Forwarded-For`; with 0,
    /// headers about addresses are ignored. Default 0.
    pub trusted_proxies: usize,
    /// `TROUPE_PROXY_NETWORKS`: the networks that the nearest of these proxies connects from; the header of any other
    /// peer is ignored. Default: this machine and the private, shared and link-local networks.
    pub proxy_networks: Vec<IpNet>,
}

impl Default for ConnectionConfig {
    fn default() -> Self {
        let networks = PRIVATE.iter().filter_map(|network| network.parse().ok());
        Self {
            most: 20_000,
            address_percent: 5,
            reserve_percent: 10,
            header_timeout_ms: 12_000,
            trusted_proxies: 0,
            proxy_networks: networks.collect(),
        }
    }
}

impl ConnectionConfig {
    /// The timeout for the head of a request.
    pub fn header_timeout(&self) -> Duration {
        Duration::from_millis(self.header_timeout_ms)
    }
}
