//! The HTTP clients of this program.

use std::time::Duration;

use reqwest::Client;

use crate::error::{Error, Result};

/// A provider that cannot be reached is given up after this long.
const CONNECT: Duration = Duration::from_secs(10);

/// The client that downloads: a hub answers with redirects.
pub fn download_client() -> Result<Client> {
    let client = Client::builder().connect_timeout(CONNECT).build();
    client.map_err(|error| Error::internal("building the HTTP client").with_source(error))
}

/// The client of everything that is asked over HTTP: no proxy from the environment, no redirects, and no timeout of its
/// own, since streams are long; callers bound what they wait for.
pub fn http_client() -> Result<Client> {
    let client = Client::builder()
        .connect_timeout(CONNECT)
        .no_proxy()
        .redirect(reqwest::redirect::Policy::none())
        .build();
    client.map_err(|error| Error::internal("building the HTTP client").with_source(error))
}
