//! The variables that container platforms set for a service called `troupe`, or whose name begins so: Kubernetes' service
//! links (<https://kubernetes.io/docs/concepts/services-networking/service/#environment-variables>), which are the form of
//! Docker's links too. They are no settings, and do not stop a start.

use std::net::IpAddr;

/// The protocols of a service's port.
const PROTOCOLS: [&str; 3] = ["TCP", "UDP", "SCTP"];

/// Whether a platform has set this variable: both its name and its value have the form of such a variable. A setting that
/// was mistyped has another value, so it is still reported.
pub(super) fn is_injected(name: &str, value: &str) -> bool {
    let value = value.trim();
    if name.ends_with("_SERVICE_HOST") {
        return value.parse::<IpAddr>().is_ok();
    }
    if let Some((_, port)) = name.split_once("_SERVICE_PORT") {
        // with the name of the port: TROUPE_SERVICE_PORT_HTTP
        return (port.is_empty() || port.starts_with('_')) && is_port(value);
    }
    if name.ends_with("_PORT") && is_address(value) {
        return true;
    }
    is_link(name, value)
}

/// Whether the name is that of a part of a port's address, such as `TROUPE_PORT_8080_TCP_ADDR`, and the value fits it.
fn is_link(name: &str, value: &str) -> bool {
    let Some((_, port)) = name.rsplit_once("_PORT_") else {
        return false;
    };
    let mut parts = port.split('_');
    let (Some(number), Some(protocol)) = (parts.next(), parts.next()) else {
        return false;
    };
    if !is_port(number) || !PROTOCOLS.contains(&protocol) {
        return false;
    }
    match (parts.next(), parts.next()) {
        (None, None) => is_address(value),
        (Some("PROTO"), None) => value.eq_ignore_ascii_case(protocol),
        (Some("PORT"), None) => value == number,
        (Some("ADDR"), None) => value.parse::<IpAddr>().is_ok(),
        _ => false,
    }
}

/// Whether the value is the address of a port, such as `tcp://10.0.0.11:8080`.
fn is_address(value: &str) -> bool {
    value.split_once("://").is_some_and(|(protocol, address)| {
        let protocol = protocol.to_uppercase();
        PROTOCOLS.contains(&protocol.as_str())
            && address
                .rsplit_once(':')
                .is_some_and(|(_, port)| is_port(port))
    })
}

fn is_port(value: &str) -> bool {
    value.parse::<u16>().is_ok()
}
