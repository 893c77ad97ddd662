//! Follows the redirects of a server within its own origin, such as the one from `/mcp` to `/mcp/`.
//!
//! A redirect to another origin is not followed: the token is for the registered address.

use std::sync::{Arc, Mutex, PoisonError};

use reqwest::{RequestBuilder, Response, StatusCode, header::LOCATION};
use url::Url;

use super::failure::HttpFailure;

/// The maximum number of redirects of one request.
const MOST_REDIRECTS: usize = 5;
/// The maximum length of an address in a message, in bytes.
const LONGEST_SHOWN: usize = 300;

/// The address that a server's redirects lead to, kept for all requests of a session.
#[derive(Debug, Clone, Default)]
pub(super) struct FollowedAddress(Arc<Mutex<Option<Url>>>);

impl FollowedAddress {
    /// Sends the request that `build` makes for an address: the followed one, or `registered`.
    pub(super) async fn send(
        &self,
        registered: Url,
        build: impl Fn(Url) -> RequestBuilder,
    ) -> Result<Response, HttpFailure> {
        let mut address = self.known().unwrap_or(registered);
        for _ in 0..=MOST_REDIRECTS {
            let response = build(address.clone())
                .send()
                .await
                .map_err(HttpFailure::of)?;
            let status = response.status();
            if !status.is_redirection() {
                return Ok(response);
            }
            let target = target(&address, &response);
            match target {
                Some(next) if keeps_method(status) && next.origin() == address.origin() => {
                    address = next.clone();
                    self.keep(next);
                }
                other => return Err(HttpFailure::Redirected(other.as_ref().map(shown))),
            }
        }
        Err(HttpFailure::Redirected(Some(shown(&address))))
    }

    fn known(&self) -> Option<Url> {
        self.0
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }

    fn keep(&self, address: Url) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(address);
    }
}

/// Whether the same request may be sent to the new address. The other redirects lead to pages for people.
fn keeps_method(status: StatusCode) -> bool {
    matches!(
        status,
        StatusCode::MOVED_PERMANENTLY
            | StatusCode::TEMPORARY_REDIRECT
            | StatusCode::PERMANENT_REDIRECT
    )
}

fn target(address: &Url, response: &Response) -> Option<Url> {
    let location = response.headers().get(LOCATION)?;
    address.join(location.to_str().ok()?).ok()
}

/// The address in a message: without a user, a query or a fragment, which may contain secrets.
fn shown(address: &Url) -> String {
    let mut address = address.clone();
    address.set_query(None);
    address.set_fragment(None);
    // these fail only for addresses that cannot have a user
    let _ = address.set_username("");
    let _ = address.set_password(None);
    let text = address.as_str();
    let end = text.floor_char_boundary(LONGEST_SHOWN);
    text.get(..end).unwrap_or_default().to_owned()
}
