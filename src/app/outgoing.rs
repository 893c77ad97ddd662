//! The HTTP clients of this program.

use std::time::Duration;

use reqwest::{Client, ClientBuilder};

use crate::error::{Error, Result};

/// The timeout of a connection attempt to a provider.
const CONNECT: Duration = Duration::from_secs(10);

/// The client for downloads; it follows redirects, which model hubs use.
pub fn download_client() -> Result<Client> {
    let client = plain().connect_timeout(CONNECT).build();
    client.map_err(|error| Error::internal("building the HTTP client").with_source(error))
}

/// The client for all other requests: no proxy from the environment, no redirects, and no timeout, since streams are
/// long; callers set their own timeouts.
pub fn http_client() -> Result<Client> {
    let client = plain()
        .connect_timeout(CONNECT)
        .no_proxy()
        .redirect(reqwest::redirect::Policy::none())
        .build();
    client.map_err(|error| Error::internal("building the HTTP client").with_source(error))
}

/// A builder of clients that do not ask for compressed responses, which hold the parts of a stream back.
fn plain() -> ClientBuilder {
    Client::builder().no_gzip().no_brotli().no_deflate()
}
