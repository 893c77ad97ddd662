//! TCP connections: how many there may be, who may hold them, and which proxies stand before us.

use std::time::Duration;

use ipnet::IpNet;
use serde::Deserialize;

/// The networks that a proxy next to us is in: this machine, and those that lead nowhere else.
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
    /// Connections at the same time; further ones are answered 503. Default 20000.
    pub most: usize,
    /// The share of them that one address may hold, in percent, and at least one connection; an IPv6 /64 is one address,
    /// and a trusted proxy may hold all. Default 5.
    pub address_percent: usize,
    /// The share of them that is for connections that show a valid key with their first request, in percent. Default 10.
    pub reserve_percent: usize,
    /// How long the head of a request may take, and how long a kept-alive connection may be idle, in milliseconds. A
    /// request without a key does not end the idleness. Default 12000.
    pub header_timeout_ms: u64,
    /// `TROUPE_TRUSTED_PROXIES`: how many proxies in front of us add to `X-Forwarded-For`; 0 trusts no header about
    /// addresses. Default 0.
    pub trusted_proxies: usize,
    /// `TROUPE_PROXY_NETWORKS`: the networks that the nearest of these proxies connects from; the header of any other
    /// peer is ignored. Default this machine and the private, shared and link-local networks.
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
    /// How long the head of a request may take.
    pub fn header_timeout(&self) -> Duration {
        Duration::from_millis(self.header_timeout_ms)
    }
}
