//! The addresses that the operator has allowed: `TROUPE_EGRESS_ALLOW`.

use std::net::IpAddr;

use ipnet::IpNet;
use url::{Host, Url};

use super::address::canonical;

/// Allowed networks, and allowed hosts with their ports.
#[derive(Debug, Clone, Default)]
pub(super) struct Exceptions {
    networks: Vec<IpNet>,
    hosts: Vec<(String, u16)>,
}

impl Exceptions {
    /// Parses entries that the configuration has validated: `host:port` or a network such as `10.1.0.0/16`. An invalid
    /// entry allows nothing.
    pub(super) fn new(entries: &[String]) -> Self {
        let mut exceptions = Self::default();
        for entry in entries {
            if let Ok(network) = entry.parse::<IpNet>() {
                exceptions.networks.push(network);
            } else if let Some((host, port)) = entry.rsplit_once(':')
                && let (Ok(host), Ok(port)) = (Host::parse(host), port.parse())
            {
                exceptions.hosts.push((host.to_string(), port));
            }
        }
        exceptions
    }

    /// Whether an allowed network contains the address.
    pub(super) fn has_address(&self, address: IpAddr) -> bool {
        let address = canonical(address);
        self.networks
            .iter()
            .any(|network| network.contains(&address))
    }

    /// Whether any network is allowed.
    pub(super) fn has_networks(&self) -> bool {
        !self.networks.is_empty()
    }

    /// Whether the URL's host and port are allowed.
    pub(super) fn has_origin(&self, url: &Url) -> bool {
        url.host_str().is_some_and(|host| {
            self.hosts
                .iter()
                .any(|(known, port)| known == host && Some(*port) == url.port_or_known_default())
        })
    }

    /// Whether the host is allowed on at least one port.
    pub(super) fn has_host(&self, name: &str) -> bool {
        self.hosts
            .iter()
            .any(|(known, _)| known.eq_ignore_ascii_case(name))
    }
}
