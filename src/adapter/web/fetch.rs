//! Fetches a document from a tenant's URL.

use std::{error::Error as StdError, time::Duration};

use async_trait::async_trait;
use reqwest::{Response, StatusCode, header};
use url::Url;

use super::{Egress, Forbidden, disposition::file_name};
use crate::{
    error::{Error, Result},
    outgoing::{BodyFailure, BodyLimits, read_body},
    port::{Fetched, WebFetcher},
};

/// The input field that a problem with the URL is reported for.
const FIELD: &str = "url";

/// The message for a connection that broke.
const BROKE_OFF: &str = "the URL's server broke off; try again later";

/// Fetches documents through the egress guard.
#[derive(Debug, Clone)]
pub struct GuardedFetcher {
    egress: Egress,
    limits: FetchLimits,
    /// Whether `http://` is for addresses only that the operator has allowed.
    is_encrypted: bool,
}

/// The limits of fetching a document.
#[derive(Debug, Clone, Copy)]
pub struct FetchLimits {
    /// The timeout from the first connection to the last byte.
    pub total: Duration,
    /// The maximum number of redirects.
    pub redirects: usize,
}

impl FetchLimits {
    /// The limits for documents of the usual size: one minute and five redirects.
    pub const USUAL: Self = Self {
        total: Duration::from_mins(1),
        redirects: 5,
    };

    /// The limits for the keys of an identity provider, which a caller waits for: five seconds and two redirects.
    pub const KEYS: Self = Self {
        total: Duration::from_secs(5),
        redirects: 2,
    };
}

impl GuardedFetcher {
    /// Creates a fetcher that reaches only what `egress` allows.
    pub fn new(egress: Egress, limits: FetchLimits) -> Self {
        Self {
            egress,
            limits,
            is_encrypted: false,
        }
    }

    /// The same fetcher for contents that must not be exchanged on the way: `http://` is for addresses only that the operator
    /// has allowed.
    #[must_use]
    pub fn encrypted(self) -> Self {
        Self {
            is_encrypted: true,
            ..self
        }
    }

    fn checked(&self, field: &str, url: &str) -> Result<Url> {
        if self.is_encrypted {
            self.egress.check_encrypted(field, url)
        } else {
            self.egress.check(field, url)
        }
    }

    /// Follows redirects itself, so that each target is checked like the first URL. No request has an Authorization
    /// header.
    async fn follow(&self, url: &str, most: usize) -> Result<Fetched> {
        let mut url = self.checked(FIELD, url)?;
        for _ in 0..=self.limits.redirects {
            let response = self.ask(&url).await?;
            let Some(location) = redirect(&response) else {
                return read(response, most, self.limits.total).await;
            };
            url = url
                .join(&location)
                .map_err(|_| bad("redirects to what is no URL"))
                .and_then(|next| self.checked(FIELD, next.as_str()))?;
        }
        let redirects = self.limits.redirects;
        Err(bad(format!("redirects more than {redirects} times")))
    }

    async fn ask(&self, url: &Url) -> Result<Response> {
        let client = if self.is_encrypted {
            self.egress.client_for_secret(url)
        } else {
            self.egress.client(url)
        };
        client
            .get(url.clone())
            .header(
                header::ACCEPT,
                "text/html, text/markdown, text/plain, application/pdf, */*;q=0.1",
            )
            .header(header::ACCEPT_ENCODING, "identity")
            .send()
            .await
            .map_err(failure)
    }
}

#[async_trait]
impl WebFetcher for GuardedFetcher {
    fn check(&self, field: &str, url: &str) -> Result<()> {
        self.checked(field, url).map(drop)
    }

    async fn fetch(&self, url: &str, most: usize) -> Result<Fetched> {
        let total = self.limits.total;
        tokio::time::timeout(total, self.follow(url, most))
            .await
            .map_err(|_| {
                Error::unavailable(format!(
                    "the URL's server took over {} s; try again later",
                    total.as_secs_f32()
                ))
            })?
    }
}

fn bad(problem: impl Into<String>) -> Error {
    Error::bad_input(FIELD, problem)
}

/// The target of a redirect; `None` when the response is no redirect.
fn redirect(response: &Response) -> Option<String> {
    let redirects = matches!(response.status().as_u16(), 301 | 302 | 303 | 307 | 308);
    let location = response.headers().get(header::LOCATION)?;
    redirects.then(|| String::from_utf8_lossy(location.as_bytes()).into_owned())
}

async fn read(response: Response, most: usize, idle: Duration) -> Result<Fetched> {
    check_status(response.status())?;
    // those that are known here were decoded, and their header was removed
    let encoding = response.headers().get(header::CONTENT_ENCODING);
    if encoding.is_some_and(|name| !name.as_bytes().eq_ignore_ascii_case(b"identity")) {
        return Err(bad("its content has an encoding that cannot be read"));
    }
    let media_type = response
        .headers()
        .get(header::CONTENT_TYPE)
        .and_then(|name| name.to_str().ok())
        .map(str::to_owned);
    let name = response
        .headers()
        .get(header::CONTENT_DISPOSITION)
        .and_then(|disposition| file_name(disposition.as_bytes()))
        .unwrap_or_else(|| name(response.url()));
    let limits = BodyLimits { bytes: most, idle };
    let content = read_body(response, limits)
        .await
        .map_err(|failure| match failure {
            BodyFailure::TooLarge => bad(format!("its content has over {most} bytes")),
            BodyFailure::Silent => Error::unavailable(BROKE_OFF),
            BodyFailure::Broken(error) => self::failure(error),
        })?;
    Ok(Fetched {
        content,
        media_type,
        name,
    })
}

fn check_status(status: StatusCode) -> Result<()> {
    let code = status.as_u16();
    match code {
        200 | 203 => Ok(()),
        404 | 410 => Err(bad(format!("is not there ({code})"))),
        401 | 403 | 407 => Err(bad(format!("its server does not let us read it ({code})"))),
        408 | 425 | 429 | 500..=599 => Err(Error::unavailable(format!(
            "the URL's server answered {code}; try again later"
        ))),
        _ => Err(bad(format!("its server answered {code}, expected 200"))),
    }
}

/// The last segment of the path.
fn name(url: &Url) -> String {
    url.path_segments()
        .and_then(|mut parts| parts.next_back())
        .unwrap_or_default()
        .to_owned()
}

/// Converts a failed request. A blocked address is `BAD_USER_INPUT`, all other failures are UNAVAILABLE.
pub(super) fn failure(error: reqwest::Error) -> Error {
    let mut cause: Option<&dyn StdError> = Some(&error);
    while let Some(current) = cause {
        if current.is::<Forbidden>() {
            return bad("the host has no public address");
        }
        cause = current.source();
    }
    let what = if error.is_timeout() {
        "the URL's server did not answer in time; try again later"
    } else if error.is_connect() {
        "the URL's server could not be reached; try again later"
    } else {
        BROKE_OFF
    };
    // the URL belongs to the tenant and may contain a secret
    Error::unavailable(what).with_source(error.without_url())
}
