//! Identifies the caller before a body is read: the rate of the address, then the key, then the rate of the key.

use std::{net::IpAddr, sync::Arc, time::Duration};

use axum::{
    extract::{Request, State},
    http::{HeaderValue, Method, StatusCode, Version, header, request::Parts},
    middleware::Next,
    response::Response,
};

use super::{
    HttpState, caller,
    negotiate::{self, Acceptable},
    rates::RateStatus,
    refusal::Refusal,
    reply, request_id, rest,
    usage::ConnectionUsage,
};
use crate::{
    domain::{Actor, RequestId},
    error::{Error, Kind, Result},
};

/// The path of the platform's liveness probe.
pub(super) const HEALTH_PATH: &str = "/healthz";

/// The delay of a refusal because of the rate of an address.
const REFUSAL_DELAY: Duration = Duration::from_millis(200);

/// The authenticated caller of an API request; none without a key.
#[derive(Clone)]
pub(super) struct AuthenticatedCaller(pub(super) Option<Actor>);

/// A request that is within the rate of its caller.
struct Admitted {
    /// None without a key.
    actor: Option<Actor>,
    rate: RateStatus,
}

/// Counts a request by its address (see [`count_address`]), and refuses requests on a connection that stays on trial.
pub(super) async fn limit(
    State(state): State<HttpState>,
    request: Request,
    next: Next,
) -> Response {
    let (parts, body) = request.into_parts();
    let usage = parts.extensions.get::<Arc<ConnectionUsage>>();
    let on_trial = usage.filter(|usage| usage.slot.is_on_trial()).map(|usage| {
        (
            Arc::clone(usage),
            Acceptable::of_request(&parts.uri, &parts.headers),
        )
    });
    let version = parts.version;
    let mut response = match count_address(&state, &parts) {
        Ok(()) => next.run(Request::from_parts(parts, body)).await,
        Err(error) => {
            slow_down().await;
            reply::refuse(
                Refusal::from(error),
                Acceptable::of_request(&parts.uri, &parts.headers),
            )
        }
    };
    let Some((usage, acceptable)) = on_trial.filter(|(usage, _)| usage.slot.is_on_trial()) else {
        return response;
    };
    // a socket shows its key in its first message
    if response.status() == StatusCode::SWITCHING_PROTOCOLS {
        return response;
    }
    response = reply::refuse(Refusal::no_place(), acceptable);
    usage.ending.cancel();
    if version < Version::HTTP_2 {
        let close = HeaderValue::from_static("close");
        response.headers_mut().insert(header::CONNECTION, close);
    }
    response
}

/// Authenticates the caller of an API request before its body is read.
pub(super) async fn identify(
    State(state): State<HttpState>,
    request: Request,
    next: Next,
) -> Response {
    let (mut parts, body) = request.into_parts();
    // a socket authenticates with its first message, whose credentials take precedence over the headers
    if negotiate::asks_for_upgrade(&parts.headers) {
        return next.run(Request::from_parts(parts, body)).await;
    }
    let (actor, rate) = match admit(&state, &parts).await {
        Ok(Admitted { actor, rate }) => (actor, rate),
        Err(error) => {
            let id = parts.extensions.get::<RequestId>().copied();
            let id = id.unwrap_or_else(|| request_id::mint(state.clock()));
            let refusal = Refusal::of(error, &id, state.failures());
            return reply::refuse(refusal, Acceptable::of_request(&parts.uri, &parts.headers));
        }
    };
    let usage = parts.extensions.get::<Arc<ConnectionUsage>>();
    let keyed = usage
        .filter(|_| actor.is_some())
        .map(ConnectionUsage::begin_keyed);
    if usage.is_some_and(|usage| usage.slot.is_on_trial()) {
        return reply::refuse(
            Refusal::no_place(),
            Acceptable::of_request(&parts.uri, &parts.headers),
        );
    }
    parts.extensions.insert(AuthenticatedCaller(actor));
    let mut response = next.run(Request::from_parts(parts, body)).await;
    rate.describe(response.headers_mut());
    match keyed {
        Some(keyed) => response.map(|body| keyed.body(body)),
        None => response,
    }
}

/// Counts a request by its address; except a request that is counted by its key, which was valid lately, and the probe of the
/// platform, which must be answered whatever else comes from its address.
fn count_address(state: &HttpState, parts: &Parts) -> Result<()> {
    let path = parts.uri.path();
    if path == HEALTH_PATH {
        return Ok(());
    }
    let counts_key = matches!(path, "/graphql" | "/schema.graphql")
        || path.starts_with("/mcp/")
        || rest::serves(path);
    if counts_key && !negotiate::asks_for_upgrade(&parts.headers) && parts.method != Method::OPTIONS
    {
        let credentials = caller::credentials(parts);
        if state.access().was_valid(&credentials) {
            return Ok(());
        }
    }
    state
        .rates()
        .count_address(caller::address_of(state, parts))
        .map(drop)
}

/// Authenticates a request within the rate of its key or, without a valid one, of its address.
async fn admit(state: &HttpState, parts: &Parts) -> Result<Admitted> {
    let actor = state
        .access()
        .authenticate(&caller::credentials(parts))
        .await;
    let address = caller::address_of(state, parts);
    if let Err(error) = &actor
        && *error.kind() != Kind::Unavailable
        && *error.kind() != Kind::Internal
    {
        count_anonymous(state, address).await?;
    }
    let Some(actor) = actor? else {
        let rate = count_anonymous(state, address).await?;
        return Ok(Admitted { actor: None, rate });
    };
    let rate = state.rates().count_credential(actor.credential())?;
    let usage = parts.extensions.get::<Arc<ConnectionUsage>>();
    if usage.is_some_and(|usage| !usage.slot.promote()) {
        return Err(Error::unavailable(super::refusal::NO_SLOT));
    }
    Ok(Admitted {
        actor: Some(actor),
        rate,
    })
}

/// Counts a request without a valid key.
async fn count_anonymous(state: &HttpState, address: IpAddr) -> Result<RateStatus> {
    let counted = state.rates().count_anonymous(address);
    if counted.is_err() {
        slow_down().await;
    }
    counted
}

/// Delays the refusal of a caller without a key that exceeds its rate: one that repeats at once would otherwise occupy a core
/// with refusals alone. It holds its connection's slot meanwhile, of which an address has a share.
async fn slow_down() {
    tokio::time::sleep(REFUSAL_DELAY).await;
}

/// Counts an operation of a socket, by its key or session or, without one, by its address.
pub(super) fn count(state: &HttpState, actor: Option<&Actor>, address: IpAddr) -> Result<()> {
    match actor {
        Some(actor) => state.rates().count_credential(actor.credential()),
        None => state.rates().count_anonymous(address),
    }
    .map(drop)
}
