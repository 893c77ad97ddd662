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

/// A request to an API.
#[derive(Clone, Copy)]
pub(in crate::adapter) struct ApiRequest<'a> {
    /// The path below the base URL.
    pub(in crate::adapter) path: &'static str,
    /// The JSON body.
    pub(in crate::adapter) body: &'a [u8],
    /// The key of the account that asks, instead of the operator's.
    pub(in crate::adapter) own_key: Option<&'a Secret>,
}

/// Sends requests to an API.
pub(in crate::adapter) struct Endpoint {
    client: Client,
    options: EndpointOptions,
}

impl Endpoint {
    /// An endpoint that uses `client`, which must have no timeout of its own and follow no redirects.
    pub(in crate::adapter) fn new(client: Client, options: EndpointOptions) -> Self {
        Self { client, options }
    }

    #[cfg(test)]
    pub(super) fn base_url(&self) -> &str {
        &self.options.base_url
    }

    /// Sends a request and waits for the head of the response.
    pub(in crate::adapter) async fn post(
        &self,
        request: ApiRequest<'_>,
        timeout: Duration,
    ) -> Result<Response, OutgoingFailure> {
        let sent = tokio::time::timeout(timeout, self.follow(request)).await;
        sent.map_err(|_| failure::silent())?
    }

    /// The texts that no log and no error may contain.
    pub(in crate::adapter) fn secrets<'a>(&'a self, own_key: Option<&'a Secret>) -> Vec<&'a str> {
        let headers = self.options.headers.iter().map(|(_, value)| value);
        let secrets = self.options.api_key.iter().chain(own_key).chain(headers);
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

    async fn follow(&self, request: ApiRequest<'_>) -> Result<Response, OutgoingFailure> {
        let mut url = self.url(request.path)?;
        for _ in 0..=MOST_REDIRECTS {
            let response = self.send(url.clone(), request).await?;
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

    async fn send(&self, url: Url, request: ApiRequest<'_>) -> Result<Response, OutgoingFailure> {
        let is_classic_azure = url.path().contains(AZURE_DEPLOYMENTS);
        let ApiRequest { body, own_key, .. } = request;
        let mut request = self
            .client
            .post(url)
            .header(ACCEPT, "text/event-stream, application/json")
            .header(CONTENT_TYPE, "application/json");
        let header = self.options.api_key_header.as_deref();
        let header = header.or_else(|| is_classic_azure.then_some("api-key"));
        if let Some(key) = own_key.or(self.options.api_key.as_ref()) {
            request = match header {
                Some(header) => request.header(header, key.reveal()),
                None => request.bearer_auth(key.reveal()),
            };
        }
        let key_header = header.unwrap_or("authorization");
        for (name, value) in &self.options.headers {
            // the operator's key may be among the headers
            if own_key.is_some() && name.eq_ignore_ascii_case(key_header) {
                continue;
            }
            request = request.header(name, value.reveal());
        }
        let sent = request.body(body.to_vec()).send().await;
        sent.map_err(failure::unreachable)
    }

    fn url(&self, path: &str) -> Result<Url> {
        let mut url = Url::parse(&self.options.base_url).map_err(|error| {
            Error::unavailable("the base URL of the model's provider is no URL").with_source(error)
        })?;
        let base = url.path().trim_end_matches('/');
        // a base URL with the version, of an API whose path has it too
        let version = path.split('/').next().unwrap_or_default();
        let base = match base.rsplit_once('/') {
            Some((before, last)) if last == version => before,
            _ => base,
        };
        let joined = format!("{base}/{path}");
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
