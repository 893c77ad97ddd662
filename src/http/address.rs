//! The address that a caller is counted by: the peer's, or the client's as a trusted proxy reports it.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

use axum::{extract::ConnectInfo, http::HeaderMap, http::request::Parts};

use crate::config::ConnectionConfig;

/// The header to which each proxy appends the address of its peer.
const FORWARDED: &str = "x-forwarded-for";
/// The number of 16-bit segments of an IPv6 network: one customer has at least a /64.
const NETWORK_SEGMENTS: usize = 4;

/// The address that the sender of a request is counted by.
pub(super) fn of_client(parts: &Parts, config: &ConnectionConfig) -> IpAddr {
    let peer = parts
        .extensions
        .get::<ConnectInfo<SocketAddr>>()
        .map_or(IpAddr::V4(Ipv4Addr::UNSPECIFIED), |ConnectInfo(peer)| {
            peer.ip()
        });
    let client = if is_proxy(peer, config) {
        forwarded(&parts.headers, config.trusted_proxies).unwrap_or(peer)
    } else {
        peer
    };
    counted_as(client)
}

/// Whether the peer is a trusted proxy.
pub(super) fn is_proxy(peer: IpAddr, config: &ConnectionConfig) -> bool {
    let peer = peer.to_canonical();
    config.trusted_proxies > 0
        && config
            .proxy_networks
            .iter()
            .any(|network| network.contains(&peer))
}

/// The address that groups callers: the /64 for IPv6, the IPv4 address for IPv4 mapped into IPv6.
pub(super) fn counted_as(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V4(address) => IpAddr::V4(address),
        IpAddr::V6(address) => {
            let mut segments = address.segments();
            segments
                .iter_mut()
                .skip(NETWORK_SEGMENTS)
                .for_each(|segment| *segment = 0);
            IpAddr::V6(Ipv6Addr::from(segments))
        }
    }
}

/// The address that the outermost of this many proxies saw. The client itself wrote any addresses to the left of it.
fn forwarded(headers: &HeaderMap, proxies: usize) -> Option<IpAddr> {
    let added: Vec<&str> = headers
        .get_all(FORWARDED)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','))
        .collect();
    let address = added.iter().nth_back(proxies.checked_sub(1)?)?.trim();
    // some proxies add the port
    address
        .parse()
        .ok()
        .or_else(|| Some(address.parse::<SocketAddr>().ok()?.ip()))
}

#[cfg(test)]
mod tests {
    use std::net::{IpAddr, SocketAddr};

    use axum::{extract::ConnectInfo, http::Request};

    use super::{counted_as, of_client};
    use crate::config::ConnectionConfig;

    fn client(peer: &str, proxies: usize, headers: &[&str]) -> String {
        let mut request = Request::new(());
        let peer: SocketAddr = peer.parse().unwrap();
        request.extensions_mut().insert(ConnectInfo(peer));
        for header in headers {
            let value = header.parse().unwrap();
            request.headers_mut().append("x-forwarded-for", value);
        }
        let config = ConnectionConfig {
            trusted_proxies: proxies,
            ..ConnectionConfig::default()
        };
        of_client(&request.into_parts().0, &config).to_string()
    }

    #[test]
    fn a_forwarded_header_is_trusted_only_as_far_as_proxies_added_it() {
        let forged = ["9.9.9.9, 8.8.8.8", "7.7.7.7"];
        assert_eq!(client("10.0.0.1:1", 0, &forged), "10.0.0.1");
        assert_eq!(client("10.0.0.1:1", 1, &forged), "7.7.7.7");
        assert_eq!(client("[::ffff:10.0.0.1]:1", 2, &forged), "8.8.8.8");
        assert_eq!(client("1.2.3.4:1", 1, &forged), "1.2.3.4");
    }

    #[test]
    fn a_short_or_malformed_forwarded_header_is_ignored() {
        assert_eq!(client("10.0.0.1:1", 2, &["7.7.7.7"]), "10.0.0.1");
        assert_eq!(client("10.0.0.1:1", 1, &["unknown"]), "10.0.0.1");
        assert_eq!(client("10.0.0.1:1", 1, &[]), "10.0.0.1");
        assert_eq!(client("10.0.0.1:1", 1, &["7.7.7.7:4711"]), "7.7.7.7");
    }

    #[test]
    fn an_ipv6_network_counts_as_one_address() {
        let counted = |text: &str| counted_as(text.parse::<IpAddr>().unwrap()).to_string();
        assert_eq!(counted("2001:db8:1:2:3:4:5:6"), "2001:db8:1:2::");
        assert_eq!(counted("2001:db8:1:2::9"), "2001:db8:1:2::");
        assert_eq!(counted("2001:db8:1:3::9"), "2001:db8:1:3::");
        assert_eq!(counted("::ffff:1.2.3.4"), "1.2.3.4");
    }
}
