//! The private addresses that the program may connect to.

use std::net::IpAddr;

use super::reader::Section;
use crate::domain::excerpt;

/// This machine, which `troupe dev` allows in addition.
const LOOPBACK: [&str; 2] = ["127.0.0.0/8", "::1/128"];

/// `TROUPE_EGRESS_ALLOW`: exceptions of the egress guard against private addresses, each `host:port` or a network such
/// as `10.1.0.0/16`. Default: none; `troupe dev` allows this machine.
pub(super) fn read(section: &mut Section<'_, '_>, allow_loopback: bool) -> Vec<String> {
    let mut allowed = Vec::new();
    if let Some(items) = section.list("egress_allow") {
        for item in items {
            if is_network(&item) || is_host_and_port(&item) {
                allowed.push(item);
            } else {
                let shown = excerpt(&item);
                section.problem(
                    "egress_allow",
                    &format!(
                        "\"{shown}\" given, expected host:port or a network such as 10.1.0.0/16"
                    ),
                );
            }
        }
    }
    if allow_loopback {
        for network in LOOPBACK {
            if !allowed.iter().any(|item| item == network) {
                allowed.push(network.to_owned());
            }
        }
    }
    allowed
}

fn is_network(item: &str) -> bool {
    let Some((address, bits)) = item.split_once('/') else {
        return false;
    };
    let most = match address.parse() {
        Ok(IpAddr::V4(_)) => 32,
        Ok(IpAddr::V6(_)) => 128,
        Err(_) => return false,
    };
    bits.parse::<u8>().is_ok_and(|bits| bits <= most)
}

fn is_host_and_port(item: &str) -> bool {
    let Some((host, port)) = item.rsplit_once(':') else {
        return false;
    };
    let host_is_good = match host
        .strip_prefix('[')
        .and_then(|rest| rest.strip_suffix(']'))
    {
        Some(address) => address.parse::<std::net::Ipv6Addr>().is_ok(),
        None => {
            !host.is_empty()
                && host
                    .chars()
                    .all(|c| c.is_ascii_alphanumeric() || c == '.' || c == '-')
        }
    };
    host_is_good && port.parse::<u16>().is_ok_and(|port| port > 0)
}
