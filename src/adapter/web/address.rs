//! Which addresses are public: those outside IANA's registries of special-purpose addresses.
//!
//! `is_global` of `std` is unstable, and the crates that provide it miss some of the ranges below.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use ipnet::{Ipv4Net, Ipv6Net};

const V4: &[(Ipv4Net, &str)] = &[
    (v4([0, 0, 0, 0], 8), "of this network (RFC 791)"),
    (v4([10, 0, 0, 0], 8), "private (RFC 1918)"),
    (
        v4([100, 64, 0, 0], 10),
        "shared by a provider's customers (RFC 6598)",
    ),
    (v4([127, 0, 0, 0], 8), "of this machine (RFC 1122)"),
    (v4([169, 254, 0, 0], 16), "link-local (RFC 3927)"),
    (v4([172, 16, 0, 0], 12), "private (RFC 1918)"),
    (v4([192, 0, 0, 0], 24), "for protocols (RFC 6890)"),
    (v4([192, 0, 2, 0], 24), "for documentation (RFC 5737)"),
    (v4([192, 88, 99, 0], 24), "of 6to4 relays (RFC 7526)"),
    (v4([192, 168, 0, 0], 16), "private (RFC 1918)"),
    (v4([198, 18, 0, 0], 15), "for benchmarks (RFC 2544)"),
    (v4([198, 51, 100, 0], 24), "for documentation (RFC 5737)"),
    (v4([203, 0, 113, 0], 24), "for documentation (RFC 5737)"),
    (v4([224, 0, 0, 0], 4), "multicast (RFC 1112)"),
    (
        v4([240, 0, 0, 0], 4),
        "reserved or broadcast (RFC 1112, RFC 8190)",
    ),
];

/// The only range of IPv6 that is assigned to global unicast (RFC 4291). All other ranges, including future ones, are
/// refused, among them `::1`, `::ffff:0:0/96`, `64:ff9b::/96` (NAT64), `fc00::/7`, `fe80::/10`, `ff00::/8`.
const GLOBAL_UNICAST: Ipv6Net = v6([0x2000, 0], 3);

const V6: &[(Ipv6Net, &str)] = &[
    (v6([0x2001, 0], 32), "of a Teredo tunnel (RFC 4380)"),
    (v6([0x2001, 0], 23), "for protocols (RFC 2928)"),
    (v6([0x2001, 0x0db8], 32), "for documentation (RFC 3849)"),
    (v6([0x2002, 0], 16), "of a 6to4 tunnel (RFC 3056)"),
    (v6([0x3fff, 0], 20), "for documentation (RFC 9637)"),
];

const fn v4([a, b, c, d]: [u8; 4], bits: u8) -> Ipv4Net {
    Ipv4Net::new_assert(Ipv4Addr::new(a, b, c, d), bits)
}

const fn v6([a, b]: [u16; 2], bits: u8) -> Ipv6Net {
    Ipv6Net::new_assert(Ipv6Addr::new(a, b, 0, 0, 0, 0, 0, 0), bits)
}

/// Converts an IPv4-mapped IPv6 address to the IPv4 address.
pub(super) fn canonical(address: IpAddr) -> IpAddr {
    address.to_canonical()
}

/// The kind of a special-purpose address; `None` for a public address.
pub(super) fn kind_unless_public(address: IpAddr) -> Option<&'static str> {
    match canonical(address) {
        IpAddr::V4(address) => V4
            .iter()
            .find(|(network, _)| network.contains(&address))
            .map(|(_, kind)| *kind),
        IpAddr::V6(address) => V6
            .iter()
            .find(|(network, _)| network.contains(&address))
            .map(|(_, kind)| *kind)
            .or_else(|| {
                (!GLOBAL_UNICAST.contains(&address)).then_some("not of global unicast (RFC 4291)")
            }),
    }
}
