//! The credentials and the address of a caller.

use std::net::IpAddr;

use axum::http::{HeaderMap, header, request::Parts};
use serde_json::Value;

use crate::{
    domain::{Actor, AnonymousCaller},
    service::Credentials,
};

use super::{HttpState, address, admission::AuthenticatedCaller, origin::PublicOrigin};

/// The header that names the account that an operator acts in.
const ACCOUNT: &str = "x-account-id";

/// The credentials in the headers of a request.
pub(crate) fn credentials(parts: &Parts) -> Credentials {
    let headers = &parts.headers;
    // a value that is not text is refused later as a wrong key, not ignored
    let text = |name| {
        headers
            .get(name)
            .map(|value| String::from_utf8_lossy(value.as_bytes()).into_owned())
    };
    Credentials {
        authorization: text(header::AUTHORIZATION.as_str()),
        account: text(ACCOUNT),
        origin: origin(headers),
        is_public_origin: parts.extensions.get::<PublicOrigin>().is_some(),
    }
}

/// The authenticated actor of a request; none without a key.
pub(super) fn identified(parts: &Parts) -> Option<Actor> {
    let AuthenticatedCaller(actor) = parts.extensions.get::<AuthenticatedCaller>()?;
    actor.clone()
}

/// The credentials in the payload of `connection_init`; the headers of the upgrade request replace what is missing.
pub(crate) fn init_credentials(payload: Option<&Value>, headers: &Credentials) -> Credentials {
    let text = |names: [&str; 2]| {
        let payload = payload?.as_object()?;
        let value = names.iter().find_map(|name| payload.get(*name))?;
        // as with the headers: a value of a wrong type is a wrong credential, not a missing one
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
        origin: headers.origin.clone(),
        is_public_origin: headers.is_public_origin,
    }
}

/// The address that the caller is counted by.
pub(super) fn address_of(state: &HttpState, parts: &Parts) -> IpAddr {
    address::of_client(parts, &state.config().connection)
}

/// The origin of the page that makes a request.
fn origin(headers: &HeaderMap) -> Option<String> {
    let origin = headers.get(header::ORIGIN)?;
    Some(String::from_utf8_lossy(origin.as_bytes()).into_owned())
}

/// What is known of a caller that may have no credentials.
pub(super) fn anonymous(state: &HttpState, parts: &Parts) -> AnonymousCaller {
    AnonymousCaller {
        address: address_of(state, parts),
        origin: origin(&parts.headers),
    }
}
