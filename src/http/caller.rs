//! Who is at the other end: the credentials it shows, and the address it comes from.

use std::net::IpAddr;

use axum::http::{HeaderMap, header, request::Parts};
use serde_json::Value;

use crate::{
    domain::Actor,
    error::{Error, Result},
    service::Credentials,
};

use super::{HttpState, address, admission::Identified};

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

/// The actor that the request was identified as; none without a key.
pub(super) fn identified(parts: &Parts) -> Option<Actor> {
    let Identified(actor) = parts.extensions.get::<Identified>()?;
    actor.clone()
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
            Some(actor) if actor.expires_at().is_some_and(|at| at <= now) => {
                Err(Error::unauthenticated("this API key is not valid"))
            }
            actor => Ok(actor),
        }
    }

    /// The address that the caller is counted by.
    pub(crate) fn address(&self, parts: &Parts) -> IpAddr {
        address::of_client(parts, &self.config().connection)
    }
}
