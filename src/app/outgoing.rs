//! The HTTP clients of this program.

use std::time::Duration;

use reqwest::Client;

use crate::error::{Error, Result};

/// The timeout of a connection attempt to a provider.
const CONNECT: Duration = Duration::from_secs(10);

/// The client for downloads; it follows redirects, which model hubs use.
pub fn download_client() -> Result<Client> {
    let client = Client::builder().connect_timeout(CONNECT).build();
    client.map_err(|error| Error::internal("building the HTTP client").with_source(error))
}

/// The client for all other requests: no proxy from the environment, no redirects, and no timeout, since streams are
/// long; callers set their own timeouts.
pub fn http_client() -> Result<Client> {
    let client = Client::builder()
        .connect_timeout(CONNECT)
        .no_proxy()
        .redirect(reqwest::redirect::Policy::none())
        .build();
    client.map_err(|error| Error::internal("building the HTTP client").with_source(error))
}
