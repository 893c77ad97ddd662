//! Failures of single HTTP requests.

use std::{error::Error as StdError, time::Duration};

use reqwest::{Response, StatusCode};

use crate::{adapter::web::Forbidden, outgoing::retry_after};

/// The failure of one HTTP request. Its text contains no address, header or body.
#[derive(Debug, thiserror::Error)]
pub(super) enum HttpFailure {
    /// The egress guard blocks the host.
    #[error("the host has no public address")]
    Forbidden,
    /// No connection could be made; nothing was sent.
    #[error("no connection")]
    Unreachable(#[source] reqwest::Error),
    #[error("the connection broke")]
    Broken(#[source] reqwest::Error),
    /// The status is an error.
    #[error("status {status}")]
    Status {
        /// The status of the response.
        status: StatusCode,
        /// How long the server asks to wait before a retry.
        retry_after: Option<Duration>,
    },
    /// The server redirects to this address, which is not followed.
    #[error("a redirect that is not followed")]
    Redirected(Option<String>),
    /// The response exceeds a size limit.
    #[error("an answer that is too large")]
    TooLarge,
    /// The response does not follow the protocol.
    #[error("an answer that makes no sense")]
    Senseless,
}

impl HttpFailure {
    /// Classifies a failed request or response. The URL is removed, because it may contain a secret.
    pub(super) fn of(error: reqwest::Error) -> Self {
        let error = error.without_url();
        let mut cause: Option<&dyn StdError> = Some(&error);
        while let Some(current) = cause {
            if current.is::<Forbidden>() {
                return Self::Forbidden;
            }
            cause = current.source();
        }
        if error.is_connect() || error.is_builder() {
            Self::Unreachable(error)
        } else {
            Self::Broken(error)
        }
    }

    /// The failure for a response with an error status.
    pub(super) fn status(response: &Response) -> Self {
        Self::Status {
            status: response.status(),
            retry_after: retry_after(response.headers()),
        }
    }
}
