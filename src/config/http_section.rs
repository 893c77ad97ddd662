//! Reads section `http` of `app.yaml`, and validates its origins and hosts.

use url::Url;

use super::{HttpConfig, Mode, reader::Section};
use crate::domain::excerpt;

/// The setting of the allowed origins.
const ORIGINS: &str = "allowed_origins";
/// The setting of the origin `null`.
const NULL_ORIGIN: &str = "allow_null_origin";
/// The setting of the origins of this machine.
const LOOPBACK: &str = "allow_loopback_origins";
/// The setting of the MCP servers' host names.
const HOSTS: &str = "mcp.allowed_hosts";
/// The setting of introspection without a key.
const INTROSPECTION: &str = "public_introspection";

/// The setting of the number of trusted proxies.
const PROXIES: &str = "connection.trusted_proxies";
/// The setting of the proxies' networks.
const NETWORKS: &str = "connection.proxy_networks";

/// Reads the section. Seven settings have variables; the others can be set in the file only.
pub(super) fn read(top: &mut Section<'_, '_>, mode: Mode) -> HttpConfig {
    let http: HttpConfig = top.structure("http", |fields| {
        fields.usual(INTROSPECTION, mode == Mode::Dev);
        fields.usual(LOOPBACK, mode == Mode::Dev);
        fields.list(ORIGINS, "TROUPE_ALLOWED_ORIGINS");
        fields.value(NULL_ORIGIN, "TROUPE_ALLOW_NULL_ORIGIN");
        fields.value(LOOPBACK, "TROUPE_ALLOW_LOOPBACK_ORIGINS");
        fields.list(HOSTS, "TROUPE_MCP_ALLOWED_HOSTS");
        fields.value(INTROSPECTION, "TROUPE_PUBLIC_INTROSPECTION");
        fields.value(PROXIES, "TROUPE_TRUSTED_PROXIES");
        fields.list(NETWORKS, "TROUPE_PROXY_NETWORKS");
    });
    for origin in &http.allowed_origins {
        if !is_origin(origin) {
            let shown = excerpt(origin);
            top.problem(
                "http.allowed_origins",
                &format!(
                    "\"{shown}\" given, expected a scheme, a host and no path, such as https://app.example.com or \
                     capacitor://localhost; TROUPE_ALLOW_NULL_ORIGIN is for the origin null"
                ),
            );
        }
    }
    let connection = &http.connection;
    for (name, percent, most) in [
        ("address_percent", connection.address_percent, 100),
        ("reserve_percent", connection.reserve_percent, 90),
    ] {
        if percent > most {
            top.problem(
                &format!("http.connection.{name}"),
                &format!("{percent} given, expected a whole number from 0 to {most}"),
            );
        }
    }
    for host in &http.mcp.allowed_hosts {
        if !is_host(host) {
            let shown = excerpt(host);
            top.problem(
                "http.mcp.allowed_hosts",
                &format!(
                    "\"{shown}\" given, expected a host with or without a port, such as troupe.example.com"
                ),
            );
        }
    }
    http
}

/// Whether the text is a valid `Host` header, exactly as a client sends it.
fn is_host(text: &str) -> bool {
    let address = format!("http://{text}/");
    Url::parse(&address).is_ok_and(|url| {
        let port = url
            .port()
            .map_or_else(String::new, |port| format!(":{port}"));
        url.host_str()
            .is_some_and(|host| format!("{host}{port}").eq_ignore_ascii_case(text))
    })
}

/// Whether the text is a valid `Origin` header, exactly as a browser or the browser in an app sends it.
fn is_origin(text: &str) -> bool {
    Url::parse(text).is_ok_and(|url| {
        let origin = url.origin();
        if origin.is_tuple() {
            return origin.ascii_serialization() == text;
        }
        // the origin of an app, such as `capacitor://localhost`, is opaque in the specification, but has a host
        url.host_str().is_some_and(|host| {
            let port = url
                .port()
                .map_or_else(String::new, |port| format!(":{port}"));
            !host.is_empty() && format!("{}://{host}{port}", url.scheme()) == text
        })
    })
}
