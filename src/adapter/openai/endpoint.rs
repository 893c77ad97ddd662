//! The address of an API: its key and headers, and redirects within the same origin.

use std::time::Duration;

use reqwest::{
    Client, Response, StatusCode,
    header::{ACCEPT, CONTENT_TYPE, LOCATION},
};
use url::Url;

use super::failure;
use crate::{
    domain::Secret,
    error::{Error, Result},
    outgoing::OutgoingFailure,
};

/// The maximum number of redirects of one request.
const MOST_REDIRECTS: usize = 3;
/// The part of a path that tells Azure's classic API, which takes the key in a header of its own.
const AZURE_DEPLOYMENTS: &str = "/openai/deployments/";

/// The address of an API, and what every request to it has.
#[derive(Debug, Clone)]
pub struct EndpointOptions {
    /// The base URL up to and including the version, e.g. `https://api.openai.com/v1`. Its query is sent with each
    /// request.
    pub base_url: String,
    /// The key, if the API needs one.
    pub api_key: Option<Secret>,
    /// The header of the key. Default: `Authorization: Bearer`, or `api-key` for Azure's classic API.
    pub api_key_header: Option<String>,
    /// Further headers; their values may be secrets.
    pub headers: Vec<(String, Secret)>,
}

/// Sends requests to an API.
pub(super) struct Endpoint {
    client: Client,
    options: EndpointOptions,
}

impl Endpoint {
    /// An endpoint that uses `client`, which must have no timeout of its own and follow no redirects.
    pub(super) fn new(client: Client, options: EndpointOptions) -> Self {
        Self { client, options }
    }

    /// Sends a JSON body to a path below the base URL, and waits for the head of the response.
    pub(super) async fn post(
        &self,
        path: &str,
        body: &[u8],
        timeout: Duration,
    ) -> Result<Response, OutgoingFailure> {
        let sent = tokio::time::timeout(timeout, self.follow(path, body)).await;
        sent.map_err(|_| failure::silent())?
    }

    /// The texts that no log and no error may contain.
    pub(super) fn secrets(&self) -> Vec<&str> {
        let headers = self.options.headers.iter().map(|(_, value)| value);
        let secrets = self.options.api_key.iter().chain(headers);
        // some providers take the key in the query
        let query = self
            .options
            .base_url
            .split_once('?')
            .map(|(_, query)| query);
        let pairs = query.into_iter().flat_map(|query| query.split('&'));
        let values = pairs.filter_map(|pair| Some(pair.split_once('=')?.1));
        secrets.map(Secret::reveal).chain(values).collect()
    }

    async fn follow(&self, path: &str, body: &[u8]) -> Result<Response, OutgoingFailure> {
        let mut url = self.url(path)?;
        for _ in 0..=MOST_REDIRECTS {
            let response = self.send(url.clone(), body).await?;
            let Some(target) = redirect(&response, &url) else {
                return Ok(response);
            };
            // the key is for the configured origin only
            if target.origin() != url.origin() {
                return Err(failure::malformed(&format!(
                    "the model's provider redirects to {}, which is not followed; the operator has to set the base URL \
                     to it",
                    target.origin().ascii_serialization()
                )));
            }
            url = target;
        }
        Err(failure::malformed(
            "the model's provider redirects without end; the operator has to check its base URL",
        ))
    }

    async fn send(&self, url: Url, body: &[u8]) -> Result<Response, OutgoingFailure> {
        let is_classic_azure = url.path().contains(AZURE_DEPLOYMENTS);
        let mut request = self
            .client
            .post(url)
            .header(ACCEPT, "text/event-stream, application/json")
            .header(CONTENT_TYPE, "application/json");
        if let Some(key) = &self.options.api_key {
            let header = self.options.api_key_header.as_deref();
            request = match header.or_else(|| is_classic_azure.then_some("api-key")) {
                Some(header) => request.header(header, key.reveal()),
                None => request.bearer_auth(key.reveal()),
            };
        }
        for (name, value) in &self.options.headers {
            request = request.header(name, value.reveal());
        }
        let sent = request.body(body.to_vec()).send().await;
        sent.map_err(failure::unreachable)
    }

    fn url(&self, path: &str) -> Result<Url> {
        let mut url = Url::parse(&self.options.base_url).map_err(|error| {
            Error::unavailable("the base URL of the model's provider is no URL").with_source(error)
        })?;
        let joined = format!("{}/{path}", url.path().trim_end_matches('/'));
        url.set_path(&joined);
        Ok(url)
    }
}

/// The target of a redirect that keeps the method. The others would turn the request into a GET.
fn redirect(response: &Response, url: &Url) -> Option<Url> {
    let keeps_method = matches!(
        response.status(),
        StatusCode::TEMPORARY_REDIRECT | StatusCode::PERMANENT_REDIRECT
    );
    let location = response.headers().get(LOCATION)?.to_str().ok()?;
    keeps_method.then(|| url.join(location).ok()).flatten()
}
