//! Who is at the other end: the credentials it shows, and the address it comes from.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};

use axum::{
    extract::ConnectInfo,
    http::{HeaderMap, header, request::Parts},
};
use serde_json::Value;

use crate::{
    domain::Actor,
    error::{Error, Result},
    service::Credentials,
};

use super::HttpState;

/// Names the account that an operator acts in.
const ACCOUNT: &str = "x-account-id";

/// The credentials in the headers of a request.
pub(crate) fn credentials(headers: &HeaderMap) -> Credentials {
    // What is not text is not a key: refused later, not ignored.
    let text = |name| {
        headers
            .get(name)
            .map(|value| String::from_utf8_lossy(value.as_bytes()).into_owned())
    };
    Credentials {
        authorization: text(header::AUTHORIZATION.as_str()),
        account: text(ACCOUNT),
    }
}

/// The credentials in the payload of `connection_init`; what it does not say, the headers of the upgrade say.
pub(crate) fn init_credentials(payload: Option<&Value>, headers: &Credentials) -> Credentials {
    let text = |names: [&str; 2]| {
        let payload = payload?.as_object()?;
        let value = names.iter().find_map(|name| payload.get(*name))?;
        // As with the headers: a value of the wrong type is a bad credential, not none.
        Some(
            value
                .as_str()
                .map_or_else(|| value.to_string(), str::to_owned),
        )
    };
    Credentials {
        authorization: text(["authorization", "Authorization"])
            .or_else(|| headers.authorization.clone()),
        account: text(["accountId", "X-Account-ID"]).or_else(|| headers.account.clone()),
    }
}

impl HttpState {
    /// The actor behind the credentials. Whoever shows a key that is not good learns nothing but that.
    pub(crate) async fn actor(&self, credentials: &Credentials) -> Result<Option<Actor>> {
        let actor = self.access().authenticate(credentials).await?;
        let now = self.clock().now();
        match actor {
            Some(actor) if actor.expires_at.is_some_and(|at| at <= now) => {
                Err(Error::unauthenticated("this API key is not valid"))
            }
            actor => Ok(actor),
        }
    }

    /// The address of the caller, with as many proxies between us as the operator says there are.
    pub(crate) fn address(&self, parts: &Parts) -> IpAddr {
        let peer = parts
            .extensions
            .get::<ConnectInfo<SocketAddr>>()
            .map_or(IpAddr::V4(Ipv4Addr::UNSPECIFIED), |ConnectInfo(peer)| {
                peer.ip()
            });
        let proxies = self.config().connection.trusted_proxies;
        if proxies == 0 {
            return peer;
        }
        let forwarded: Vec<&str> = parts
            .headers
            .get_all("x-forwarded-for")
            .iter()
            .filter_map(|value| value.to_str().ok())
            .flat_map(|value| value.split(','))
            .collect();
        forwarded
            .iter()
            .nth_back(proxies - 1)
            .and_then(|address| address.trim().parse().ok())
            .unwrap_or(peer)
    }
}
