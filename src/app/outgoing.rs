//! The HTTP clients of this program.

use std::time::Duration;

use reqwest::{
    Client, Proxy,
    header::{ACCEPT_ENCODING, HeaderMap, HeaderValue},
};

use crate::{
    domain::Secret,
    error::{Error, Result},
};

/// The timeout of a connection attempt to a provider.
const CONNECT: Duration = Duration::from_secs(10);

/// No compression is requested: a proxy that compresses a stream would hold tokens back.
fn plain_headers() -> HeaderMap {
    HeaderMap::from_iter([(ACCEPT_ENCODING, HeaderValue::from_static("identity"))])
}

/// A client as [`http_client`] returns it, whose requests go through a proxy.
pub fn proxy_client(proxy: &Secret) -> Result<Client> {
    let built = Proxy::all(proxy.reveal()).and_then(|proxy| {
        Client::builder()
            .connect_timeout(CONNECT)
            .default_headers(plain_headers())
            .proxy(proxy)
            .redirect(reqwest::redirect::Policy::none())
            .build()
    });
    built.map_err(|error| {
        Error::internal("building the HTTP client of a proxy").with_source(error.without_url())
    })
}

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
        .default_headers(plain_headers())
        .no_proxy()
        .redirect(reqwest::redirect::Policy::none())
        .build();
    client.map_err(|error| Error::internal("building the HTTP client").with_source(error))
}
